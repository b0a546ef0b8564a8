import FoundationEssentials
import Logging
import TestKit
import Testing

@testable import Postgres

/// The client against a real PostgreSQL.
@Suite struct ClientTests {
    static let echo = Statement("test.echo", "select $1 as a, $2 as b, $3 as c, $4 as d, $5 as e")
    static let createItem = "create table item (id int primary key, name text not null unique check (name <> ''))"
    static let insert = Statement("item.insert", "insert into item (id, name) values ($1, $2)")
    static let count = Statement("item.count", "select count(*) from item")

    @Test("values of each type come back as they were sent")
    func roundTrip() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let id = UUID()
                let first = try await pool.query(Self.echo, id, -5, "grüße 🌱", true, 2.5)
                let (uuid, int, text, bool, double) =
                    try first[0].decode((UUID, Int, String, Bool, Double).self)
                #expect(uuid == id && int == -5 && text == "grüße 🌱" && bool && double == 2.5)

                let bytes: [UInt8] = [0, 255, 7]
                let second = try await pool.query(
                    Self.echo, bytes, ["a", "", "c\u{1F}"], [Int](), PostgresTimestamp(microsecondsSince1970: -1),
                    PostgresDate(daysSince1970: -40_000))
                let (back, texts, none, time, date) = try second[0]
                    .decode(([UInt8], [String], [Int], PostgresTimestamp, PostgresDate).self)
                #expect(back == bytes && texts == ["a", "", "c\u{1F}"] && none.isEmpty)
                #expect(time.microsecondsSince1970 == -1 && date.daysSince1970 == -40_000)

