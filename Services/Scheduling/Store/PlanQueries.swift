internal import FoundationEssentials
internal import Models
internal import Postgres
internal import SchedulingDomain
internal import ServiceKit

/// Lists of plans, in pages by start.
enum PlanQueries {
    /// Whose plans; with both, those of the participant with the peer.
    struct Filter: Sendable {
        var peerID: PeerID?
        var participantID: ParticipantID?
    }

    /// One more than the page's limit, so that the caller knows whether there are more.
    static func page(_ filter: Filter, _ page: PageRequest, in work: UnitOfWork) async throws -> [PlanSummary] {
        let startedAt: Instant = try page.cursor?.value(0) ?? .distantPast
        let planID: PlanID = try page.cursor?.value(1) ?? .smallest
        let limit = page.limit + 1
        let rows =
            if let participantID = filter.participantID {
                try await work.transaction.query(
                    ofParticipant, work.agencyID, participantID, filter.peerID, startedAt, planID, limit
                )
            } else if let peerID = filter.peerID {
                try await work.transaction.query(ofPeer, peerID, startedAt, planID, limit)
            } else {
                try await work.transaction.query(all, startedAt, planID, limit)
            }
        return try rows.map(summary)
    }

    /// Whether a live plan of the person is the peer's.
    static func isSupported(
        _ participantID: ParticipantID, by peerID: PeerID, in work: UnitOfWork
    ) async throws -> Bool {
        try await work.transaction.query(isSupported, work.agencyID, participantID, peerID).first?.decode(Bool.self)
            ?? false
    }

    /// The person's live plan that began last; with a peer, of those that are this peer's.
    static func newestLive(
        of participantID: ParticipantID, with peerID: PeerID?, in work: UnitOfWork
    ) async throws -> PlanID? {
        try await work.transaction.query(newestLive, work.agencyID, participantID, peerID).first?
            .decode(PlanID.self)
    }

    private static func summary(_ row: Row) throws -> PlanSummary {
        let (
            planID, participantID, referralID, peerID, programme, programmeVersion, status, phase, startedAt, closedAt,
            closureReason, version
        ) = try row.decode(
            (
                PlanID, ParticipantID, ReferralID, PeerID, ProgrammeCode, Int, ContactPlan.Status, PhaseCode, Instant,
                Instant?, ClosureReason?, Int
            ).self
        )
        return PlanSummary(
            planID: planID, participantID: participantID, referralID: referralID, peerID: peerID, programme: programme,
            programmeVersion: programmeVersion, status: status, phase: phase, startedAt: startedAt, closedAt: closedAt,
            closureReason: closureReason, version: version
        )
    }

    static let ofParticipant = Statement(
        "plan.page_of_participant",
        """
        select plan_id, participant_id, referral_id, peer_id, programme, programme_version, status, phase, started_at,
            closed_at, closure_reason, version
        from scheduling.plan
        where participant_id = any ((select scheduling.participant_group($1, $2))::uuid[])
            and ($3::uuid is null or peer_id = $3) and (started_at, plan_id) > ($4, $5)
        order by started_at, plan_id
        limit $6
        """
    )

    static let ofPeer = Statement(
        "plan.page_of_peer",
        """
        select plan_id, participant_id, referral_id, peer_id, programme, programme_version, status, phase, started_at,
            closed_at, closure_reason, version
        from scheduling.plan
        where peer_id = $1 and (started_at, plan_id) > ($2, $3)
        order by started_at, plan_id
        limit $4
        """
    )

    static let all = Statement(
        "plan.page",
        """
        select plan_id, participant_id, referral_id, peer_id, programme, programme_version, status, phase, started_at,
            closed_at, closure_reason, version
        from scheduling.plan
        where (started_at, plan_id) > ($1, $2)
        order by started_at, plan_id
        limit $3
        """
    )

    static let newestLive = Statement(
        "plan.newest_live",
        """
        select plan_id
        from scheduling.plan
        where participant_id = any ((select scheduling.participant_group($1, $2))::uuid[])
            and ($3::uuid is null or peer_id = $3) and status in ('preparing', 'active')
        order by started_at desc, plan_id desc
        limit 1
        """
    )

    static let isSupported = Statement(
        "plan.is_supported",
        """
        select exists (
            select
            from scheduling.plan
            where participant_id = any ((select scheduling.participant_group($1, $2))::uuid[])
                and peer_id = $3 and status in ('preparing', 'active')
        )
        """
    )
}

extension Instant {
    /// Before every instant that is stored: where a first page begins.
    static let distantPast = Instant(unixSeconds: -62_135_596_800)
    /// After every one.
    static let distantFuture = Instant(unixSeconds: 253_402_300_799)
}

extension ID {
    /// Before every id in PostgreSQL's order.
    static var smallest: ID { ID(rawValue: .init(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))) }
}
