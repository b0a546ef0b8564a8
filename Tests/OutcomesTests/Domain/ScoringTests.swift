import FoundationEssentials
import Models
import OutcomesDomain
import TestKit
import Testing

@Suite("Scoring")
struct ScoringTests {
    let catalogue: InstrumentCatalogue

    init() throws {
        catalogue = try InstrumentCatalogue.builtIn()
    }

    private func answers(_ values: [Int?], to instrument: Instrument) throws -> Answers {
        try Answers(
            zip(instrument.scoredItems, values).map { item, value in
                Answer(item: item.code, value: value, missing: value == nil ? .declined : nil)
            },
            to: instrument
        )
    }

    @Test("six hundred random questionnaires score as an independent computation says")
    func reference() throws {
        let cases = try Reference.scores()
        #expect(cases.count == 600)
        for (position, expected) in cases.enumerated() {
            let instrument = try #require(catalogue.instrument(expected.instrument))
            let answers = try answers(expected.values, to: instrument)
            let score = Score(answers, to: instrument)
            #expect(score.value == expected.score, "case \(position)")
            #expect((score.absence == .incomplete) == (expected.score == nil), "case \(position)")
            #expect(score.band?.code == expected.band, "case \(position)")
            #expect(!score.reached.isEmpty == expected.reachesCutOff, "case \(position)")
            #expect(!instrument.alerts(raisedBy: answers).isEmpty == expected.raisesAlert, "case \(position)")
            #expect(score.missingItems.count == expected.values.count { $0 == nil }, "case \(position)")
            #expect(score.isProrated == (score.value != nil && expected.values.contains(nil)), "case \(position)")
        }
    }

    @Test(
        "BARC-10 runs from 10 to 60, and 47 is the first score above the cut-off",
        arguments: [(10, false), (46, false), (47, true), (60, true)]
    )
    func barcCutOff(_ total: Int, _ reaches: Bool) throws {
        let instrument = try #require(catalogue.instrument(.barc10))
        var values = [Int](repeating: 1, count: 10)
        for point in 0..<(total - 10) { values[point % 10] += 1 }
        let score = Score(try answers(values, to: instrument), to: instrument)
        #expect(score.value == total)
        #expect(score.reached.map(\.code) == (reaches ? ["sustained-remission-likely"] : []))
    }

    @Test("one missing answer leaves BARC-10 without a score and says why", arguments: 0..<10)
    func barcIncomplete(_ position: Int) throws {
        let instrument = try #require(catalogue.instrument(.barc10))
        var values = [Int?](repeating: 5, count: 10)
        values[position] = nil
        let score = Score(try answers(values, to: instrument), to: instrument)
        #expect(score.value == nil)
        #expect(score.absence == .incomplete)
        #expect(score.missingItems == [String(position + 1)])
    }

    @Test(
        "each PHQ-9 total lies in its published band",
        arguments: [
            (0, "minimal"), (4, "minimal"), (5, "mild"), (9, "mild"), (10, "moderate"), (14, "moderate"),
            (15, "moderately-severe"), (19, "moderately-severe"), (20, "severe"), (27, "severe"),
        ]
    )
    func phqBands(_ total: Int, _ band: String) throws {
        let instrument = try #require(catalogue.instrument(.phq9))
        var values = [Int](repeating: 0, count: 9)
        for point in 0..<total { values[point % 9] += 1 }
        let score = Score(try answers(values, to: instrument), to: instrument)
        #expect(score.value == total)
        #expect(score.band?.code == band)
        #expect(score.reached.map(\.code) == (total >= 10 ? ["positive"] : []))
    }

