internal import Postgres

/// Statements about referrals as matching knows them, and about who supports whom.
enum ReferralStatements {
    static let insert = Statement(
        "referral.insert",
        """
        insert into matching.referral (
            agency_id, referral_id, participant_id, status, setting, priority, programme, partner_id, languages,
            peer_gender_wish, takes_medication, received_at, accepted_at, version
        )
        values ($1, $2, $3, 'accepted', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict (agency_id, referral_id) do nothing
        """
    )

    static let join = Statement(
        "referral.join",
        """
        update matching.referral
        set
            match_id = $3,
            joined_at = $4
        where agency_id = $1 and referral_id = $2
        """
    )

    /// Touches no row when the referral is unknown, ended before, or the message is old.
    static let detail = Statement(
        "referral.detail",
        """
        update matching.referral
        set
            languages = $3,
            peer_gender_wish = $4,
            takes_medication = $5,
            version = $6
        where agency_id = $1 and referral_id = $2 and status = 'accepted' and version < $6
        """
    )

    /// Touches no row when the referral is unknown, ended before, or the message is old.
    static let end = Statement(
        "referral.end",
        """
        update matching.referral
        set
            status = $3,
            version = $4
        where agency_id = $1 and referral_id = $2 and status = 'accepted' and version < $4
        """
    )

    static let findMatch = Statement(
        "referral.find_match",
        """
        select match_id
        from matching.referral
        where agency_id = $1 and referral_id = $2
        """
    )

    /// What the live referrals of a match say, the oldest first; all of them when none is live.
    static let needs = Statement(
        "referral.needs",
        """
        select
            setting, priority, programme, partner_id, languages, peer_gender_wish, takes_medication,
            status = 'accepted'
        from matching.referral
        where agency_id = $1 and match_id = $2
        order by joined_at, referral_id
        """
    )

    /// Each id of a person has a row of its own; how many people that makes, `matching.whole_peer` says.
    static let takeLoad = Statement(
        "assignment.open",
        """
        with opened as (
            insert into matching.assignment (
                agency_id, assignment_id, peer_id, participant_id, match_id, weight, opened_at
            )
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (agency_id, participant_id, peer_id) where closed_at is null do nothing
            returning agency_id, peer_id, weight
        )
        update matching.peer
        set
            caseload = caseload + 1,
            weighted_load = weighted_load + opened.weight,
            last_assigned_at = $7
        from opened
        where peer.agency_id = opened.agency_id and peer.peer_id = opened.peer_id
        """
    )

    static let isOverCap = Statement(
        "assignment.is_over_cap",
        """
        select caseload > caseload_cap
        from matching.whole_peer
        where agency_id = $1 and peer_id = $2
        """
    )

    /// Closes an assignment unless another match still keeps the two together.
    static let releaseLoad = Statement(
        "assignment.close",
        """
        with closed as (
            update matching.assignment
            set closed_at = $5
            where
                agency_id = $1 and peer_id = $2 and participant_id = $3 and closed_at is null
                and not exists (
                    select
                    from matching.match as other
                    join matching.referral
                        on referral.agency_id = other.agency_id and referral.match_id = other.match_id
                    where
                        other.agency_id = $1 and other.peer_id = $2 and other.match_id <> $4
                        and referral.participant_id = $3 and referral.status = 'accepted'
                        and (
                            other.status in ('acknowledged', 'arrived', 'chosen') or other.outcome = 'seen-accepted'
                        )
                )
            returning agency_id, peer_id, weight
        )
        update matching.peer
        set
            caseload = caseload - 1,
            weighted_load = weighted_load - closed.weight
        from closed
        where peer.agency_id = closed.agency_id and peer.peer_id = closed.peer_id
        """
    )

    /// Weighs the assignment behind a referral anew.
    static let weigh = Statement(
        "assignment.weigh",
        """
        with before as (
            select assignment.agency_id, assignment.assignment_id, assignment.peer_id, assignment.weight
            from matching.referral
            join matching.match on match.agency_id = referral.agency_id and match.match_id = referral.match_id
            join matching.assignment
                on assignment.agency_id = match.agency_id
                and assignment.participant_id = referral.participant_id
                and assignment.peer_id = match.peer_id
                and assignment.closed_at is null
            where referral.agency_id = $1 and referral.referral_id = $2 and assignment.weight <> $3
            for update of assignment
        ),
        weighed as (
            update matching.assignment
            set weight = $3
            from before
            where assignment.agency_id = before.agency_id and assignment.assignment_id = before.assignment_id
            returning assignment.agency_id, assignment.peer_id, $3 - before.weight as change
        )
        update matching.peer
        set weighted_load = weighted_load + weighed.change
        from weighed
        where peer.agency_id = weighed.agency_id and peer.peer_id = weighed.peer_id
        """
    )
}
