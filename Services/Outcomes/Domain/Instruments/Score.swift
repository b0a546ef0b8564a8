/// What the answers to an instrument come to, with the rule that said so.
///
/// Invariant: there is a value or a reason why not, never both; the value lies in the instrument's range.
public struct Score: Hashable, Sendable {
    public let algorithm: ScoringRule.Algorithm
    public let algorithmVersion: Int
    /// Nil where too many answers are missing: a score is never guessed.
    public let value: Int?
    /// Why there is no value.
    public let absence: Absence?
    /// Whether missing answers were replaced by the mean of the others.
    public let isProrated: Bool
    /// The scored items without an answer, in their order.
    public let missingItems: [String]
    /// The band that the value lies in.
    public let band: Band?
    /// The cut-offs that the value reaches.
    public let reached: [CutOff]

    public enum Absence: String, Codable, Hashable, Sendable {
        case incomplete
    }

    /// Scores the answers by the instrument's rule.
    public init(_ answers: Answers, to instrument: Instrument) {
        let items = instrument.scoredItems
        let rule = instrument.scoring
        let missing = items.filter { answers.value(of: $0.code) == nil }.map(\.code)
        let allowedMissing = if case .prorate(let atMost) = rule.missing { atMost } else { 0 }
        let answered = items.count - missing.count
        var value: Int?
        if missing.count <= allowedMissing, answered > 0 {
            let sum = items.reduce(0) { $0 + (Self.points(for: $1, answers, instrument) ?? 0) }
            value = Self.scaled(sum, from: answered, to: items.count)
        }
        algorithm = rule.algorithm
        algorithmVersion = rule.version
        self.value = value
        absence = value == nil ? .incomplete : nil
        isProrated = value != nil && !missing.isEmpty
        missingItems = missing
        band = value.flatMap { value in instrument.bands.first { $0.from <= value && value <= $0.to } }
        reached = value.map { value in instrument.cutOffs.filter { value >= $0.atLeast } } ?? []
    }

    private static func points(for item: Item, _ answers: Answers, _ instrument: Instrument) -> Int? {
        guard let value = answers.value(of: item.code) else { return nil }
        guard item.isReversed == true else { return value }
        let values = instrument.answers(to: item).map(\.value)
        return (values.min() ?? 0) + (values.max() ?? 0) - value
    }

    /// `sum · to / from`, halves rounded up, in whole numbers: no score depends on how a processor rounds.
    private static func scaled(_ sum: Int, from answered: Int, to all: Int) -> Int {
        answered == all ? sum : (2 * sum * all + answered) / (2 * answered)
    }
}

extension Instrument {
    /// The alerts that these answers raise, whether or not there is a score.
    public func alerts(raisedBy answers: Answers) -> [Alert] {
        alerts.filter { alert in answers.value(of: alert.item).map { $0 >= alert.atLeast } ?? false }
    }

    /// The alerts whose item has no answer: somebody should ask again.
    public func alerts(leftOpenBy answers: Answers) -> [Alert] {
        alerts.filter { answers.value(of: $0.item) == nil }
    }
}
