import Foundation
import NIOConcurrencyHelpers
import TestKit
import Testing

@testable import Postgres

/// Callers that share a batch, on a real PostgreSQL: nobody's mistake, slowness or lock is another's.
@Suite(.timeLimit(.minutes(10))) struct BatchTests {
    static let createItem = "create table item (id int primary key, name text not null unique check (name <> ''))"
    static let insert = Statement("item.insert", "insert into item (id, name) values ($1, $2)")
    static let insertOnce = Statement(
        "item.insert_once", "insert into item (id, name) values ($1, $2) on conflict do nothing returning id")
    static let count = Statement("item.count", "select count(*) from item")
    static let xid = Statement("test.xid", "select pg_current_xact_id()::text::bigint")

    /// A pool with one connection for batches, so that all who wait share it.
    private func withPool<T: Sendable>(
        _ database: TestDatabase, depth: Int = 32, lockTimeout: Duration? = .seconds(10),
        statementTimeout: Duration = .seconds(30), _ body: @Sendable (Pool) async throws -> T
    ) async throws -> T {
        let configure = { (configuration: inout Pool.Configuration) in
            configuration.batches.connections = 1
            configuration.batches.depth = depth
            // Longer than any of these tests holds one, except where a test is about it.
            if let lockTimeout { configuration.batches.lockTimeout = lockTimeout }
            configuration.batches.statementTimeout = statementTimeout
        }
        return try await database.withPool(connections: 3, configure: configure, body)
    }

    /// Submits all calls before any of them can be sent, and gives the answers in their order.
    private func together(_ pool: Pool, _ calls: [BatchCall]) async throws -> [Result<
        [Rows], PostgresError
    >] {
        let answers = try await pool.holdingBatches(until: calls.count) {
            await withTaskGroup(of: (Int, Result<[Rows], PostgresError>).self) { group in
                for (index, call) in calls.enumerated() {
                    group.addTask { (index, await pool.batcher.run(call, by: nil)) }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
        }
        return answers.sorted { $0.key < $1.key }.map { $0.value }
    }

    private func item(_ id: Int, _ name: String) -> BatchCall {
        var call = BatchCall()
        call.add(Self.insert, Int32(id), name)
        return call
    }

    @Test("callers that wait at the same moment share one transaction, and each gets its own rows")
    func shared() async throws {
        try await TestDatabase.with { database in
            try await withPool(database) { pool in
                var call = BatchCall()
                call.add(Self.xid)
                let answers = try await together(pool, Array(repeating: call, count: 10))
                let ids = try answers.map { try $0.get()[0][0].decode(Int.self) }
                #expect(Set(ids).count == 1)
                let echo = Statement("test.echo", "select $1")
                let echoes = try await together(
                    pool,
                    (0..<50).map { number in
                        var call = BatchCall()
                        call.add(echo, number)
                        call.add(echo, -number)
                        return call
                    })
                let values = try echoes.map { try $0.get().map { try $0[0].decode(Int.self) } }
                #expect(values == (0..<50).map { [$0, -$0] })
            }
        }
    }

    @Test("a member that is refused fails alone; all others are stored once")
    func refused() async throws {
        try await TestDatabase.with { database in
            try await withPool(database) { pool in
                try await pool.runScript(Self.createItem)
                let answers = try await together(pool, (0..<20).map { item($0, $0 == 7 ? "" : "n\($0)") })
                let failed = answers.indices.filter { (try? answers[$0].get()) == nil }
                #expect(failed == [7])
                guard case .failure(let error) = answers[7] else { return }
                #expect(error.isCheckViolation && error.statement == "item.insert")
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 19)
            }
        }
    }

    @Test("of two that insert the same one wins, whoever shares the batch")
    func sameTwice() async throws {
        try await TestDatabase.with { database in
            try await withPool(database) { pool in
                try await pool.runScript(Self.createItem)
                let answers = try await together(pool, [item(1, "a"), item(2, "b"), item(1, "c"), item(3, "d")])
                #expect(answers.filter { (try? $0.get()) != nil }.count == 3)
                let losers = answers.compactMap { if case .failure(let error) = $0 { error } else { nil } }
                #expect(losers.allSatisfy { $0.isUniqueViolation })
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 3)
            }
        }
    }

    @Test("a statement that does not exist, or cannot be decoded, is nobody else's trouble")
    func unprepared() async throws {
        try await TestDatabase.with { database in
            try await withPool(database) { pool in
                try await pool.runScript(Self.createItem)
                var wrong = BatchCall()
                wrong.add(Statement("test.wrong", "select no_such_column from item"))
                for _ in 1...2 {
                    let answers = try await together(
                        pool, [item(Int.random(in: 1...1_000_000), UUID().uuidString), wrong])
                    #expect((try? answers[0].get()) != nil)
                    guard case .failure(let error) = answers[1] else { return #expect(Bool(false), "not refused") }
                    #expect(error.sqlState == "42703" && error.statement == "test.wrong")
                }
            }
        }
    }

    @Test("a member that waits for a lock waits alone, and is stored when the lock is gone")
    func locked() async throws {
        let update = Statement("item.rename", "update item set name = $2 where id = $1")
        try await TestDatabase.with { database in
            try await withPool(database, lockTimeout: nil) { pool in
                try await pool.runScript(Self.createItem)
                try await pool.query(Self.insert, Int32(1), "one").discard()
                let renamed = try await pool.withTransaction { holder in
                    try await holder.execute(update, Int32(1), "held")
                    var rename = BatchCall()
                    rename.add(update, Int32(1), "renamed")
                    let renaming = Task { [rename] in try await pool.batch(rename) }
                    // They come behind it or share its batch, and are stored although the lock is still held.
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for id in 2...20 { group.addTask { _ = try await pool.batch(item(id, "n\(id)")) } }
                        try await group.waitForAll()
                    }
                    return renaming
                }
                #expect(try await renamed.value[0].affected == 1)
                let name = Statement("item.name", "select name from item where id = 1")
                #expect(try await pool.query(name)[0].decode(String.self) == "renamed")
            }
        }
    }

    @Test("two batches that lock each other's rows are both stored")
    func deadlock() async throws {
        let update = Statement("item.count_up", "update item set name = name || '.' where id = $1")
        try await TestDatabase.with { database in
            try await database.withPool(configure: { $0.batches.connections = 4 }) { pool in
                try await pool.runScript(Self.createItem)
                for id in 1...8 { try await pool.query(Self.insert, Int32(id), "n\(id)").discard() }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<400 {
                        group.addTask { _ = try await pool.batch(update, Int32(number * 5 % 8 + 1)) }
                    }
                    try await group.waitForAll()
                }
                let dots = Statement("item.dots", "select sum(length(name) - 2) from item")
                #expect(try await pool.query(dots)[0].decode(Int.self) == 400)
            }
        }
    }

    @Test("a member that runs long does so alone: the others are answered before it")
    func slow() async throws {
        let wait = Statement(
            "test.wait_for_row", "select wait_for_row($1)")
        try await TestDatabase.with { database in
            try await withPool(database, lockTimeout: nil, statementTimeout: .milliseconds(300)) { pool in
                try await pool.runScript(
                    Self.createItem + """
                        ;
                        create function wait_for_row(wanted int) returns int language plpgsql volatile as $$
                        begin
                            while not exists (select from item where id = wanted) loop
                                perform pg_sleep(0.01);
                            end loop;
                            return wanted;
                        end $$;
                        """)
                var slow = BatchCall()
                slow.add(wait, Int32(99))
                let (order, continuation) = AsyncStream.makeStream(of: String.self)
                async let waited = pool.batch(slow)
                // Whoever shares its batch or comes behind it is stored, or it would wait for ever: it waits for the last.
                for id in [1, 2, 99] {
                    _ = try await pool.batch(item(id, "n\(id)"))
                    continuation.yield("\(id)")
                }
                let rows = try await waited[0]
                #expect(try rows[0].decode(Int.self) == 99)
                continuation.finish()
                #expect(await order.reduce(into: []) { $0.append($1) } == ["1", "2", "99"])
            }
        }
    }

    @Test("an error at the commit itself fails only whose constraint it is")
    func deferred() async throws {
        try await TestDatabase.with { database in
            try await withPool(database) { pool in
                try await pool.runScript(
                    """
                    create table item (id int primary key, name text not null unique deferrable initially deferred)
                    """)
                try await pool.query(Self.insert, Int32(0), "taken").discard()
                let answers = try await together(pool, [item(1, "a"), item(2, "taken"), item(3, "b")])
                #expect(answers.map { (try? $0.get()) != nil } == [true, false, true])
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 3)
            }
        }
    }

    @Test("row-level security holds for each member of a batch", arguments: [1, 32])
    func tenants(depth: Int) async throws {
        let agency = Statement("test.agency", "select current_setting('handrail.agency_id', true)")
        try await TestDatabase.with { database in
            try await withPool(database, depth: depth) { pool in
                let wanted = (0..<60).map { $0 % 4 == 3 ? nil : "agency-\($0 % 3)" }
                let answers = try await together(
                    pool,
                    wanted.map { name in
                        var call = BatchCall(name.map { LocalSettings([("handrail.agency_id", $0)]) } ?? .none)
                        call.add(agency)
                        return call
                    })
                let found = try answers.map { answer -> String? in
                    let value = try answer.get()[0][0].decode(String?.self)
                    return value == "" ? nil : value
                }
                #expect(found == wanted)
            }
        }
    }

    @Test("with many failures each member gets its own sync, and the answers are the same")
    func manyFailures() async throws {
        try await TestDatabase.with { database in
            try await withPool(database) { pool in
                try await pool.runScript(Self.createItem)
                for round in 0..<5 {
                    let ids = (0..<40).map { round * 40 + $0 }
                    let answers = try await together(pool, ids.map { item($0, $0.isMultiple(of: 2) ? "" : "n\($0)") })
                    #expect(answers.map { (try? $0.get()) != nil } == ids.map { !$0.isMultiple(of: 2) })
                }
                #expect(!pool.batcher.state.withLockedValue { $0.policy.shares })
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 100)
            }
        }
    }

    @Test("a cancelled member loses only its answer")
    func cancelled() async throws {
        try await TestDatabase.with { database in
            try await withPool(database) { pool in
                try await pool.runScript(Self.createItem)
                let answers = try await pool.holdingBatches(until: 9) {
                    await withTaskGroup(of: (Int, Bool).self) { group in
                        for id in 0..<10 {
                            group.addTask {
                                let call = Task { try await pool.batch(item(id, "n\(id)")) }
                                if id == 4 { call.cancel() }
                                do {
                                    _ = try await call.value
                                    return (id, true)
                                } catch let error as PostgresError {
                                    return (id, error.code != .cancelled)
                                } catch {
                                    return (id, true)
                                }
                            }
                        }
                        return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                    }
                }
                #expect(answers.filter { !$0.value }.map(\.key) == [4])
                #expect(try await pool.query(Self.count)[0].decode(Int.self) >= 9)
            }
        }
    }

    @Test(
        "when the connection breaks, what may be repeated is repeated, and of the rest it is said that nobody knows",
        arguments: [true, false])
    func lost(mayBeRepeated: Bool) async throws {
        let die = Statement("test.die_once", "select die_once($1)")
        try await TestDatabase.with { database in
            try await withPool(database) { pool in
                try await pool.runScript(
                    """
                    create sequence deaths;
                    create function die_once(number int) returns int language plpgsql as $$
                    begin
                        -- A sequence keeps its value although the transaction is lost.
                        if nextval('deaths') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
                        return number;
                    end $$;
                    """)
                let answers = try await together(
                    pool,
                    (0..<5).map { number in
                        var call = BatchCall(ifLost: mayBeRepeated ? .repeatIt : .tell)
                        call.add(die, Int32(number))
                        return call
                    })
                if mayBeRepeated {
                    let values = try answers.map { try $0.get()[0][0].decode(Int.self) }
                    #expect(values == [0, 1, 2, 3, 4])
                } else {
                    let codes = answers.compactMap { if case .failure(let error) = $0 { error.code } else { nil } }
                    #expect(!codes.isEmpty && codes.allSatisfy { $0 == .outcomeUnknown })
                }
            }
        }
    }

    @Test("a connection that broke while nothing was on it costs nobody an answer")
    func brokenWhileIdle() async throws {
        let kill = Statement(
            "test.kill_others",
            """
            select count(pg_terminate_backend(pid))
            from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()
            """)
        try await TestDatabase.with { database in
            try await withPool(database) { pool in
                try await pool.runScript(Self.createItem)
                for id in 0..<20 {
                    try await database.withPool(connections: 1) { _ = try await $0.query(kill) }
                    while pool.batcher.state.withLockedValue({ $0.lanes.values.contains { $0.connection.isOpen } }) {
                        await Task.yield()
                    }
                    // It only writes, so it could not be repeated had it been sent.
                    _ = try await pool.batch(item(id, "n\(id)"))
                }
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 20)
            }
        }
    }

    @Test("the end waits for those who are in a batch, and takes nobody any more")
    func drain() async throws {
        try await TestDatabase.with { database in
            try await withPool(database) { pool in
                try await pool.runScript(Self.createItem)
                await withTaskGroup(of: Void.self) { group in
                    for id in 0..<100 {
                        group.addTask { do { _ = try await pool.batch(item(id, "n\(id)")) } catch {} }
                    }
                    await pool.batcher.shutDown()
                    await group.waitForAll()
                }
                let error = await #expect(throws: PostgresError.self) { try await pool.batch(item(1000, "late")) }
                #expect(error?.code == .shutDown)
            }
        }
    }
}

extension Pool {
    private static let take = Statement("test.take", "select pg_advisory_xact_lock(4711)")

    /// Runs the body while the batches' only connection waits for a lock, until that many calls wait behind it: so that
    /// they share their batches.
    fileprivate func holdingBatches<T: Sendable>(
        until count: Int, _ body: @Sendable @escaping () async throws -> T
    ) async throws -> T {
        let (blocked, calls) = try await withTransaction { holder in
            try await holder.query(Self.take)
            let blocked = Task { try await self.batch(Self.take) }
            while !self.batcher.state.withLockedValue({ $0.machine.waiting.isEmpty && $0.machine.busy.count == 1 }) {
                await Task.yield()
            }
            let calls = Task { try await body() }
            while self.batcher.state.withLockedValue({ $0.machine.waiting.count }) < count { await Task.yield() }
            return (blocked, calls)
        }
        _ = try await blocked.value
        return try await calls.value
    }
}

extension Rows {
    fileprivate func discard() {}
}
