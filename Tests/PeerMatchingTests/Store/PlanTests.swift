import MessageTable
import Models
import Postgres
import Testing

@testable import PeerMatching

/// Every filter has an index that row-level security lets it use: held as the service's own login, on some years of
/// history, with the generic plan that a prepared statement settles for.
struct PlanTests {
    /// Each statement with the indexes that it must use.
    private static let expected: [(Statement, [String])] = [
        (PeerStatements.find, ["peer_pkey", "peer_language_pkey", "peer_attribute_pkey", "peer_credential_pkey"]),
        (PeerStatements.list, ["peer_pkey"]),
        (PeerStatements.lock, ["peer_pkey"]),
        (PeerStatements.deleteSceneOptOuts, ["peer_scene_opt_out_pkey"]),
        (ShiftStatements.find, ["shift_pkey"]),
        (ShiftStatements.ofPeer, ["shift_peer_start"]),
        (ShiftStatements.onCall, ["shift_line_start"]),
        (ShiftStatements.lockOnCall, ["shift_line_start"]),
        (RuleStatements.policy, ["policy_pkey"]),
        (RuleStatements.excludedPairs, ["excluded_pair_pkey"]),
        (RankingStatements.candidates, ["peer_pkey", "shift_peer_start", "assignment_one_open_per_pair"]),
        (RankingStatements.candidatesOnCall, ["shift_line_start", "peer_pkey", "assignment_open_of_peer"]),
        (RankingStatements.newest, ["ranking_pkey"]),
        (RankingStatements.peers, ["ranked_peer_pkey"]),
        (MatchStatements.open, ["match_one_open_per_participant"]),
        (MatchStatements.openOfParticipant, ["match_one_open_per_participant"]),
        (MatchStatements.lock, ["match_pkey"]),
        (MatchStatements.offers, ["offer_pkey"]),
        (MatchStatements.referrals, ["referral_match"]),
        (MatchListStatements.all, ["match_opened"]),
        (MatchListStatements.withStatus, ["match_status_opened"]),
        (MatchListStatements.ofParticipant, ["match_participant_opened"]),
        (MatchListStatements.ofPeer, ["match_peer_opened", "offer_one_open_per_peer", "match_pkey"]),
        (ReferralStatements.end, ["referral_pkey"]),
        (ReferralStatements.needs, ["referral_match"]),
        (ReferralStatements.releaseLoad, ["assignment_open_of_peer", "referral_participant", "peer_pkey"]),
        (ReferralStatements.isOverCap, ["peer_pkey", "assignment_open_of_peer"]),
        (ReferralStatements.weigh, ["referral_pkey", "match_pkey", "assignment_open_of_peer", "peer_pkey"]),
    ]

