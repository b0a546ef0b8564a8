internal import Postgres

/// Statements about matches and their offers.
enum MatchStatements {
    /// Nothing is inserted when the participant has an open match: the constraint decides, after waiting for a
    /// transaction that is opening one at this moment. For another id of the same person the query does, and the
    /// caller holds the person.
    static let open = Statement(
        "match.open",
        """
        insert into matching.match (
            agency_id, match_id, participant_id, kind, status, round, opened_at, traits, version
        )
        select $1, $2, $3, $4, $5, 0, $6, $7, $8
        where
            not exists (
                select
                from matching.match as open
                where
                    open.agency_id = $1
                    and open.participant_id = any ((select matching.participant_group($1, $3))::uuid[])
                    and open.status in ('offered', 'acknowledged', 'arrived', 'proposed')
            )
        on conflict (agency_id, participant_id) where status in ('offered', 'acknowledged', 'arrived', 'proposed')
        do nothing
        """
    )

    static let openOfParticipant = Statement(
        "match.open_of_participant",
        """
        select match_id
        from matching.match
        where
            agency_id = $1 and participant_id = any ((select matching.participant_group($1, $2))::uuid[])
            and status in ('offered', 'acknowledged', 'arrived', 'proposed')
        order by match_id
        """
    )

    static let lock = Statement(
        "match.lock",
        """
        select
            match_id, participant_id, kind, status, round, peer_id, outcome, opened_at, dispatched_at, accepted_at,
            arrived_at, overdue_at, ended_at, version
        from matching.match
        where agency_id = $1 and match_id = $2
        for update
        """
    )

    static let find = Statement(
        "match.find",
        """
        select
            match_id, participant_id, kind, status, round, peer_id, outcome, opened_at, dispatched_at, accepted_at,
            arrived_at, overdue_at, ended_at, version
        from matching.match
        where agency_id = $1 and match_id = $2
        """
    )

    static let offers = Statement(
        "match.offers",
        """
        select peer_id, round, offered_at, status, answered_at
        from matching.offer
        where agency_id = $1 and match_id = $2
        order by round, offered_at, peer_id
        """
    )

    static let referrals = Statement(
        "match.referrals",
        """
        select referral_id, participant_id, setting, programme, status = 'accepted'
        from matching.referral
        where agency_id = $1 and match_id = $2
        order by joined_at, referral_id
        """
    )

    static let save = Statement(
        "match.save",
        """
        update matching.match
        set
            kind = $3,
            status = $4,
            round = $5,
            peer_id = $6,
            outcome = $7,
            dispatched_at = $8,
            accepted_at = $9,
            arrived_at = $10,
            overdue_at = $11,
            ended_at = $12,
            version = $13
        where agency_id = $1 and match_id = $2
        """
    )

    static let saveOffers = Statement(
        "match.save_offers",
        """
        insert into matching.offer (agency_id, match_id, peer_id, round, status, offered_at, answered_at)
        select $1, $2, peer_id, round, status, offered_at, answered_at
        from unnest($3::uuid[], $4::smallint[], $5::text[], $6::timestamptz[], $7::timestamptz[])
            as given (peer_id, round, status, offered_at, answered_at)
        on conflict (agency_id, match_id, peer_id) do update
        set
            status = excluded.status,
            answered_at = excluded.answered_at
        """
    )

    static let declineReason = Statement(
        "match.decline_reason",
        """
        update matching.offer
        set decline_reason = $4
        where agency_id = $1 and match_id = $2 and peer_id = $3
        """
    )

    static let traits = Statement(
        "match.traits",
        """
        select traits
        from matching.match
        where agency_id = $1 and match_id = $2
        """
    )

    static let setTraits = Statement(
        "match.set_traits",
        """
        update matching.match
        set traits = $3
        where agency_id = $1 and match_id = $2
        """
    )
}
