internal import MessageTable
internal import Models
internal import Postgres

/// Who is a participant here, and whose peer is whose: what the relationship part of a decision needs.
enum RelationshipStore {
    /// Whether the agency knows the person: by a referral, a plan, an assessment or an event.
    static func isKnown(_ participantID: ParticipantID, in work: UnitOfWork) async throws -> Bool {
        try await answer(work.transaction.query(known, work.agencyID, participantID))
    }

    /// Whether the peer has the person now: by the last match of an open referral, or by an open plan. A peer who
    /// was followed by another has it no longer.
    static func has(_ peerID: PeerID, _ participantID: ParticipantID, in work: UnitOfWork) async throws -> Bool {
        try await answer(work.transaction.query(assigned, work.agencyID, participantID, peerID))
    }

    private static func answer(_ rows: Rows) throws -> Bool {
        try rows.first?.decode(Bool.self) ?? false
    }

    static let known = Statement(
        "participant.is_known",
        """
        with person as materialized (
            select outcome.participant_group($1, $2) as ids
        )
        select
            exists (
                select from outcome.referral
                where agency_id = $1 and participant_id = any ((select ids from person)::uuid[])
            )
            or exists (
                select from outcome.plan
                where agency_id = $1 and participant_id = any ((select ids from person)::uuid[])
            )
            or exists (
                select from outcome.match
                where agency_id = $1 and participant_id = any ((select ids from person)::uuid[])
            )
            or exists (
                select from outcome.assessment
                where agency_id = $1 and participant_id = any ((select ids from person)::uuid[])
            )
            or exists (
                select from outcome.timeline_event
                where agency_id = $1 and participant_id = any ((select ids from person)::uuid[])
            )
        """
    )

    static let assigned = Statement(
        "participant.is_assigned",
        """
        with person as materialized (
            select outcome.participant_group($1, $2) as ids
        )
        select
            exists (
                select
                from outcome.match
                left join outcome.referral
                    on referral.agency_id = match.agency_id and referral.referral_id = match.referral_id
                where match.agency_id = $1
                    and match.participant_id = any ((select ids from person)::uuid[])
                    and match.peer_id = $3
                    and referral.closed_at is null
                    and referral.cancelled_at is null
                    and not exists (
                        select
                        from outcome.match as later
                        where later.agency_id = match.agency_id
                            and later.referral_id = match.referral_id
                            and (later.accepted_at, later.match_id) > (match.accepted_at, match.match_id)
                    )
            )
            or exists (
                select
                from outcome.plan
                where plan.agency_id = $1
                    and plan.participant_id = any ((select ids from person)::uuid[])
                    and plan.peer_id = $3
                    and plan.phase is distinct from 'closed'
                    and not exists (
                        select
                        from outcome.match as later
                        where later.agency_id = plan.agency_id
                            and later.referral_id = plan.referral_id
                            and later.accepted_at > plan.started_at
                            and later.peer_id <> $3
                    )
            )
        """
    )
}
