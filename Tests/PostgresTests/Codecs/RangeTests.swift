import TestKit
import Testing

@testable import Postgres

/// Ranges keep their bounds, and whether these belong to them.
@Suite struct RangeTests {
    static let parts = Statement(
        "test.range",
        """
        select v, isempty(v), lower(v), upper(v), lower_inc(v), upper_inc(v), lower_inf(v), upper_inf(v)
        from unnest($1) with ordinality as t (v, n)
        order by n
        """)

    /// Sends the ranges and holds what comes back against PostgreSQL's own functions.
    private func check<B: Comparable & PostgresRangeBound>(_ ranges: [PostgresRange<B>]) async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let rows = try await pool.query(Self.parts, ranges)
                #expect(rows.count == ranges.count)
                for (row, sent) in zip(rows, ranges) {
                    let (range, isEmpty, lower, upper, isLowerIn, isUpperIn, isLowerOpen, isUpperOpen) =
                        try row.decode((PostgresRange<B>, Bool, B?, B?, Bool, Bool, Bool, Bool).self)
                    guard case .between(let from, let to) = range else {
                        #expect(isEmpty)
                        continue
                    }
                    #expect(!isEmpty && from.bound == lower && to.bound == upper)
                    #expect((from == .unbounded) == isLowerOpen && (to == .unbounded) == isUpperOpen)
                    #expect(from.bound.map { from == .inclusive($0) } ?? false == isLowerIn)
                    #expect(to.bound.map { to == .inclusive($0) } ?? false == isUpperIn)
                    // PostgreSQL may write the range in another way, but not mean another one.
                    for probe in ranges.flatMap(\.bounds) { #expect(range.contains(probe) == sent.contains(probe)) }
                }
            }
        }
    }

    /// Ranges of all kinds of ends between neighbouring values, and those without.
    private func all<B: Comparable>(_ values: [B]) -> [PostgresRange<B>] {
        zip(values, values.dropFirst()).flatMap { lower, upper -> [PostgresRange<B>] in
            let lowers: [PostgresRange<B>.End] = [.inclusive(lower), .exclusive(lower), .unbounded]
            let uppers: [PostgresRange<B>.End] = [.inclusive(upper), .exclusive(upper), .unbounded]
            return lowers.flatMap { lower in uppers.map { .between(lower, $0) } }
        } + [.empty, PostgresRange(values[0]..<values[0]), PostgresRange(values[0]...values[0])]
    }

    @Test("int4range, int8range")
    func integers() async throws {
        try await check(all([-7, 0, 1, 2, 100] as [Int32]))
        try await check(all([.min, -1, 0, 1, 1 << 40] as [Int64]))
        try await check(all([-7, 0, 1, 2, 1 << 40] as [Int]))
    }

    @Test("numrange")
    func numbers() async throws {
        try await check(all(["-1e30", "-0.5", "0", "0.0001", "NaN"].compactMap { PostgresNumeric($0) }))
    }

    @Test("daterange")
    func dates() async throws {
        try await check(all([-141_000, -1, 0, 1, 20_000].map { PostgresDate(daysSince1970: $0) }))
    }

    @Test("tstzrange")
    func times() async throws {
        try await check(all([-1 << 57, -1, 0, 1, 1 << 60].map { PostgresTimestamp(microsecondsSince1970: $0) }))
    }

    @Test("an integer reads the narrower range, and none of another kind")
    func narrower() async throws {
        let some = Statement("test.ranges", "select int4range(1, 5) as i, numrange(1, 5) as n, 'empty'::daterange as e")
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                let row = try await pool.query(some)[0]
                #expect(try row.column("i", as: PostgresRange<Int>.self) == PostgresRange(1..<5))
                for column in ["n", "e"] {
                    let error = #expect(throws: PostgresError.self) {
                        try row.column(column, as: PostgresRange<Int>.self)
                    }
                    #expect(error?.description.contains("range, not PostgresRange<Int>") == true)
                }
            }
        }
    }
}

extension PostgresRange {
    fileprivate var bounds: [Bound] {
        guard case .between(let lower, let upper) = self else { return [] }
        return [lower.bound, upper.bound].compactMap(\.self)
    }
}
