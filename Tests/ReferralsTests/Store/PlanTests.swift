import MessageTable
import Models
import Postgres
import TestKit
import Testing

@testable import Referrals

@Suite("Query plans under row-level security")
struct PlanTests {
    /// The statements that are asked often, as they are prepared, with values of their types.
    static let statements: [(Statement, String)] = [
        (.loadReferrals, "'{00000000-0000-0000-0000-000000000001}'"),
        (.participantOfReferral, uuid), (.referralsOfCase, uuid), (.referralsOfEngagement, uuid),
        (.referralsOfParticipant, uuid), (.listReferrals, "\(uuid), 50"),
        (.listReferralsByStatus, "'requested', \(uuid), 50"), (.listAwaitingClosing, "\(uuid), 50"),
        (.listShown, "\(uuid), '2026-01-01', \(uuid), 50"),
        (.listShownByStatus, "\(uuid), '{accepted}', '2026-01-01', \(uuid), 50"),
        (.findPlacer, "'client', '{1}', '{ab}'"), (.listTransitions, uuid), (.findParticipant, uuid),
        (.lockParticipant, uuid), (.possibleDuplicates, uuid), (.pageOfParticipants, "\(uuid), 50"),
        (.lookUpBlindIndex, "'{identifier}', '{1}', '{ab}'"), (.listConsents, uuid),
        (.listConsentsOfSeveral, "'{00000000-0000-0000-0000-000000000001}'"), (.openEngagements, uuid),
        (.findEngagement, uuid), (.isAssigned, "\(uuid), \(uuid)"), (.findPartner, uuid), (.findWebhook, uuid),
        (.findAliases, "\(uuid), '{00000000-0000-0000-0000-000000000001}'"),
        (.resolveAlias, "\(uuid), 'task', \(uuid)"),
        (.findReceived, "\(uuid), 'Patient', \(uuid)"), (.listReceived, "\(uuid), \(uuid)"), (.engagementOfPlan, uuid),
    ]
    static let uuid = "'00000000-0000-0000-0000-000000000001'"

    @Test("every statement that is asked often finds its rows by an index, as the service's own login")
    func indexed() async throws {
        try await Referring.with { referring in
            try await referring.database.withPool(login: "referrals", connections: 1) { pool in
                for (statement, values) in Self.statements {
                    let plan = try await Self.plan(of: statement, values, in: pool, agency: referring.agencyID)
                    #expect(!plan.contains("Seq Scan"), "\(statement.name)\n\(plan)")
                    #expect(plan.contains("Index Cond"), "\(statement.name)\n\(plan)")
                }
            }
        }
    }

    /// The generic plan, with sequential scans priced out: on empty tables they would always win.
    private static func plan(
        of statement: Statement, _ values: String, in pool: Pool, agency: AgencyID
    ) async throws -> String {
        // A statement's text is known when the program is built, so a temporary table carries the plan's lines.
        let name = "under_test_" + statement.name.map { $0.isLetter ? $0 : "_" }
        try await pool.runScript(
            """
            set enable_seqscan = off; set plan_cache_mode = force_generic_plan;
            select set_config('handrail.agency_id', '\(agency)', false);
            prepare \(name) as \(statement.sql);
            drop table if exists plan_lines;
            create temporary table plan_lines (line text);
            do $do$
            declare line text;
            begin
                for line in execute $q$explain (costs off) execute \(name)('\(agency)', \(values))$q$ loop
                    insert into plan_lines values (line);
                end loop;
            end $do$
            """
        )
        let rows = try await pool.query(Statement("test.plan", "select string_agg(line, E'\\n') from plan_lines"))
        return try rows.first?.decode(String.self) ?? ""
    }
}