                let third = try await pool.query(
                    Self.echo, nil as String?, "" as String?, JSONB(Array(#"{"a": 1}"#.utf8)), [id, UUID()],
                    [nil, "x"] as [String?])
                let (null, empty, json, ids, sparse) = try third[0]
                    .decode((String?, String?, JSONB, [UUID], [String?]).self)
                #expect(null == nil && empty == "" && ids.first == id && sparse == [nil, "x"])
                #expect(String(decoding: json.bytes, as: UTF8.self) == #"{"a": 1}"#)
            }
        }
    }

    @Test("a value of another type is refused with statement, column and both types, never the value")
    func decodingError() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let rows = try await pool.query(Self.echo, "secret", 1, 1, 1, 1)
                let error = #expect(throws: PostgresError.self) { try rows[0].column("a", as: Int.self) }
                #expect(error?.code == .decoding)
                #expect(error?.description.contains("test.echo") == true)
                #expect(error?.description.contains("column a is text, not Int") == true)
                #expect(error.map { "\($0)" + $0.debugDescription }?.contains("secret") == false)
                #expect(throws: PostgresError.self) { try rows[0].column("z", as: Int.self) }
            }
        }
    }

    @Test("a transaction that throws leaves nothing; one that returns leaves everything")
    func transactions() async throws {
        struct Stop: Error {}
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                try await pool.runScript(Self.createItem)
                await #expect(throws: Stop.self) {
                    try await pool.withTransaction { transaction in
                        try await transaction.execute(Self.insert, 1, "one")
                        throw Stop()
                    }
                }
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 0)
                try await pool.withTransaction { transaction in
                    try await transaction.execute(Self.insert, 1, "one")
                    transaction.enqueue(Self.insert, 2, "two")
                }
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 2)
            }
        }
    }

    @Test("a refused row names SQLSTATE and constraint, not the row, and a savepoint confines it")
    func refusal() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                try await pool.runScript(Self.createItem)
                try await pool.withTransaction { transaction in
                    try await transaction.execute(Self.insert, 1, "confidential")
                    let error = await #expect(throws: PostgresError.self) {
                        try await transaction.savepoint {
                            try await transaction.execute(Self.insert, 2, "confidential")
                        }
                    }
                    #expect(error?.isUniqueViolation == true)
                    #expect(error?.constraint == "item_name_key")
                    #expect(error?.statement == "item.insert")
                    #expect(error?.description.contains("confidential") == false)
                    try await transaction.execute(Self.insert, 3, "three")
                }
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 2)
            }
        }
    }

    @Test("a savepoint undoes just its body, whatever of it was sent", arguments: [0, 1, 2, 3])
    func savepoints(sent: Int) async throws {
        struct Stop: Error {}
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.runScript(Self.createItem)
                try await pool.withTransaction { transaction in
                    transaction.enqueue(Self.insert, Int32(1), "before")
                    await #expect(throws: Stop.self) {
                        try await transaction.savepoint {
                            if sent > 0 { try await transaction.execute(Self.insert, Int32(2), "sent") }
                            if sent > 1 { transaction.enqueue(Self.insert, Int32(3), "queued") }
                            // What would fail is not even sent.
                            if sent > 2 { transaction.enqueue(Self.insert, Int32(3), "twice") }
                            throw Stop()
                        }
                    }
                    try await transaction.savepoint {
                        transaction.enqueue(Self.insert, Int32(4), "kept")
                        try await transaction.savepoint {
                            _ = try await transaction.execute(Self.insert, Int32(5), "inner")
                        }
                    }
                    await #expect(throws: PostgresError.self) {
                        try await transaction.savepoint { transaction.enqueue(Self.insert, Int32(5), "queued twice") }
                    }
                }
                let ids = Statement("item.ids", "select array_agg(id order by id) from item")
                #expect(try await pool.query(ids)[0].decode([Int].self) == [1, 4, 5])
            }
        }
    }

    @Test("a commit after a swallowed error says that nothing was committed")
    func swallowedError() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                try await pool.runScript(Self.createItem)
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.withTransaction { transaction in
                        try await transaction.execute(Self.insert, 1, "one")
                        do {
                            try await transaction.execute(Self.insert, 1, "")
                            Issue.record("an empty name was taken")
                        } catch {}
                    }
                }
                #expect(error?.code == .transactionAborted)
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 0)
            }
        }
    }

    @Test("local settings hold in their transaction only")
    func settings() async throws {
        let show = Statement("test.show", "select current_setting('handrail.agency_id', true)")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                let inside = try await pool.withTransaction(.init([("handrail.agency_id", "a")])) { transaction in
                    try await transaction.query(show)[0].decode(String?.self)
                }
                let outside = try await pool.query(show)[0].decode(String?.self)
                #expect(inside == "a" && (outside ?? "").isEmpty)
            }
        }
    }

    @Test("many callers share few connections and all are served")
    func sharing() async throws {
        let backend = Statement("test.backend", "select pg_backend_pid()")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 3) { pool in
                let backends = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<300 { group.addTask { try await pool.query(backend)[0].decode(Int.self) } }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(backends.count == 300)
                #expect(Set(backends).count <= 3)
            }
        }
    }

    @Test("a killed connection fails the work on it, and the pool goes on with a new one")
    func killed() async throws {
        let die = Statement("test.die", "select pg_terminate_backend(pg_backend_pid())")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.runScript(Self.createItem)
                await #expect(throws: PostgresError.self) {
                    try await pool.withTransaction { transaction in
                        try await transaction.execute(Self.insert, 1, "one")
                        try await transaction.query(die)
                    }
                }
                #expect(try await pool.query(Self.count)[0].decode(Int.self) == 0)
            }
        }
    }

    @Test("a wrong password is an error at once, not a hang")
    func wrongPassword() async throws {
        try await TestDatabase.with { database in
            let settings = database.superuser.login("postgres", password: "wrong")
            let error = await #expect(throws: PostgresError.self) {
                _ = try await Connection.open(settings, on: database.reactor)
            }
            #expect(error?.code == .cannotConnect)
        }
    }

    @Test("a script that waits behind a failing request still runs", .timeLimit(.minutes(10)))
    func scriptBehindFailure() async throws {
        try await TestDatabase.with { database in
            let connection = try await Connection.open(database.superuser, on: database.reactor)
            let fail = Step(Statement("test.fail", "select 1 / 0"), Bindings())
            let error = await withCheckedContinuation { continuation in
                connection.accept([
                    Request(id: connection.newRequestID(), work: .steps([fail])) { result in
                        if case .failure(let failure) = result { continuation.resume(returning: failure.error) }
                    },
                    Request(id: connection.newRequestID(), work: .solo(Script("create table made (id int)"))) { _ in },
                ])
            }
            #expect(error.sqlState == "22012")
            try await connection.runScript("insert into made values (1)")
            connection.close()
        }
    }

    @Test("a large result arrives whole")
    func large() async throws {
        let many = Statement("test.many", "select i, repeat('x', 1000) from generate_series(1, $1) i")
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let rows = try await pool.query(many, 20_000)
                #expect(rows.count == 20_000)
                let (last, text) = try rows[19_999].decode((Int, String).self)
                #expect(last == 20_000 && text.utf8.count == 1000)
            }
        }
    }

    @Test("a listener hears what is notified")
    func listen() async throws {
        let notify = Statement("test.notify", "select pg_notify('bell', 'rung')")
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let (heard, continuation) = AsyncStream.makeStream(of: String?.self)
                let listener = Listener(database.superuser, reactor: database.reactor, logger: .silent)
                let listening = Task { await listener.run(channel: "bell") { continuation.yield($0) } }
                var iterator = heard.makeAsyncIterator()
                let connected = await iterator.next()
                #expect(connected == .some(nil))
                _ = try await pool.query(notify)
                let payload = await iterator.next()
                #expect(payload == "rung")
                listening.cancel()
                await listening.value
            }
        }
    }
}
