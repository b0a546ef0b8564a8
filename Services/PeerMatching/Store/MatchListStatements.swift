internal import Postgres

/// Statements that list matches, the newest first; the last two parameters before the limit are where a page ends.
enum MatchListStatements {
    static let all = Statement(
        "match.list",
        """
        select match_id, participant_id, kind, status, round, peer_id, opened_at, overdue_at, version
        from matching.match
        where agency_id = $1 and (opened_at, match_id) < ($2, $3)
        order by opened_at desc, match_id desc
        limit $4
        """
    )

    static let withStatus = Statement(
        "match.list_with_status",
        """
        select match_id, participant_id, kind, status, round, peer_id, opened_at, overdue_at, version
        from matching.match
        where agency_id = $1 and status = $5 and (opened_at, match_id) < ($2, $3)
        order by opened_at desc, match_id desc
        limit $4
        """
    )

    static let ofParticipant = Statement(
        "match.list_of_participant",
        """
        select match_id, participant_id, kind, status, round, peer_id, opened_at, overdue_at, version
        from matching.match
        where
            agency_id = $1 and participant_id = any ((select matching.participant_group($1, $5))::uuid[])
            and (opened_at, match_id) < ($2, $3)
            and ($6::text is null or status = $6)
        order by opened_at desc, match_id desc
        limit $4
        """
    )

    /// What a peer is asked for or has taken; an offer that went to somebody else is gone.
    static let ofPeer = Statement(
        "match.list_of_peer",
        """
        select match_id, participant_id, kind, status, round, peer_id, opened_at, overdue_at, version
        from matching.match
        where
            agency_id = $1 and (opened_at, match_id) < ($2, $3)
            and match_id in (
                select taken.match_id
                from matching.match as taken
                where taken.agency_id = $1 and taken.peer_id = $5
                union all
                select offer.match_id
                from matching.offer
                where offer.agency_id = $1 and offer.peer_id = $5 and offer.status = 'open'
            )
            and ($6::text is null or status = $6)
            and ($7::uuid is null or participant_id = any ((select matching.participant_group($1, $7))::uuid[]))
        order by opened_at desc, match_id desc
        limit $4
        """
    )
}
