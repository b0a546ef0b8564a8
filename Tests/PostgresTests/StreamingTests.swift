import Foundation
import TestKit
import Testing

@testable import Postgres

/// Results and COPY that are larger than anybody wants to hold in memory.
@Suite(.timeLimit(.minutes(10))) struct StreamingTests {
    static let many = Statement("test.many", "select i, repeat('x', 1000) from generate_series(1, $1) i")
    static let one = Statement("test.one", "select 1")

    @Test("a result of 200 MB passes through row by row, and no more than a few rows lie in memory")
    func large() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let before = residentBytes()
                let (count, sum) = try await pool.withTransaction { transaction in
                    var (count, sum) = (0, 0)
                    for try await row in try await transaction.stream(Self.many, 200_000) {
                        let (number, text) = try row.decode((Int, String).self)
                        count += 1
                        sum += number + text.utf8.count
                    }
                    return (count, sum)
                }
                #expect(count == 200_000)
                #expect(sum == 200_000 * 200_001 / 2 + 200_000 * 1000)
                #expect(residentBytes() - before < 100 << 20)
            }
        }
    }

    @Test("a reader that leaves early leaves the transaction in order")
    func leavesEarly() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                let found = try await pool.withTransaction { transaction in
                    var found: [Int] = []
                    for try await row in try await transaction.stream(Self.many, 50_000) {
                        found.append(try row.decode((Int, String).self).0)
                        if found.count == 3 { break }
                    }
                    found.append(try await transaction.query(Self.one)[0].decode(Int.self))
                    return found
                }
                #expect(found == [1, 2, 3, 1])
                #expect(try await pool.query(Self.one)[0].decode(Int.self) == 1)
            }
        }
    }

    @Test(
        "a statement that was prepared before a stream gives its rows behind it as it did before", arguments: [0, 1, 3])
    func preparedBefore(_ rows: Int) async throws {
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.withTransaction { transaction in
                    for _ in 1...2 {
                        #expect(try await transaction.query(Self.one)[0].decode(Int.self) == 1)
                        var count = 0
                        for try await _ in try await transaction.stream(Self.many, rows) { count += 1 }
                        #expect(count == rows)
                        #expect(try await transaction.query(Self.one)[0].decode(Int.self) == 1)
                    }
                }
            }
        }
    }

    @Test("an error in the middle of a result comes after the rows before it, and names the statement")
    func failsInTheMiddle() async throws {
        let fails = Statement("test.fails_late", "select 1 / (5000 - i) from generate_series(1, 10000) i")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                var count = 0
                do {
                    count = try await pool.withTransaction { transaction in
                        var count = 0
                        do {
                            for try await _ in try await transaction.stream(fails) { count += 1 }
                        } catch let error as PostgresError {
                            #expect(error.sqlState == "22012" && error.statement == "test.fails_late")
                            #expect(count == 4999)
                            throw error
                        }
                        return count
                    }
                    Issue.record("nothing failed")
                } catch let error as PostgresError {
                    #expect(error.sqlState == "22012")
                }
                #expect(count == 0)
                #expect(try await pool.query(Self.one)[0].decode(Int.self) == 1)
            }
        }
    }

    @Test("what is copied in comes out again", arguments: [0, 1, 100_000])
    func copy(rows: Int) async throws {
        let copyIn = Statement("item.copy_in", "copy item (id, name) from stdin")
        let copyOut = Statement("item.copy_out", "copy (select id, name from item order by id) to stdout")
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                try await pool.runScript("create table item (id int primary key, name text)")
                let lines = AsyncStream<[UInt8]> { stream in
                    for id in 0..<rows { stream.yield(Array("\(id)\tname \(id)\n".utf8)) }
                    stream.finish()
                }
                let count = try await pool.withTransaction { try await $0.copyIn(copyIn, lines) }
                #expect(count == rows)
                let (back, last) = try await pool.withTransaction { transaction in
                    var (count, last) = (0, "")
                    for try await line in try await transaction.copyOut(copyOut) {
                        count += 1
                        last = String(decoding: line, as: UTF8.self)
                    }
                    return (count, last)
                }
                #expect(back == rows)
                #expect(rows == 0 || last == "\(rows - 1)\tname \(rows - 1)\n")
            }
        }
    }

    @Test("a source that fails in the middle leaves no row, and its error is the one that is told")
    func sourceFails() async throws {
        struct Torn: Error {}
        let copyIn = Statement("item.copy_in", "copy item (id) from stdin")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.runScript("create table item (id int primary key)")
                let lines = AsyncThrowingStream<[UInt8], any Error> { stream in
                    for id in 0..<1000 { stream.yield(Array("\(id)\n".utf8)) }
                    stream.finish(throwing: Torn())
                }
                await #expect(throws: Torn.self) {
                    try await pool.withTransaction { try await $0.copyIn(copyIn, lines) }
                }
                let count = Statement("item.count", "select count(*) from item")
                #expect(try await pool.query(count)[0].decode(Int.self) == 0)
            }
        }
    }

    @Test("rows that the server does not take are an error that names the statement, and the connection goes on")
    func badRows() async throws {
        let copyIn = Statement("item.copy_in", "copy item (id) from stdin")
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.runScript("create table item (id int primary key)")
                let lines = AsyncStream<[UInt8]> { stream in
                    for id in 0..<5000 { stream.yield(Array("\(id == 100 ? "confidential" : "\(id)")\n".utf8)) }
                    stream.finish()
                }
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.withTransaction { try await $0.copyIn(copyIn, lines) }
                }
                #expect(error?.sqlState == "22P02" && error?.statement == "item.copy_in")
                #expect(error?.description.contains("confidential") == false)
                #expect(try await pool.query(Self.one)[0].decode(Int.self) == 1)
            }
        }
    }

    @Test("many rows are inserted at once also where row-level security forbids COPY, and only for the own agency")
    func bulkInsert() async throws {
        let bulk = BulkInsert("visit.import", into: "visit", columns: "agency_id, visit_id, made_at, note")
        let rows = (0..<5000).map { (id: $0, note: $0 % 3 == 0 ? nil : "note \($0)") }
        let own = UUID()
        try await TestDatabase.with { database in
            try await database.withPool { superuser in
                try await superuser.runScript(
                    """
                    do $$ begin
                        if not exists (select from pg_roles where rolname = 'bulk_writer') then
                            create role bulk_writer login password 'test';
                        end if;
                    end $$;
                    create table visit (agency_id uuid not null, visit_id int not null, made_at timestamptz, note text,
                        primary key (agency_id, visit_id));
                    alter table visit enable row level security;
                    alter table visit force row level security;
                    create policy own on visit
                        using (agency_id = nullif(current_setting('handrail.agency_id', true), '')::uuid);
                    grant select, insert on visit to bulk_writer;
                    """)
            }
            try await database.withPool(login: "bulk_writer") { pool in
                let settings = LocalSettings([("handrail.agency_id", own.uuidString)])
                let count = try await pool.withTransaction(settings) { transaction in
                    try await transaction.insert(rows.async, by: bulk) { row, cells in
                        cells.append(own)
                        cells.append(Int32(row.id))
                        cells.append(PostgresTimestamp(microsecondsSince1970: 0))
                        cells.append(row.note)
                    }
                }
                #expect(count == 5000)
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.withTransaction(settings) { transaction in
                        try await transaction.insert([1].async, by: bulk) { row, cells in
                            cells.append(UUID())
                            cells.append(Int32(row))
                            cells.append(nil as PostgresTimestamp?)
                            cells.append("another agency's")
                        }
                    }
                }
                #expect(error?.sqlState == "42501" && error?.statement == "visit.import")
            }
        }
    }

    @Test("a script that copies is refused, not waited for")
    func copyInScript() async throws {
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool async throws in
                await #expect(throws: PostgresError.self) { try await pool.runScript("copy (select 1) to stdout") }
                #expect(try await pool.query(Self.one)[0].decode(Int.self) == 1)
            }
        }
    }
}

extension Array where Element: Sendable {
    fileprivate var async: AsyncStream<Element> {
        AsyncStream { stream in
            for element in self { stream.yield(element) }
            stream.finish()
        }
    }
}

/// What this process holds in memory.
private func residentBytes() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
    return (pages.flatMap { Int($0[1]) } ?? 0) * 4096
}
