import Foundation
import TestKit
import Testing

@testable import Postgres

/// Random values and the ends of each type's range come back from PostgreSQL as they were sent, and are what PostgreSQL
/// itself prints: its text is the opinion of somebody who did not write our codecs.
@Suite struct RoundTripTests {
    static let values = Statement(
        "test.values", "select v, v::text from unnest($1) with ordinality as t (v, n) order by n")
    static let whole = Statement("test.whole", "select $1")
    static let seeds: [UInt64] = [1, 2, 3]

    /// Sends the values as one array, and reads them as single values with their texts, and as one array again.
    private func check<V: PostgresCodable & PostgresArrayElement & Equatable>(
        _ values: [V], settings: LocalSettings = .none, text: @Sendable @escaping (V) -> String?
    ) async throws {
        try await TestDatabase.with { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.withTransaction(settings) { transaction in
                    let rows = try await transaction.query(Self.values, values)
                    #expect(rows.count == values.count)
                    for (row, value) in zip(rows, values) {
                        let (back, printed) = try row.decode((V, String).self)
                        #expect(back == value)
                        if let text = text(value) { #expect(printed == text) }
                    }
                    let sparse: [V?] = values.flatMap { [$0, nil] }
                    let sparseBack = try await transaction.query(Self.whole, sparse)[0].decode([V?].self)
                    let none = try await transaction.query(Self.whole, [V]())[0].decode([V].self)
                    #expect(sparseBack == sparse && none.isEmpty)
                    let single = try await transaction.query(Self.whole, values[0])[0].decode(V.self)
                    let null = try await transaction.query(Self.whole, V?.none)[0].column("?column?", as: V?.self)
                    #expect(single == values[0] && null == nil)
                }
            }
        }
    }

    private func many<V>(_ seed: UInt64, _ make: (inout SeededGenerator) -> V) -> [V] {
        var random = SeededGenerator(seed: seed)
        return (0..<100).map { _ in make(&random) }
    }

    @Test("integers", arguments: seeds)
    func integers(_ seed: UInt64) async throws {
        try await check([.min, .max, 0, -1] + many(seed) { .random(in: .min ... .max, using: &$0) } as [Int16]) {
            "\($0)"
        }
        try await check([.min, .max, 0, -1] + many(seed) { .random(in: .min ... .max, using: &$0) } as [Int32]) {
            "\($0)"
        }
        try await check([.min, .max, 0, -1] + many(seed) { .random(in: .min ... .max, using: &$0) } as [Int64]) {
            "\($0)"
        }
        try await check([.min, .max, 0, -1] + many(seed) { .random(in: .min ... .max, using: &$0) } as [Int]) {
            "\($0)"
        }
        try await check([.min, .max, 1] + many(seed) { .random(in: .min ... .max, using: &$0) } as [UInt32]) { "\($0)" }
    }

    @Test("truth values")
    func bools() async throws {
        try await check([true, false]) { "\($0)" }
    }

    @Test("floating-point numbers, bit for bit", arguments: seeds)
    func floats(_ seed: UInt64) async throws {
        let doubles =
            [0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi]
            + many(seed) { Double(bitPattern: .random(in: .min ... .max, using: &$0)) }.filter { !$0.isNaN }
        try await checkFloats(doubles)
        let floats =
            [0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi]
            + many(seed) { Float(bitPattern: .random(in: .min ... .max, using: &$0)) }.filter { !$0.isNaN }
        try await checkFloats(floats)
    }

