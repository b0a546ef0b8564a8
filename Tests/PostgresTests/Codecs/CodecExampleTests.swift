// As a service imports it: only what is public.
import Postgres
import TestKit
import Testing

/// How values are sent and read, as an example that is compiled and run.
@Suite struct CodecExampleTests {
    /// A code of the program's, stored as text with a CHECK: the raw value does the rest.
    enum Kind: String, PostgresEncodable, PostgresDecodable, PostgresArrayElement {
        case ride, room
    }

    /// An enum type in the database.
    enum Mood: String, PostgresEnum {
        case calm, low
    }

    /// A value type of the program's own, in two lines for each direction.
    struct Metres: PostgresEncodable, PostgresDecodable, Equatable {
        var count: Int32
        static var postgresType: PostgresType { .int4 }
        init(count: Int32) { self.count = count }
        func encode(postgres bytes: inout [UInt8]) { count.encode(postgres: &bytes) }
        init?(postgres cell: Cell) {
            guard let count = Int32(postgres: cell), count >= 0 else { return nil }
            self.count = count
        }
    }

    enum Sample {
        static let insert = Statement(
            "sample.insert",
            """
            insert into sample (id, kind, mood, price, length, open_on, every, kinds)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """)
        static let find = Statement(
            "sample.find",
            """
            select kind, mood, price, length, open_on, every, kinds
            from sample
            where id = $1
            """)
    }

    @Test("values are sent as parameters and read as a tuple of types, or by name")
    func example() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                try await pool.runScript(
                    """
                    create type mood as enum ('calm', 'low');
                    create table sample (
                        id int8 primary key, kind text, mood mood, price numeric, length int4, open_on daterange,
                        every interval, kinds text[]
                    )
                    """)
                let day = PostgresDate(daysSince1970: 20_000)
                _ = try await pool.query(
                    Sample.insert, 1, Kind.ride, Mood?.none, PostgresNumeric(1250, scale: 2), Metres(count: 40),
                    PostgresRange.between(.inclusive(day), .unbounded), PostgresInterval(days: 7), [Kind.ride, .room])

                let row = try await pool.query(Sample.find, 1)[0]
                let (kind, mood, price, length, open, every, kinds) = try row.decode(
                    (Kind, Mood?, PostgresNumeric, Metres, PostgresRange<PostgresDate>, PostgresInterval, [Kind]).self)
                #expect(kind == .ride && mood == nil && length == Metres(count: 40) && kinds == [.ride, .room])
                #expect(price.description == "12.50" && Double(price) == 12.5)
                #expect(open.contains(day) && every.description == "P7D")
                #expect(try row.column("price", as: PostgresNumeric?.self) == price)

                let error = #expect(throws: PostgresError.self) { try row.column("price", as: Int.self) }
                #expect(
                    error?.description == "PostgreSQL: decoding in sample.find: column price is numeric, not Int")
            }
        }
    }
}