    @Test("no statement reads a whole table, and each uses the index that was made for it")
    func plans() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.observer.runScript(Self.history)
            try await fixture.observer.runScript(Self.function)
            for (statement, indexes) in Self.expected {
                let lines = try await fixture.service.transaction(for: .north) { transaction in
                    try await transaction.query(Self.explain, statement.sql).map { try $0.decode(String.self) }
                }
                let plan = lines.joined(separator: "\n")
                #expect(!plan.contains("Seq Scan on"), "\(statement.name):\n\(plan)")
                for index in indexes {
                    #expect(plan.contains(" \(index) ") || plan.contains("on \(index)"), "\(statement.name):\n\(plan)")
                }
                let conditions = lines.filter { $0.contains("Index Cond: ") }
                #expect(!conditions.isEmpty && conditions.allSatisfy { $0.contains("agency_id") }, "\(plan)")
                if statement == MatchListStatements.all || statement == MatchListStatements.withStatus {
                    #expect(!plan.contains("Sort"), "pages walk their index in order:\n\(plan)")
                }
            }
        }
    }

    private static let explain = Statement("test.explain", "select plan from public.plan_of($1) as plan")

    /// Explains a statement with parameters as the calling role.
    private static let function = """
        create function public.plan_of(statement text) returns setof text language plpgsql as $body$
        declare
            parameters integer;
        begin
            set local plan_cache_mode = force_generic_plan;
            execute 'prepare explained as ' || statement;
            select cardinality(parameter_types) into parameters from pg_prepared_statements where name = 'explained';
            return query execute 'explain execute explained('
                || array_to_string(array_fill('null'::text, array[parameters]), ', ') || ')';
            deallocate explained;
        end
        $body$
        """

    /// Fifteen agencies of 60 peers, most of a year of shifts, 400 matches each.
    private static let history = """
        create function public.id(kind integer, n bigint) returns uuid language sql immutable as
        $$ select ('00000000-0000-7000-8000-' || lpad(to_hex(kind), 2, '0') || lpad(to_hex(n), 10, '0'))::uuid $$;
        insert into handrail.agency (agency_id, name, time_zone, part2_program, hipaa_covered_entity)
        select public.id(7, a), 'Agency', 'UTC', true, true from generate_series(1, 15) as a;
        insert into matching.peer (
            agency_id, peer_id, display_name, status, caseload_cap, version, created_at, updated_at)
        select agency_id, public.id(1, p), 'Peer', 'active', 20, 1, now(), now()
        from handrail.agency, generate_series(1, 60) as p;
        insert into matching.peer_language select agency_id, peer_id, 0, 'en' from matching.peer;
        insert into matching.peer_area select agency_id, peer_id, 0, 'essex' from matching.peer;
        insert into matching.peer_scene_opt_out select agency_id, peer_id, 'court' from matching.peer;
        insert into matching.peer_attribute
        select agency_id, peer_id, kind, 'yes', 'peer', '2026-01-01', true
        from matching.peer, unnest(array['justice', 'veteran']) as kind;
        insert into matching.peer_credential
        select agency_id, peer_id, 'cprs', 'Board', null, '2026-01-01', null, 'supervisor' from matching.peer;
        insert into matching.shift
        select
            agency_id, public.id(2, 10 * d + o), public.id(1, 15 * o + d % 15), 'emergency', o,
            '2025-01-01'::timestamptz + d * interval '1 day', '2025-01-02'::timestamptz + d * interval '1 day', now()
        from handrail.agency, generate_series(1, 250) as d, generate_series(1, 3) as o;
        insert into matching.match (
            agency_id, match_id, participant_id, kind, status, round, peer_id, outcome, opened_at, traits, version)
        select
            agency_id, public.id(3, m), public.id(4, m), 'dispatch', s, 1,
            case when s <> 'offered' then public.id(1, m % 60 + 1) end,
            case when s = 'ended' then 'seen-accepted' end,
            '2025-01-01'::timestamptz + m * interval '6 hours', '{}', 3
        from
            handrail.agency, generate_series(1, 400) as m,
            lateral (
                select case when m % 80 = 0 then 'offered' when m % 81 = 0 then 'acknowledged' else 'ended' end as s
            ) as state;
        insert into matching.referral (
            agency_id, referral_id, participant_id, match_id, status, setting, priority, programme, languages,
            received_at, accepted_at, joined_at, version)
        select
            agency_id, match_id, participant_id, match_id, 'accepted', 'inpatient', 'stat', 'overdose-follow-up',
            '{en}', opened_at, opened_at, opened_at, 1
        from matching.match;
        insert into matching.offer
        select agency_id, match_id, peer_id, 1, 'accepted', opened_at, opened_at
        from matching.match where peer_id is not null;
        insert into matching.ranking
        select agency_id, match_id, 1, kind, 1, '{}', '{}', '[]', opened_at from matching.match;
        insert into matching.ranked_peer
        select agency_id, match_id, 1, public.id(1, p), p, 0, 0, '[]', '{}'
        from matching.match, generate_series(1, 3) as p;
        insert into matching.assignment
        select
            agency_id, match_id, peer_id, participant_id, match_id, 3, opened_at,
            case when right(match_id::text, 1) <> '0' then opened_at end
        from matching.match where peer_id is not null;
        insert into matching.excluded_pair
        select agency_id, public.id(1, 1), participant_id, 'family', null, 'supervisor', now() from matching.match;
        insert into matching.policy
        select agency_id, v, '{}', 'supervisor', now() from handrail.agency, generate_series(2, 60) as v;
        insert into matching.participant_merge
        select agency_id, public.id(4, m), 1, public.id(4, m - 1)
        from handrail.agency, generate_series(2, 400, 4) as m;
        analyze
        """
}
