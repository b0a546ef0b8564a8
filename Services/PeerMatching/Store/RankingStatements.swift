internal import Postgres

/// Statements that gather the inputs of a ranking and keep its result.
enum RankingStatements {
    /// Everybody who works here, for a proposal.
    ///
    /// Parameters: agency, participant, the match being ranked, on-call line, now.
    static let candidates = Statement(
        "ranking.candidates",
        """
        select
            peer_id, status, languages, gender, areas, disclosures, supports_medication_on, scene_opt_outs,
            recovery_since_on, out_of_justice_since_on, credentials, caseload, caseload_cap, weighted_load,
            paused_until, last_assigned_at,
            (
                select call_order
                from matching.shift
                where
                    shift.agency_id = $1 and shift.peer_id = peer.peer_id and line = $4 and starts_at <= $5
                    and starts_at > $5 - interval '24 hours' and ends_at > $5
            ),
            exists (
                select
                from matching.offer
                where
                    offer.agency_id = $1 and offer.peer_id = peer.peer_id and offer.status = 'open'
                    and offer.match_id <> $3
            ) or exists (
                select
                from matching.match
                where
                    match.agency_id = $1 and match.peer_id = peer.peer_id
                    and match.status in ('acknowledged', 'arrived') and match.match_id <> $3
            ),
            exists (
                select
                from matching.excluded_pair as pair
                where
                    pair.agency_id = $1 and pair.peer_id = peer.peer_id
                    and pair.participant_id = any ((select matching.participant_group($1, $2))::uuid[])
                    and (pair.expires_at is null or pair.expires_at > $5)
            ),
            exists (
                select
                from matching.assignment
                where
                    assignment.agency_id = $1 and assignment.peer_id = peer.peer_id and assignment.closed_at is null
                    and assignment.participant_id = any ((select matching.participant_group($1, $2))::uuid[])
            )
        from matching.whole_peer as peer
        where agency_id = $1 and status <> 'left'
        """
    )

    /// Only who is on call now, for a dispatch. The same columns and parameters.
    static let candidatesOnCall = Statement(
        "ranking.candidates_on_call",
        """
        select
            peer.peer_id, status, languages, gender, areas, disclosures, supports_medication_on, scene_opt_outs,
            recovery_since_on, out_of_justice_since_on, credentials, caseload, caseload_cap, weighted_load,
            paused_until, last_assigned_at,
            shift.call_order,
            exists (
                select
                from matching.offer
                where
                    offer.agency_id = $1 and offer.peer_id = peer.peer_id and offer.status = 'open'
                    and offer.match_id <> $3
            ) or exists (
                select
                from matching.match
                where
                    match.agency_id = $1 and match.peer_id = peer.peer_id
                    and match.status in ('acknowledged', 'arrived') and match.match_id <> $3
            ),
            exists (
                select
                from matching.excluded_pair as pair
                where
                    pair.agency_id = $1 and pair.peer_id = peer.peer_id
                    and pair.participant_id = any ((select matching.participant_group($1, $2))::uuid[])
                    and (pair.expires_at is null or pair.expires_at > $5)
            ),
            exists (
                select
                from matching.assignment
                where
                    assignment.agency_id = $1 and assignment.peer_id = peer.peer_id and assignment.closed_at is null
                    and assignment.participant_id = any ((select matching.participant_group($1, $2))::uuid[])
            )
        from matching.shift
        join matching.whole_peer as peer on peer.agency_id = shift.agency_id and peer.peer_id = shift.peer_id
        where
            shift.agency_id = $1 and shift.line = $4 and shift.starts_at <= $5
            and shift.starts_at > $5 - interval '24 hours' and shift.ends_at > $5
        """
    )

    /// Numbers the rankings of a match from 1; its row is locked by the caller.
    static let insert = Statement(
        "ranking.insert",
        """
        insert into matching.ranking (
            agency_id, match_id, number, kind, policy_version, policy, need, candidates, ranked_at
        )
        select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8
        from matching.ranking
        where agency_id = $1 and match_id = $2
        returning number
        """
    )

    static let insertPeers = Statement(
        "ranking.insert_peers",
        """
        insert into matching.ranked_peer (
            agency_id, match_id, number, peer_id, place, wishes_met, score, reasons, grounds
        )
        select $1, $2, $3, peer_id, place, wishes_met, score, reasons, string_to_array(grounds, ',')
        from unnest($4::uuid[], $5::integer[], $6::integer[], $7::integer[], $8::jsonb[], $9::text[])
            as given (peer_id, place, wishes_met, score, reasons, grounds)
        """
    )

    static let newest = Statement(
        "ranking.newest",
        """
        select number, kind, policy_version, ranked_at
        from matching.ranking
        where agency_id = $1 and match_id = $2
        order by number desc
        limit 1
        """
    )

    static let peers = Statement(
        "ranking.peers",
        """
        select ranked.peer_id, peer.display_name, ranked.place, ranked.wishes_met, ranked.score, ranked.reasons, ranked.grounds
        from matching.ranked_peer as ranked
        join matching.peer on peer.agency_id = ranked.agency_id and peer.peer_id = ranked.peer_id
        where ranked.agency_id = $1 and ranked.match_id = $2 and ranked.number = $3
        order by ranked.place nulls last, ranked.peer_id
        """
    )

    static let inputs = Statement(
        "ranking.inputs",
        """
        select kind, policy, need, candidates, ranked_at
        from matching.ranking
        where agency_id = $1 and match_id = $2 and number = $3
        """
    )
}