    @Test("item 9 raises an alert at any answer but the lowest, even where there is no score", arguments: 0...3)
    func itemNine(_ value: Int) throws {
        let instrument = try #require(catalogue.instrument(.phq9))
        let onlyNine = try Answers([Answer(item: "9", value: value)], to: instrument)
        #expect(Score(onlyNine, to: instrument).value == nil)
        let alerts = instrument.alerts(raisedBy: onlyNine)
        #expect(alerts.map(\.code) == (value >= 1 ? ["thoughts-of-death-or-self-harm"] : []))
        if let alert = alerts.first {
            #expect(alert.assignTo == "supervisor")
            #expect(alert.due == .sameDay)
            #expect(alert.text.contains("988"))
        }
    }

    @Test("an unanswered item 9 is pointed out, because silence there is no no")
    func itemNineLeftOpen() throws {
        let instrument = try #require(catalogue.instrument(.phq9))
        let answers = try answers([1, 1, 1, 1, 1, 1, 1, 1, nil], to: instrument)
        #expect(instrument.alerts(raisedBy: answers).isEmpty)
        #expect(instrument.alerts(leftOpenBy: answers).map(\.item) == ["9"])
    }

    @Test("the difficulty question of PHQ-9 is kept and not scored")
    func difficulty() throws {
        let instrument = try #require(catalogue.instrument(.phq9))
        let given = instrument.scoredItems.map { Answer(item: $0.code, value: 0) }
        let answers = try Answers(given + [Answer(item: "difficulty", value: 3)], to: instrument)
        #expect(Score(answers, to: instrument).value == 0)
        #expect(answers.value(of: "difficulty") == 3)
    }

    @Test("answers may come as LOINC codes, and both the code and its value are kept")
    func codes() throws {
        let instrument = try #require(catalogue.instrument(.phq9))
        let answers = try Answers([Answer(item: "2", code: "LA6571-9")], to: instrument)
        #expect(answers.all.first { $0.item == "2" } == Answer(item: "2", value: 3, code: "LA6571-9"))
        #expect(answers.all.count == instrument.items.count)
        #expect(answers.all.first { $0.item == "1" }?.missing == .notAsked)
    }

    @Test(
        "what does not fit the instrument is refused with its place",
        arguments: [
            (Answer(item: "11", value: 1), .unknownItem), (Answer(item: "1", value: 0), .unknownValue),
            (Answer(item: "1", value: 7), .unknownValue), (Answer(item: "1", code: "LA6568-5"), .unknownCode),
            (Answer(item: "1"), .notExactlyOne), (Answer(item: "1", value: 1, missing: .declined), .notExactlyOne),
            (Answer(item: "2", value: 2), .answeredTwice),
        ] as [(Answer, AnswerFault.Kind)]
    )
    func refuses(_ answer: Answer, _ kind: AnswerFault.Kind) throws {
        let instrument = try #require(catalogue.instrument(.barc10))
        let refused = #expect(throws: AnswersRefused.self) {
            try Answers([Answer(item: "2", value: 2), answer], to: instrument)
        }
        #expect(refused?.faults.map(\.position) == [1])
        #expect(refused?.faults.map(\.kind) == [kind])
    }

    @Test(
        "a score never leaves the instrument's range, and more agreement never lowers it",
        arguments: [1, 2] as [UInt64])
    func properties(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for code in [InstrumentCode.barc10, .phq9] {
            let instrument = try #require(catalogue.instrument(code))
            for _ in 0..<300 {
                let values: [Int?] = instrument.scoredItems.map { item in
                    Int.random(in: 0..<8, using: &random) == 0
                        ? nil : instrument.answers(to: item).randomElement(using: &random)?.value
                }
                guard let value = Score(try answers(values, to: instrument), to: instrument).value else { continue }
                #expect((instrument.scoring.minimum...instrument.scoring.maximum).contains(value))
                guard let position = values.firstIndex(where: { $0 != nil }), let old = values[position],
                    old < (instrument.answers(to: instrument.scoredItems[position]).map(\.value).max() ?? 0)
                else { continue }
                var higher = values
                higher[position] = old + 1
                #expect(try #require(Score(try answers(higher, to: instrument), to: instrument).value) >= value)
            }
        }
    }
}
