import Postgres
import TestKit
import Testing

@Suite("Settings within a transaction")
struct AppliedSettingsTests {
    private struct Undone: Error {}

    private static let look = Statement("test.look", "select current_setting('test.who', true)")
    private static func who(_ name: String) -> LocalSettings { LocalSettings([("test.who", name)]) }

    private static func present(_ transaction: Transaction) async throws -> String? {
        let rows = try await transaction.query(look)
        return try rows[0].value(0)
    }

    @Test("hold as they were last applied, also where a savepoint has undone some")
    func undone() async throws {
        try await TestDatabase.with { (database) async throws -> Void in
            try await database.withPool(connections: 1) { (pool) async throws -> Void in
                try await pool.withTransaction(Self.who("a")) { (transaction) async throws -> Void in
                    transaction.apply(Self.who("a"))
                    #expect(try await Self.present(transaction) == "a")
                    transaction.apply(Self.who("b"))
                    #expect(try await Self.present(transaction) == "b")
                    await #expect(throws: Undone.self) { () async throws -> Void in
                        try await transaction.savepoint { () async throws -> Void in
                            transaction.apply(Self.who("c"))
                            #expect(try await Self.present(transaction) == "c")
                            throw Undone()
                        }
                    }
                    #expect(try await Self.present(transaction) == "b")
                    transaction.apply(Self.who("c"))
                    #expect(try await Self.present(transaction) == "c")
                }
                // The next transaction on the same connection begins without them.
                try await pool.withTransaction { (transaction) async throws -> Void in
                    let before = try await Self.present(transaction)
                    #expect(before == nil || before == "")
                    transaction.apply(Self.who("c"))
                    #expect(try await Self.present(transaction) == "c")
                }
            }
        }
    }

    @Test("include that statements keep one plan, whatever their values are")
    func plans() async throws {
        try await TestDatabase.with { (database) async throws -> Void in
            try await database.withPool(connections: 1) { (pool) async throws -> Void in
                let rows = try await pool.query(Statement("test.mode", "select current_setting('plan_cache_mode')"))
                let mode: String = try rows[0].value(0)
                #expect(mode == "force_generic_plan")
            }
        }
    }
}