    /// PostgreSQL prints the shortest text that is this number and no other; so does Swift, in another form.
    private func checkFloats<F: PostgresCodable & PostgresArrayElement & LosslessStringConvertible & Equatable>(
        _ values: [F]
    ) async throws {
        try await check(values) { _ in nil }
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                for row in try await pool.query(Self.values, values) {
                    let (value, printed) = try row.decode((F, String).self)
                    #expect(F(printed.replacing("Infinity", with: "inf")) == value)
                }
            }
        }
    }

    @Test("not-a-number and minus zero")
    func oddFloats() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let double = try await pool.query(Self.whole, Double.nan)[0].decode(Double.self)
                let float = try await pool.query(Self.whole, Float.nan)[0].decode(Float.self)
                let minusZero = try await pool.query(Self.whole, -0.0)[0].decode(Double.self)
                let widened = try await pool.query(Self.whole, Float(1.5))[0].decode(Double.self)
                #expect(double.isNaN && float.isNaN && minusZero.sign == .minus && widened == 1.5)
            }
        }
    }

    @Test("text of all scripts, empty and with control characters", arguments: seeds)
    func text(_ seed: UInt64) async throws {
        let random = many(seed) { random in
            let scalars = (0..<Int.random(in: 0...40, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 1...0x10FFFF, using: &random))
            }
            return String(String.UnicodeScalarView(scalars))
        }
        try await check(["", "{}", "NULL", "\"\\", "\u{1}\n\u{FEFF}", "e\u{301}"] + random) { $0 }
    }

    @Test("UUIDs", arguments: seeds)
    func uuids(_ seed: UInt64) async throws {
        let random = many(seed) { random in
            UUID(uuid: withUnsafeBytes(of: (random.next(), random.next())) { $0.loadUnaligned(as: uuid_t.self) })
        }
        try await check(random) { $0.uuidString.lowercased() }
    }

    @Test("bytes, also in arrays", arguments: seeds)
    func bytes(_ seed: UInt64) async throws {
        let random = many(seed) { random in
            (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        try await check([[], [0]] + random) { bytes in
            "\\x" + bytes.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
        }
    }

    @Test("JSON, as PostgreSQL normalises it")
    func json() async throws {
        let texts = ["{}", "[1, 2.50, null]", #"{"a": {"b": "grüße \" 🌱"}}"#, "\"\"", "1.10"]
        try await check(texts.map { JSONB(Array($0.utf8)) }) { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test("points in time", arguments: seeds)
    func timestamps(_ seed: UInt64) async throws {
        let utc = LocalSettings([("timezone", "UTC"), ("datestyle", "ISO")])
        let style = Date.ISO8601FormatStyle(dateTimeSeparator: .space, timeZoneSeparator: .omitted, timeZone: .gmt)
        // Years 1 to 9999, which Foundation prints as PostgreSQL does; whole seconds, of which Date holds all exactly.
        let seconds =
            [0, -1, 951_782_400] + many(seed) { Int64.random(in: -62_135_596_800...253_402_300_799, using: &$0) }
        try await check(
            seconds.map { PostgresTimestamp(microsecondsSince1970: $0 * 1_000_000) }, settings: utc
        ) { timestamp in
            let date = Date(timeIntervalSince1970: Double(timestamp.microsecondsSince1970 / 1_000_000))
            // The proleptic Gregorian calendar, which Foundation leaves before 1582.
            guard date > Date(timeIntervalSince1970: -12_219_292_800) else { return nil }
            return style.format(date).replacing("Z", with: "") + "+00"
        }
        // The ends of what PostgreSQL has: 4713 BC and 294276 AD.
        let ends: [Int64] = [-210_866_803_200_000_000, 9_223_372_036_854_775_807, 1, -1]
        try await check(ends.map(PostgresTimestamp.init)) { _ in nil }
    }

    @Test("days", arguments: seeds)
    func dates(_ seed: UInt64) async throws {
        let style = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day()
        let days = [0, -1, 11_016, 19_782] + many(seed) { Int.random(in: -141_000...2_900_000, using: &$0) }
        try await check(days.map(PostgresDate.init), settings: .init([("datestyle", "ISO")])) { date in
            style.format(Date(timeIntervalSince1970: Double(date.daysSince1970) * 86_400))
        }
        // 4713 BC and 5874897 AD.
        try await check([-2_440_588, 2_145_031_948].map(PostgresDate.init)) { _ in nil }
    }

    @Test("a time that PostgreSQL does not have is refused, not taken for infinity")
    func outOfRange() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                for value: Int64 in [.min, .min + 1, .min + 946_684_800_000_000] {
                    let timestamp = PostgresTimestamp(microsecondsSince1970: value)
                    let error = await #expect(throws: PostgresError.self) {
                        try await pool.query(Self.whole, timestamp)
                    }
                    #expect(error?.sqlState == "22008")
                }
                for value in [Int.min, .max, Int(Int32.max) + 10_957, Int(Int32.min) + 10_957] {
                    let date = PostgresDate(daysSince1970: value)
                    let error = await #expect(throws: PostgresError.self) {
                        try await pool.query(Self.whole, date)
                    }
                    #expect(error?.sqlState == "22008")
                }
                let infinity = Statement("test.infinity", "select 'infinity'::timestamptz as t, '-infinity'::date as d")
                let row = try await pool.query(infinity)[0]
                #expect(throws: PostgresError.self) { try row.column("t", as: PostgresTimestamp.self) }
                #expect(throws: PostgresError.self) { try row.column("d", as: PostgresDate.self) }
            }
        }
    }

    @Test("intervals, as PostgreSQL writes them by ISO 8601", arguments: seeds)
    func intervals(_ seed: UInt64) async throws {
        let random = many(seed) { random in
            PostgresInterval(
                months: .random(in: -1000...1000, using: &random), days: .random(in: -100...100, using: &random),
                microseconds: .random(in: -(1 << Int.random(in: 1...62, using: &random))...1 << 40, using: &random))
        }
        let some = [
            PostgresInterval(), PostgresInterval(months: 14, days: -3, microseconds: 14_706_500_000),
            PostgresInterval(microseconds: -500_000),
            PostgresInterval(months: .max, days: .min, microseconds: .max - 1),
        ]
        try await check(some + random, settings: .init([("intervalstyle", "iso_8601")])) { $0.description }
    }
}
