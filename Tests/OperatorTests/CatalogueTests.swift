import Postgres
import TestKit
import Testing

@testable import Operator

/// The schema of the whole suite, walked through PostgreSQL's catalogue.
@Suite struct CatalogueTests {
    /// The queries are made of fixed parts, and a statement wants one literal: so they run as text, through a function.
    private static let offenders = Statement(
        "test.offenders", "select name from pg_temp.offenders() as name order by 1")

    private func offenders(of rule: CatalogueRule, after change: String? = nil) async throws -> [String] {
        try await TestDatabase.with(migrations: InstalledServices.migrations) { database in
            try await database.withPool(connections: 1) { pool in
                if let change { try await pool.runScript("begin; \(change)") }
                try await pool.runScript(
                    """
                    create function pg_temp.offenders() returns setof text language sql as $offenders$
                    \(rule.offenders)
                    $offenders$
                    """)
                let rows = try await pool.query(Self.offenders)
                // Roles belong to the cluster: what a violation makes must not outlive its test.
                if change != nil { try await pool.runScript("rollback") }
                return try rows.map { try $0.decode(String.self) }
            }
        }
    }

    @Test("the migrated schema keeps every rule", arguments: CatalogueRule.all)
    func kept(_ rule: CatalogueRule) async throws {
        #expect(try await offenders(of: rule) == [])
    }

    @Test("each rule finds a table, policy, view or function that does not follow it", arguments: CatalogueRule.all)
    func found(_ rule: CatalogueRule) async throws {
        #expect(try await !offenders(of: rule, after: rule.violation).isEmpty)
    }
}
