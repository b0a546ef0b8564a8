public import Models

/// A day on which somebody is asked whether the help still holds.
public struct LinkageCheck: Hashable, Sendable {
    /// What was said.
    public enum Answer: String, Codable, CaseIterable, Hashable, Sendable {
        case sustained, stopped
        /// Nobody could say.
        case unknown
    }

    /// So many days after it began.
    public let days: Int
    public let dueAt: Instant
    /// Since when it stands on the list of those to ask.
    public var cameDueAt: Instant?
    public var answer: Answer?
    public var answeredAt: Instant?
    public var answeredBy: String?

    public init(
        days: Int, dueAt: Instant, cameDueAt: Instant? = nil, answer: Answer? = nil, answeredAt: Instant? = nil,
        answeredBy: String? = nil
    ) {
        (self.days, self.dueAt, self.cameDueAt) = (days, dueAt, cameDueAt)
        (self.answer, self.answeredAt, self.answeredBy) = (answer, answeredAt, answeredBy)
    }

    /// Whether it can be asked. What came due stays so, whatever clocks do.
    func isDue(at instant: Instant) -> Bool { cameDueAt != nil || dueAt <= instant }

    mutating func close(_ answer: Answer, by subject: String, at instant: Instant) {
        (self.answer, answeredAt, answeredBy) = (answer, instant, subject)
    }
}
