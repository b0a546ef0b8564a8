import MessageTable
import Models
import Postgres
import Testing

@testable import PeerMatching

/// Every filter has an index that row-level security lets it use: held as the service's own login, with the generic
/// plan that a prepared statement settles for.
struct PlanTests {
    static let statements: [Statement] = [
        PeerStatements.find, PeerStatements.list, PeerStatements.lock, PeerStatements.update,
        PeerStatements.deleteDisclosures, ShiftStatements.ofPeer, ShiftStatements.onCall, ShiftStatements.lockOnCall,
        RuleStatements.policy, RuleStatements.site, RuleStatements.excludedPairs, RankingStatements.candidates,
        RankingStatements.candidatesOnCall, RankingStatements.newest, RankingStatements.peers,
        MatchStatements.openOfParticipant, MatchStatements.lock, MatchStatements.offers, MatchStatements.referrals,
        MatchStatements.save, MatchListStatements.all, MatchListStatements.withStatus, MatchListStatements.ofPeer,
        ReferralStatements.end, ReferralStatements.needs, ReferralStatements.releaseLoad, ReferralStatements.weigh,
    ]

    @Test("no statement reads a whole table", arguments: statements)
    func plan(_ statement: Statement) async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.observer.runScript(Self.function)
            let lines = try await fixture.service.transaction(for: .north) { transaction in
                try await transaction.query(Self.explain, statement.sql).map { try $0.decode(String.self) }
            }
            let plan = lines.joined(separator: "\n")
            #expect(!plan.contains("Seq Scan on"), "\(statement.name):\n\(plan)")
            let scans = lines.filter { $0.contains("Index") && $0.contains("Scan") && !$0.contains("Bitmap Heap") }
                .count
            let byAgency = lines.filter { $0.contains("Index Cond: ") && $0.contains("agency_id") }.count
            #expect(scans > 0)
            #expect(byAgency == scans, "\(statement.name):\n\(plan)")
        }
    }

    @Test(
        "lists walk their index in order, without sorting",
        arguments: [MatchListStatements.all, MatchListStatements.withStatus])
    func order(_ statement: Statement) async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.observer.runScript(Self.function)
            let plan = try await fixture.service.transaction(for: .north) { transaction in
                try await transaction.query(Self.explain, statement.sql).map { try $0.decode(String.self) }
            }.joined(separator: "\n")
            #expect(!plan.contains("Sort"), "\(plan)")
            #expect(plan.contains("Index Scan Backward"), "\(plan)")
        }
    }

    private static let explain = Statement("test.explain", "select plan from public.plan_of($1) as plan")

    /// Explains a statement with parameters as the calling role. Empty tables would be read whole for want of rows, so
    /// only what has no index at all still is.
    private static let function = """
        create function public.plan_of(statement text) returns setof text language plpgsql as $body$
        declare
            parameters integer;
        begin
            set local enable_seqscan = off;
            set local plan_cache_mode = force_generic_plan;
            execute 'prepare explained as ' || statement;
            select cardinality(parameter_types) into parameters from pg_prepared_statements where name = 'explained';
            return query execute 'explain execute explained('
                || array_to_string(array_fill('null'::text, array[parameters]), ', ') || ')';
            deallocate explained;
        end
        $body$
        """
}
