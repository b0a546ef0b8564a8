import FoundationEssentials
import Models
import Testing

@testable import OutcomesDomain

@Suite("Shared reports")
struct SharedReportTests {
    private static func result(_ parts: [(denominator: Range<Int>, numerator: Range<Int>)]) throws -> MeasureResult {
        func subjects(_ range: Range<Int>) -> [MeasureSubject] { range.map { MeasureSubject(rawValue: "\($0)") } }
        let day = try #require(CivilDate("2026-01-01"))
        let now = Instant(unixSeconds: 1_795_336_200)
        return MeasureResult(
            measure: MeasureCode(rawValue: "engagement"), version: 1,
            period: try #require(MeasurePeriod(from: day, to: day)), asOf: now, runAt: now, sourceTier: .ownRecord,
            parts: parts.enumerated().map { number, part in
                var made = MeasurePart(code: "part-\(number)")
                made.denominator = subjects(part.denominator)
                made.numerator = subjects(part.numerator)
                return made
            }
        )
    }

    @Test(
        "a part is shown only where neither side of it is a small group",
        arguments: [
            (100, 50, 100, 50), (100, 11, 100, 11), (100, 10, 100, nil), (100, 1, 100, nil), (100, 0, 100, 0),
            (100, 89, 100, 89), (100, 90, 100, nil), (100, 100, 100, 100), (10, 0, nil, nil), (11, 0, 11, 0),
            (11, 11, 11, 11), (1, 1, nil, nil), (0, 0, 0, 0),
        ] as [(Int, Int, Int?, Int?)]
    )
    func suppresses(_ all: Int, _ some: Int, _ shownAll: Int?, _ shownSome: Int?) throws {
        let part = try #require(SharedReport(try Self.result([(0..<all, 0..<some)])).parts.first)
        #expect(part.denominator == shownAll)
        #expect(part.numerator == shownSome)
        #expect(part.isSuppressed == (shownSome == nil))
        #expect((part.rate == nil) == (shownSome == nil || all == 0))
    }

    @Test("two parts of the same people do not show a small group by their difference")
    func differences() throws {
        let report = SharedReport(try Self.result([(0..<100, 0..<40), (0..<100, 0..<45), (0..<100, 0..<60)]))
        #expect(report.parts.map(\.numerator) == [40, nil, 60])
        let shrinking = SharedReport(try Self.result([(0..<100, 0..<40), (0..<95, 0..<40)]))
        #expect(shrinking.parts.map(\.denominator) == [100, nil])
    }

    @Test("no id leaves in a shared report")
    func noIDs() throws {
        var result = try Self.result([(0..<40, 0..<20)])
        result.parts[0].denominator = (0..<40).map { _ in MeasureSubject(rawValue: UUID().uuidString) }
        let json = String(decoding: try JSONEncoder().encode(SharedReport(result)), as: UTF8.self)
        #expect(result.parts[0].denominator.allSatisfy { !json.contains($0.rawValue) })
    }
}
