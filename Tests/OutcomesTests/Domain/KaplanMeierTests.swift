import FoundationEssentials
import OutcomesDomain
import TestKit
import Testing

@Suite("Kaplan and Meier's estimator")
struct KaplanMeierTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/data/survival")
    private static let isThere = FileManager.default.fileExists(atPath: folder.appending(path: "addicts.csv").path())

    private struct Expected: Decodable {
        struct Curve: Decodable {
            struct Quantiles: Decodable {
                let p: [Double]
                let time: [Double]
            }
            struct Step: Decodable {
                let time: Double
                let surv: Double
            }
            let n: Int
            let quantiles_plain: Quantiles
            let survival: [Step]
        }
        let km_overall: [String: Curve]
    }

    @Test(
        "retention in 238 people on methadone is as R's survival package says",
        .enabled(if: isThere, "the survival data sets are not beside this tree")
    )
    func methadone() throws {
        let csv = String(decoding: try Data(contentsOf: Self.folder.appending(path: "addicts.csv")), as: UTF8.self)
        let times = csv.split(separator: "\n").dropFirst().compactMap { line -> (time: Double, isEvent: Bool)? in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == 7, let days = Double(fields[4]) else { return nil }
            return (days, fields[3] == "1")
        }
        let json = try Data(contentsOf: Self.folder.appending(path: "addicts.expected.json"))
        let expected = try #require(try JSONDecoder().decode(Expected.self, from: json).km_overall["all"])
        #expect(times.count == expected.n)
        let curve = KaplanMeier(times)
        for (share, time) in zip(expected.quantiles_plain.p, expected.quantiles_plain.time) {
            #expect(curve.quantile(share) == time)
        }
        for step in expected.survival {
            let waiting = curve.steps.last { $0.time <= step.time }?.waiting ?? 1
            #expect(abs(waiting - step.surv) < 1e-9, "at \(step.time)")
        }
    }

    @Test(
        "without anybody still waiting the median is the ordinary one",
        arguments: [([3], 3), ([1, 9], 5), ([1, 2, 9], 2), ([4, 1, 3, 2], 2.5), ([2, 2, 2, 7], 2)]
            as [([Double], Double)]
    )
    func ordinaryMedian(_ times: [Double], _ median: Double) {
        #expect(KaplanMeier(times.map { ($0, true) }).quantile(0.5) == median)
    }

    @Test("there is no median while fewer than half have had the event")
    func noMedian() {
        #expect(KaplanMeier([(1, true), (5, false), (5, false)]).quantile(0.5) == nil)
        #expect(KaplanMeier([]).quantile(0.5) == nil)
    }

    @Test("those still waiting make the median later than leaving them out would", arguments: [61, 62] as [UInt64])
    func censoringLengthens(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let events = (0..<20).map { _ in Double(Int.random(in: 1...100, using: &random)) }
            let waiting = (0..<5).map { _ in Double(Int.random(in: 1...100, using: &random)) }
            let alone = try #require(KaplanMeier(events.map { ($0, true) }).quantile(0.5))
            let all = KaplanMeier(events.map { ($0, true) } + waiting.map { ($0, false) }).quantile(0.5)
            #expect(all.map { $0 >= alone } ?? true)
        }
    }
}
