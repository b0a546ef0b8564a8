import TestKit
import Testing

@testable import Postgres

/// Types that somebody created in the database are read where the program declares them, and nowhere else.
@Suite struct EnumTests {
    enum Mood: String, PostgresEnum, CaseIterable {
        case calm, low
        case veryLow = "very low"
    }

    struct Label: PostgresEnum, Hashable {
        let rawValue: String
    }

    static let create = """
        create type mood as enum ('calm', 'low', 'very low', 'new');
        create domain label as text check (value <> '');
        create domain current_mood as mood not null;
        create table entry (id int8 primary key, mood mood, moods mood[], label label, labels label[], now current_mood)
        """
    static let insert = Statement(
        "entry.insert", "insert into entry (id, mood, moods, label, labels, now) values ($1, $2, $3, $4, $5, $6)")
    static let read = Statement(
        "entry.read",
        """
        select mood, moods, label, labels, now, mood::text, moods::text, labels::text
        from entry
        where id = $1
        """)
    static let find = Statement("entry.find", "select count(*) from entry where mood = $1 and label = $2")

    private func with(_ body: @Sendable (Pool) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                try await pool.runScript(Self.create)
                try await body(pool)
            }
        }
    }

    @Test(
        "labels of an enum and texts of a domain are sent and read, single, in arrays and as NULL",
        arguments: Mood.allCases)
    func roundTrip(_ mood: Mood) async throws {
        try await with { pool in
            let (label, moods): (Label, [Mood?]) = (Label(rawValue: "grüße"), [.low, nil, mood])
            _ = try await pool.query(Self.insert, 1, mood, moods, label, [label, Label(rawValue: "b")], mood)
            _ = try await pool.query(Self.insert, 2, Mood?.none, [Mood](), Label?.none, [Label]?.none, Mood.low)
            let (back, list, text, texts, now, printed, printedList, printedTexts) = try await pool.query(Self.read, 1)[
                0
            ]
            .decode((Mood, [Mood?], Label, [Label], Mood, String, String, String).self)
            #expect(back == mood && list == moods && text == label && texts.map(\.rawValue) == ["grüße", "b"])
            #expect(now == mood && printed == mood.rawValue && printedTexts == "{grüße,b}")
            #expect(printedList == "{low,NULL,\(mood == .veryLow ? "\"very low\"" : mood.rawValue)}")
            let row = try await pool.query(Self.read, 2)[0]
            #expect(try row.column("mood", as: Mood?.self) == nil)
            #expect(try row.column("moods", as: [Mood].self) == [])
            #expect(try row.column("labels", as: [Label]?.self) == nil)
            #expect(try await pool.query(Self.find, mood, label)[0].decode(Int.self) == 1)
        }
    }

    @Test("a label that the program does not know is a decoding error, and so is the type where it was not declared")
    func refused() async throws {
        try await with { pool in
            _ = try await pool.query(
                Self.insert, 1, Label(rawValue: "new"), [Label](), Label(rawValue: "a"), [Label](), Mood.low)
            let row = try await pool.query(Self.read, 1)[0]
            #expect(try row.column("mood", as: Label.self) == Label(rawValue: "new"))
            let unknown = #expect(throws: PostgresError.self) { try row.column("mood", as: Mood.self) }
            #expect(unknown?.description.contains("in a form that Mood cannot have") == true)
            let undeclared = #expect(throws: PostgresError.self) { try row.column("mood", as: String.self) }
            #expect(undeclared?.description.contains("column mood is user-defined type") == true)
            #expect(undeclared?.description.contains("not String") == true)
            #expect(throws: PostgresError.self) { try row.column("moods", as: [String].self) }
            #expect(throws: PostgresError.self) { try row.column("labels", as: [String].self) }
            // A domain arrives as the type that it is over.
            #expect(try row.column("label", as: String.self) == "a")
        }
    }

    @Test("a label that the database does not know is refused by it")
    func refusedByServer() async throws {
        try await with { pool in
            let error = await #expect(throws: PostgresError.self) {
                _ = try await pool.query(
                    Self.insert, 1, Label(rawValue: "great"), [Label](), Label(rawValue: "a"), [Label](), Mood.low)
            }
            #expect(error?.sqlState == "22P02")
            #expect(error?.description.contains("great") == false)
        }
    }
}
