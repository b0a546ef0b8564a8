import Logging
import MessageTable
import Models
import NIOConcurrencyHelpers
import Postgres
import TestKit
import Testing

@testable import ServiceKit

@Suite(
    "Seals of the audit trail",
    .timeLimit(.minutes(10))
)
struct AuditSealTests {
    private static let broken = Statement(
        "test.broken", "select n::text from handrail.broken_audit_seals('matching') as n order by n"
    )
    private static let seals = Statement(
        "test.seals", "select concat(seal_number, ' ', row_count) from matching.audit_seal order by seal_number"
    )
    private static let seal = Statement("test.seal", "select handrail.seal_audit('matching')")

    private static func append(_ count: Int, _ pool: Pool) async throws {
        for _ in 0..<count {
            try await pool.transaction(for: .north) { transaction in
                transaction.audit(AuditRecord(.read), by: .system(.north, service: "test", operationID: "test"))
            }
        }
    }

    private static func seal(_ workers: Pool) async throws -> Int64 {
        try await workers.query(seal)[0].decode(Int64.self)
    }

    /// Seals until so many rows are: other tests' open transactions on the same cluster may hold a seal back.
    private static func seal(_ workers: Pool, rows: Int64) async throws {
        var sealed: Int64 = 0
        while sealed < rows { sealed += try await seal(workers) }
        #expect(sealed == rows)
    }

    @Test("each row is sealed once, as the worker login, which cannot read the rows themselves")
    func once() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                try await Self.append(3, pool)
                try await Self.seal(workers, rows: 3)
                #expect(try await Self.seal(workers) == 0)
                try await Self.append(2, pool)
                try await Self.seal(workers, rows: 2)
                let refused = await #expect(throws: PostgresError.self) {
                    try await workers.query(Statement("test.read", "select subject from audit_event"))
                }
                #expect(refused?.sqlState == "42501")
            }
            let counts = try await database.texts(Self.seals).compactMap { Int($0.split(separator: " ")[1]) }
            #expect(counts.reduce(0, +) == 5)
            #expect(try await database.texts(Self.broken) == [])
        }
    }

    @Test("a row whose transaction is still open is sealed after it has ended")
    func open() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                try await pool.transaction(for: .north) { (transaction) async throws -> Void in
                    transaction.audit(AuditRecord(.read), by: .system(.north, service: "test", operationID: "test"))
                    _ = try await transaction.query(Statement("test.one", "select 1"))
                    // Later transactions that have ended wait as well: their rows are sealed in one range with it.
                    try await Self.append(1, pool)
                    #expect(try await Self.seal(workers) == 0)
                }
                try await Self.seal(workers, rows: 2)
            }
            #expect(try await database.texts(Self.broken) == [])
        }
    }

    @Test(
        "what was changed, removed or slipped in behind the triggers shows",
        arguments: [
            "update matching.audit_event set subject = 'x' where xid = (select max(xid) from matching.audit_event)",
            "delete from matching.audit_event where xid = (select max(xid) from matching.audit_event)",
            """
            insert into matching.audit_event
            select (jsonb_populate_record(e, jsonb_build_object('audit_id', gen_random_uuid()))).*
            from matching.audit_event as e
            where xid = (select max(xid) from matching.audit_event)
            """,
            "update matching.audit_seal set row_count = 4",
        ]
    )
    func forged(_ forgery: String) async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                try await Self.append(3, pool)
                try await Self.seal(workers, rows: 3)
            }
            // A superuser can switch triggers off; that is what the seals are for.
            try await database.withPool { (superuser) async throws -> Void in
                try await superuser.runScript("set session_replication_role = replica; \(forgery)")
            }
            #expect(try await database.texts(Self.broken).isEmpty == false)
        }
    }

    @Test("the loop seals and makes partitions; without PostgreSQL it says so and goes on")
    func loop() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            let registry = PrometheusRegistry()
            let lines = NIOLockedValueBox<[String]>([])
            let logger = Logger(label: "test") { label in
                JSONLogHandler(service: "peer-matching", label: label, level: .info) { line in
                    lines.withLockedValue { $0.append(String(decoding: line, as: UTF8.self)) }
                }
            }
            try await Self.append(1, pool)
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                let upkeep = AuditUpkeep(service: "peer-matching", workers: workers, metrics: registry, logger: logger)
                while lines.withLockedValue({ $0.isEmpty }) { #expect(await upkeep.keep(partitions: true)) }
                await workers.shutDown()
                #expect(await upkeep.keep(partitions: true) == false)
            }
            #expect(registry.exposition().contains("peer_matching_audit_rows_sealed_total 1\n"))
            let hash = try await database.texts(
                Statement("test.hash", "select encode(hash, 'hex') from matching.audit_seal")
            )
            #expect(lines.withLockedValue { $0.first?.contains(hash.first ?? "none") } == true)
        }
    }
}
