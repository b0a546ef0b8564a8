import Foundation
import NIOConcurrencyHelpers
import TestKit
import Testing

@testable import Postgres

/// What servers and networks do to a client: it must end with an answer, and nothing half read.
@Suite(.timeLimit(.minutes(10))) struct FaultTests {
    static let one = Statement("test.one", "select 1")
    static let echo = Statement("test.echo", "select $1")
    static let backend = Statement("test.backend", "select pg_backend_pid()")
    static let die = Statement("test.die", "select pg_terminate_backend(pg_backend_pid())")
    static let insert = Statement("item.insert", "insert into item (id) values ($1)")
    static let count = Statement("item.count", "select count(*) from item")

    // MARK: The server

    @Test("a session that is ended in the middle of a pipeline fails all of it, and stores nothing")
    func killedInPipeline() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.runScript("create table item (id int primary key)")
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.withTransaction { transaction in
                        transaction.enqueue(Self.insert, Int32(1))
                        transaction.enqueue(Self.die)
                        transaction.enqueue(Self.insert, Int32(2))
                        try await transaction.flush()
                    }
                }
                #expect(error?.sqlState == "57P01")
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 0)
            }
        }
    }

    @Test("a session that is ended in the middle of COPY fails it, and stores nothing", arguments: [true, false])
    func killedInCopy(in isIn: Bool) async throws {
        let copyIn = Statement("item.copy_in", "copy item (id) from stdin")
        let copyOut = Statement("item.copy_out", "copy (select i from generate_series(1, 10000000) i) to stdout")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 2) { pool in
                try await pool.runScript("create table item (id int primary key)")
                await #expect(throws: PostgresError.self) {
                    try await pool.withTransaction { transaction in
                        let victim = try await transaction.query(Self.backend)[0].decode(Int32.self)
                        let kill = Statement("test.kill", "select pg_terminate_backend($1)")
                        if isIn {
                            // Endless: only the lost session can end it.
                            let pieces = AsyncThrowingStream<[UInt8], any Error> {
                                if Int.random(in: 0..<50) == 0 { _ = try await pool.query(kill, victim) }
                                return (0..<100).flatMap { _ in Array("\(Int32.random(in: 0...Int32.max))\n".utf8) }
                            }
                            try await transaction.copyIn(copyIn, pieces)
                        } else {
                            var count = 0
                            for try await _ in try await transaction.copyOut(copyOut) {
                                count += 1
                                if count == 1000 { _ = try await pool.query(kill, victim) }
                            }
                        }
                    }
                }
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 0)
            }
        }
    }

    @Test("a server that has become read-only is left: the next statement gets a new connection")
    func readOnly() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.runScript("create table item (id int primary key)")
                let before = try await pool.query(Self.backend)[0].decode(Int.self)
                // As after a failover: the session finds itself on a server that takes no writes.
                try await pool.runScript("set default_transaction_read_only = on")
                let error = await #expect(throws: PostgresError.self) { try await pool.query(Self.insert, Int32(1)) }
                #expect(error?.sqlState == "25006")
                _ = try await pool.query(Self.insert, Int32(1))
                #expect(try await pool.query(Self.backend)[0].decode(Int.self) != before)
            }
        }
    }

    @Test("a table that has changed since its statement was prepared is read again", arguments: [true, false])
    func stalePlan(inTransaction: Bool) async throws {
        let all = Statement("item.all", "select * from item")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.runScript("create table item (id int primary key); insert into item values (1)")
                #expect(try await pool.query(all)[0].decode(Int.self) == 1)
                try await pool.runScript("alter table item add column name text default 'new'")
                if inTransaction {
                    // What came before it in the transaction may not be repeated: the caller is told, once.
                    let error = await #expect(throws: PostgresError.self) {
                        try await pool.withTransaction { _ = try await $0.query(all) }
                    }
                    #expect(error?.sqlState == "0A000")
                }
                let (id, name) = try await pool.query(all)[0].decode((Int, String).self)
                #expect(id == 1 && name == "new")
            }
        }
    }

    @Test("a statement that the server has forgotten is prepared again")
    func forgotten() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                _ = try await pool.query(Self.one)
                try await pool.runScript("deallocate all")
                #expect(try await pool.query(Self.one)[0].decode(Int.self) == 1)
            }
        }
    }

    // MARK: The network

    @Test("a commit whose answer is lost is told as unknown, and what comes before it as lost")
    func lostAnswer() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { direct in
                try await direct.runScript("create table item (id int primary key)")
                try await FaultyProxy.with(before: database.url) { proxy in
                    try await database.withPool(url: proxy.url) { pool in
                        let error = await #expect(throws: PostgresError.self) {
                            try await pool.withTransaction { transaction in
                                try await transaction.execute(Self.insert, Int32(1))
                                await proxy.cut(afterServerBytes: 1)
                            }
                        }
                        #expect(error?.code == .outcomeUnknown)
                        let other = await #expect(throws: PostgresError.self) {
                            try await pool.withTransaction { transaction in
                                try await transaction.execute(Self.insert, Int32(2))
                                await proxy.cut()
                                try await transaction.execute(Self.insert, Int32(3))
                            }
                        }
                        #expect(other?.code == .connectionLost)
                    }
                }
                let found = try await direct.query(Self.count)[0].decode(Int.self)
                #expect((0...1).contains(found))
            }
        }
    }

    @Test(
        "whatever is cut off after any number of bytes ends with an answer, and the pool goes on",
        arguments: [1, 5, 70, 400, 5000])
    func cutAnywhere(bytes: Int) async throws {
        let many = Statement("test.many", "select i, repeat('x', 100) from generate_series(1, 1000) i")
        try await TestDatabase.with { database in
            try await FaultyProxy.with(before: database.url) { proxy in
                try await database.withPool(url: proxy.url, connections: 2) { pool in
                    _ = try await pool.query(Self.one)
                    await proxy.cut(afterServerBytes: bytes)
                    await #expect(throws: PostgresError.self) { _ = try await pool.query(many) }
                    #expect(try await pool.query(many).count == 1000)
                    await proxy.cut(afterServerBytes: bytes)
                    await #expect(throws: PostgresError.self) {
                        try await pool.withTransaction { transaction in
                            for try await _ in try await transaction.stream(many) {}
                        }
                    }
                    #expect(try await pool.query(many).count == 1000)
                }
            }
        }
    }

    @Test("a link that has gone silent is given up, and a new one is made")
    func halfOpen() async throws {
        try await TestDatabase.with { database in
            try await FaultyProxy.with(before: database.url) { proxy in
                try await database.withPool(url: proxy.url, silence: .milliseconds(500)) { pool in
                    _ = try await pool.query(Self.one)
                    await proxy.set { $0.isStalled = true }
                    let error = await #expect(throws: PostgresError.self) { try await pool.query(Self.one) }
                    #expect(error?.code == .connectionLost)
                    await proxy.set { $0.isStalled = false }
                    #expect(try await pool.query(Self.one)[0].decode(Int.self) == 1)
                }
            }
        }
    }

    @Test("a script may take longer than any statement: a migration is not a broken link")
    func longScript() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(url: database.url, silence: .milliseconds(100)) { pool in
                try await pool.runScript("select pg_sleep(1); create table made (id int)")
                _ = try await database.withPool {
                    try await $0.query(Statement("made.count", "select count(*) from made"))
                }
            }
        }
    }

    @Test("connecting to a server that never answers ends in time, and holds up no other connection")
    func silentServer() async throws {
        try await TestDatabase.with { database in
            try await FaultyProxy.with(before: database.url) { proxy in
                await proxy.set { $0.isStalled = true }
                var settings = try ConnectionSettings(url: proxy.url, applicationName: "test")
                settings.connectTimeout = .milliseconds(700)
                let opening = Task { [settings] in try await Connection.open(settings, on: database.reactor) }
                try await database.withPool { pool in
                    for _ in 0..<50 { _ = try await pool.query(Self.one) }
                }
                let error = await #expect(throws: PostgresError.self) { _ = try await opening.value }
                #expect(error?.code == .cannotConnect)
            }
        }
    }

    @Test("a cancellation that cannot reach the server ends with the connection, and holds up nobody")
    func cancelInVain() async throws {
        let sleep = Statement("test.sleep", "select pg_sleep(300)")
        try await TestDatabase.with { database in
            try await FaultyProxy.with(before: database.url) { proxy in
                try await database.withPool(url: proxy.url, silence: .milliseconds(500)) { pool in
                    _ = try await pool.query(Self.one)
                    let work = Task { try await pool.query(sleep) }
                    while await proxy.connections == 0 { await Task.yield() }
                    await proxy.set { $0.isStalled = true }
                    work.cancel()
                    try await database.withPool { other in
                        for _ in 0..<50 { _ = try await other.query(Self.one) }
                    }
                    let error = await #expect(throws: PostgresError.self) { try await work.value }
                    #expect(error?.code == .cancelled)
                }
            }
        }
    }

    @Test("callers are refused at once while the server is away, and served when it is back")
    func away() async throws {
        try await TestDatabase.with { database in
            try await FaultyProxy.with(before: database.url) { proxy in
                try await database.withPool(url: proxy.url, connections: 2) { pool in
                    _ = try await pool.query(Self.one)
                    await proxy.set { $0.refusesConnections = true }
                    await proxy.cut()
                    for _ in 0..<20 { await #expect(throws: PostgresError.self) { try await pool.query(Self.one) } }
                    for _ in 0..<20 { await #expect(throws: PostgresError.self) { try await pool.batch(Self.one) } }
                    await proxy.set { $0.refusesConnections = false }
                    var isBack = (false, false)
                    while isBack != (true, true) {
                        do { isBack.0 = try await pool.query(Self.one).count == 1 } catch {}
                        do { isBack.1 = try await pool.batch(Self.one).count == 1 } catch {}
                    }
                }
            }
        }
    }

    @Test("a listener that is cut off listens again, and says that it may have missed something")
    func listenerCutOff() async throws {
        let notify = Statement("test.notify", "select pg_notify('bell', $1)")
        try await TestDatabase.with { database in
            try await FaultyProxy.with(before: database.url) { proxy in
                try await database.withPool { pool in
                    let settings = try ConnectionSettings(url: proxy.url, applicationName: "test")
                    let (heard, continuation) = AsyncStream.makeStream(of: String?.self)
                    let listener = Listener(settings, reactor: database.reactor, logger: .silent)
                    let listening = Task { await listener.run(channel: "bell") { continuation.yield($0) } }
                    var iterator = heard.makeAsyncIterator()
                    var said: [String?] = [await iterator.next() ?? "ended"]
                    _ = try await pool.query(notify, "first")
                    said.append(await iterator.next() ?? "ended")
                    await proxy.cut()
                    said.append(await iterator.next() ?? "ended")
                    _ = try await pool.query(notify, "second")
                    said.append(await iterator.next() ?? "ended")
                    // nil each time it has connected: something may have been missed.
                    #expect(said == [nil, "first", nil, "second"])
                    listening.cancel()
                    await listening.value
                }
            }
        }
    }

    // MARK: Load

    @Test("large parameters and large answers pass each other")
    func bothWays() async throws {
        let big = [UInt8](repeating: 7, count: 2_000_000)
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.withTransaction { transaction in
                    // One pipeline: the server answers the first while most of the others are still on their way.
                    for _ in 0..<20 { transaction.enqueue(Self.echo, big) }
                    let last = try await transaction.query(Self.echo, big)
                    #expect(try last[0].decode([UInt8].self) == big)
                }
            }
        }
    }

    @Test("a statement that takes long holds up no other connection")
    func slowOne() async throws {
        let held = Statement("test.held", "select pg_advisory_xact_lock(7)")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 3) { pool in
                try await pool.withTransaction { holder in
                    try await holder.query(held)
                    let waiting = Task { try await pool.query(held) }
                    // They all end although the other one goes on waiting.
                    for _ in 0..<100 { _ = try await pool.query(Self.one) }
                    return waiting
                }.value.discard()
            }
        }
    }

    @Test("10,000 callers share four connections, and all are served")
    func manyCallers() async throws {
        try await TestDatabase.with { database in
            let patient = { (configuration: inout Pool.Configuration) in
                configuration.maximumWaiters = 10_000
                configuration.leaseTimeout = .seconds(100)
            }
            let sum = try await database.withPool(connections: 4, configure: patient) { pool in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<10_000 {
                        group.addTask { try await pool.query(Self.echo, number)[0].decode(Int.self) }
                    }
                    return try await group.reduce(0, +)
                }
            }
            #expect(sum == 10_000 * 9999 / 2)
        }
    }
}

extension TestDatabase {
    /// The database's URL.
    fileprivate var url: String { cluster.replacing(/\/[^\/]*$/, with: "/\(name)") }

    /// A pool at another address.
    fileprivate func withPool<T: Sendable>(
        url: String, connections: Int = 2, silence: Duration? = nil, _ body: @Sendable (Pool) async throws -> T
    ) async throws -> T {
        var settings = try ConnectionSettings(url: url, applicationName: "test")
        settings.silence = silence
        return try await withPool(connections: connections, configure: { $0.connection = settings }, body)
    }
}

extension Rows {
    fileprivate func discard() {}
}
