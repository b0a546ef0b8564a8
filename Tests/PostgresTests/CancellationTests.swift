import Foundation
import TestKit
import Testing

@testable import Postgres

/// Callers that go away, and callers whose time is over.
@Suite(.timeLimit(.minutes(10))) struct CancellationTests {
    static let sleep = Statement("test.sleep", "select pg_sleep(300)")
    static let one = Statement("test.one", "select 1")
    /// Sessions of this database that run something long.
    static let running = Statement(
        "test.running",
        """
        select count(*)
        from pg_stat_activity
        where datname = current_database() and state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()
        """)

    private func wait(for count: Int, _ pool: Pool) async throws {
        while try await pool.query(Self.running)[0].decode(Int.self) != count { await Task.yield() }
    }

    @Test("a cancelled task stops its statement on the server, and its connection is not used again")
    func cancelled() async throws {
        let backend = Statement("test.backend", "select pg_backend_pid()")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { watcher in
                try await database.withPool(connections: 1) { pool in
                    let before = try await pool.query(backend)[0].decode(Int.self)
                    let work = Task { try await pool.query(Self.sleep) }
                    try await wait(for: 1, watcher)
                    work.cancel()
                    let error = await #expect(throws: PostgresError.self) { try await work.value }
                    #expect(error?.code == .cancelled)
                    try await wait(for: 0, watcher)
                    let after = try await pool.query(backend)[0].decode(Int.self)
                    #expect(after != before)
                }
            }
        }
    }

    @Test("a cancelled transaction leaves nothing")
    func transaction() async throws {
        let insert = Statement("item.insert", "insert into item (id) values ($1)")
        let count = Statement("item.count", "select count(*) from item")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 2) { pool in
                try await pool.runScript("create table item (id int primary key)")
                let work = Task {
                    try await pool.withTransaction { transaction in
                        try await transaction.execute(insert, Int32(1))
                        try await transaction.query(Self.sleep)
                    }
                }
                try await wait(for: 1, pool)
                work.cancel()
                let error = await #expect(throws: PostgresError.self) { try await work.value }
                #expect(error?.code == .cancelled)
                #expect(try await pool.query(count)[0].decode(Int.self) == 0)
            }
        }
    }

    @Test("a task that is cancelled already sends nothing")
    func before() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                let work = Task {
                    while !Task.isCancelled { await Task.yield() }
                    return try await pool.query(Self.one)
                }
                work.cancel()
                let error = await #expect(throws: PostgresError.self) { try await work.value }
                #expect(error?.code == .cancelled)
            }
        }
    }

    @Test("a caller whose time is over is told so, and its statement is stopped on the server")
    func deadline() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(connections: 2) { pool in
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.query(Self.sleep, by: .now + .milliseconds(200))
                }
                #expect(error?.code == .deadlineExceeded)
                try await wait(for: 0, pool)
            }
        }
    }

    @Test("a caller waits for a connection no longer than its time")
    func deadlineOfWaiting() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.withTransaction { transaction in
                    try await transaction.query(Self.one)
                    let error = await #expect(throws: PostgresError.self) {
                        try await pool.query(Self.one, by: .now + .milliseconds(200))
                    }
                    #expect(error?.code == .deadlineExceeded)
                }
            }
        }
    }

    @Test("a reader of a stream that is cancelled stops it on the server")
    func stream() async throws {
        let slowly = Statement("test.slowly", "select i, pg_sleep(0.01) from generate_series(1, 100000) i")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 2) { pool in
                let (begun, signal) = AsyncStream.makeStream(of: Void.self)
                let work = Task {
                    try await pool.withTransaction { transaction in
                        for try await _ in try await transaction.stream(slowly) { signal.yield() }
                    }
                }
                _ = await begun.first { _ in true }
                work.cancel()
                let error = await #expect(throws: PostgresError.self) { try await work.value }
                #expect(error?.code == .cancelled)
                try await wait(for: 0, pool)
            }
        }
    }
}
