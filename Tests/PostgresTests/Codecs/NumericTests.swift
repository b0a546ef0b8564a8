import TestKit
import Testing

@testable import Postgres

/// Decimal numbers are exactly PostgreSQL's.
@Suite struct NumericTests {
    static let parse = Statement(
        "test.parse", "select t::numeric as value, t::numeric::text as printed from unnest($1) as t")
    static let compare = Statement(
        "test.compare", "select a < b, a = b from unnest($1, $2) with ordinality as t (a, b, n) order by n")
    static let convert = Statement("test.convert", "select v, v::float8 from unnest($1) as t (v)")

    static let edges = [
        "0", "-0", "0.000", "1", "-1", "10000", "9999", "99990000", "0.0001", "0.00001", "123456789.987654321", "12.50",
        "-0.5", "1e10", "1.5e3", "1.50e1", "25e-3", ".5", "5.", "+7", "NaN", "nan", "Infinity", "-inf", "1E+2",
        "00012.10",
        "100000000000000000000000000000000000000000000.0000000000000000000000000000000000000000000000001",
    ]

    private static func random(_ seed: UInt64) -> [String] {
        var random = SeededGenerator(seed: seed)
        func digits(_ most: Int) -> String {
            let count = Int.random(in: 0...most, using: &random)
            let digit = ["0", "00000"].randomElement(using: &random) ?? ""
            return (0..<count).map { _ in
                Bool.random(using: &random) ? digit : String(Int.random(in: 0...9, using: &random))
            }.joined()
        }
        return (0..<200).map { _ in
            let sign = ["", "-"].randomElement(using: &random) ?? ""
            let exponent = Int.random(in: -30...30, using: &random)
            let tail = Bool.random(using: &random) ? "e\(exponent)" : ""
            return "\(sign)\(digits(30))0.\(digits(30))\(tail)"
        }
    }

    @Test(
        "what the client reads from a text is what PostgreSQL reads, and prints alike",
        arguments: [1, 2, 3, 4] as [UInt64])
    func texts(_ seed: UInt64) async throws {
        let texts = Self.edges + Self.random(seed)
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let numbers = try texts.map { try #require(PostgresNumeric($0)) }
                let rows = try await pool.query(Self.parse, texts)
                for (row, number) in zip(rows, numbers) {
                    let (value, printed) = try row.decode((PostgresNumeric, String).self)
                    #expect(value == number && value.scale == number.scale)
                    #expect(value.description == printed && number.description == printed)
                }
                let sent = try await pool.query(RoundTripTests.values, numbers)
                for (row, number) in zip(sent, numbers) {
                    let (value, printed) = try row.decode((PostgresNumeric, String).self)
                    #expect(value == number && printed == number.description)
                }
            }
        }
    }

    @Test("numbers are ordered and equal as PostgreSQL orders and compares them", arguments: [5, 6] as [UInt64])
    func order(_ seed: UInt64) async throws {
        let numbers = (Self.edges + Self.random(seed)).compactMap { PostgresNumeric($0) }
        var random = SeededGenerator(seed: seed)
        let pairs =
            numbers.map { ($0, numbers.randomElement(using: &random) ?? $0) }
            + Self.edges.flatMap { a in Self.edges.map { (PostgresNumeric(a) ?? .nan, PostgresNumeric($0) ?? .nan) } }
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let rows = try await pool.query(Self.compare, pairs.map(\.0), pairs.map(\.1))
                for (row, pair) in zip(rows, pairs) {
                    let (isLess, isEqual) = try row.decode((Bool, Bool).self)
                    #expect((pair.0 < pair.1) == isLess && (pair.0 == pair.1) == isEqual)
                    if isEqual { #expect(pair.0.hashValue == pair.1.hashValue) }
                }
            }
        }
    }

    @Test("as a Double it is the one that PostgreSQL makes of it", arguments: [7, 8] as [UInt64])
    func doubles(_ seed: UInt64) async throws {
        let numbers = (Self.edges + Self.random(seed)).compactMap { PostgresNumeric($0) }
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                for row in try await pool.query(Self.convert, numbers) {
                    let (value, double) = try row.decode((PostgresNumeric, Double).self)
                    #expect(Double(value) == double || double.isNaN && Double(value).isNaN)
                }
            }
        }
    }

    @Test("integers become numbers and come back", arguments: [0, 1, -1, 9999, 10_000, -123_456_789, Int.max, .min])
    func integers(_ value: Int) {
        let number = PostgresNumeric(value)
        #expect(number.description == "\(value)" && number.scale == 0)
        #expect(Int(exactly: number) == value)
        #expect(PostgresNumeric(value, scale: 0) == number)
        #expect(PostgresNumeric("\(value).000") == number)
    }

    @Test("only what is an Int becomes one")
    func notIntegers() {
        for text in ["9223372036854775808", "-9223372036854775809", "1e20", "1e40", "0.5", "10000.0001", "NaN", "inf"] {
            #expect(PostgresNumeric(text).flatMap { Int(exactly: $0) } == nil)
        }
        #expect(PostgresNumeric("1e18").flatMap { Int(exactly: $0) } == 1_000_000_000_000_000_000)
    }

    @Test("cents are exact")
    func cents() {
        #expect(PostgresNumeric(1250, scale: 2).description == "12.50")
        #expect(PostgresNumeric(-5, scale: 3).description == "-0.005")
        #expect(PostgresNumeric(0, scale: 2).description == "0.00")
        #expect(PostgresNumeric(UInt64.max, scale: 20).description == "0.18446744073709551615")
    }

    @Test(
        "what is no number is refused",
        arguments: ["", "-", ".", "e5", "1e", "1e+", "1 ", " 1", "--1", "1.2.3", "0x10", "1,5", "-nan", "--inf", "١"])
    func noNumbers(_ text: String) {
        #expect(PostgresNumeric(text) == nil)
    }

    @Test("what PostgreSQL has no room for is refused at once, without taking the memory")
    func tooLarge() {
        #expect(PostgresNumeric("1e131072") == nil)
        #expect(PostgresNumeric("1e131071")?.description.count == 131_072)
        #expect(PostgresNumeric("1e-16384") == nil)
        #expect(PostgresNumeric("1e-16383")?.scale == 16_383)
        #expect(PostgresNumeric("1e999999999999999999999") == nil)
        #expect(PostgresNumeric("0e999999") == PostgresNumeric(0))
    }

    @Test("the largest numbers that PostgreSQL has can be read")
    func huge() async throws {
        let huge = Statement(
            "test.huge", "select v, v::text from (values (10::numeric ^ 131071), (0.1::numeric(1000, 1000))) t (v)")
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                for row in try await pool.query(huge) {
                    let (value, printed) = try row.decode((PostgresNumeric, String).self)
                    #expect(value.description == printed)
                }
            }
        }
    }
}
