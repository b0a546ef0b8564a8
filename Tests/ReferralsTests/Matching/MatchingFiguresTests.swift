import Models
import ReferralsDomain
import TestKit
import Testing

/// The figures of decision 0021. The seeds are fixed: the same program counts the same. The weights were chosen looking at
/// the first one, and not at the second.
@Suite("How well people are recognised")
struct MatchingFiguresTests {
    static func figures(seed: UInt64, rules: MatchRules) -> MatchingTrial {
        let people = MadeUpPeople(10_000, seed: seed).people
        var sender = MadeUpSender(seed: seed &+ 1)
        var random = SeededGenerator(seed: seed &+ 2)
        var trial = MatchingTrial(rules)
        // Everybody once, then as many again of those who come back.
        for (index, person) in people.enumerated() { trial.refer(sender.identity(of: person, index), of: index) }
        for _ in people.indices {
            let index = Int.random(in: 0..<people.count, using: &random)
            trial.refer(sender.identity(of: people[index], index), of: index)
        }
        return trial
    }

    @Test(
        "of 20,000 referrals those joined by themselves are right in 99 of 100, and most who come back are recognised",
        arguments: [UInt64(1), 4])
    func figures(_ seed: UInt64) throws {
        let trial = Self.figures(seed: seed, rules: try .standard())
        let figures = trial.figures
        #expect(figures.precision >= 0.99, "\(figures) \(trial.wrong.prefix(20))")
        #expect(figures.precisionWithExact >= 0.99)
        #expect(figures.recall >= 0.81, "\(figures)")
        #expect(figures.recallWithReview >= 0.94, "\(figures)")
        #expect(figures.blockingRecall >= 0.965, "\(figures)")
        #expect(figures.reviewed * 9 <= figures.referrals, "\(figures)")
    }
}
