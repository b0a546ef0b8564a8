public import Models

/// An instrument's code, such as `barc-10`: the name of its data file.
public struct InstrumentCode: OpenCode {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The Brief Assessment of Recovery Capital (Vilsaint 2017; PhenX protocol 590502).
    public static let barc10 = InstrumentCode(rawValue: "barc-10")
    /// The Patient Health Questionnaire (LOINC panel 44249-1).
    public static let phq9 = InstrumentCode(rawValue: "phq-9")
}

/// A questionnaire as data: its items, answers, scoring rule, cut-offs and notice, in one version and one language.
///
/// Invariant, held by ``validate()``: item and answer codes are unique, every item has an answer list, bands do not
/// overlap, and an alert names an item.
public struct Instrument: Codable, Hashable, Sendable {
    public let code: InstrumentCode
    /// Raised whenever text, answers or scoring change: an assessment keeps the version that was answered.
    public let version: Int
    /// BCP 47.
    public let language: String
    public let title: String
    /// What the rights holder asks to be shown with the instrument.
    public let notice: String
    public let coding: InstrumentCoding?
    public let stem: String
    /// How many days back the questions look; nil when they ask about now.
    public let recallDays: Int?
    public let answerLists: [AnswerList]
    public let items: [Item]
    public let scoring: ScoringRule
    public let higherIs: Direction
    public let bands: [Band]
    public let cutOffs: [CutOff]
    public let alerts: [Alert]
    public let remarks: [String]

    /// The item of this code; nil where the instrument has none.
    public func item(_ code: String) -> Item? { items.first { $0.code == code } }

    /// The answers to choose from for an item.
    public func answers(to item: Item) -> [AnswerOption] {
        answerLists.first { $0.code == item.answerList }?.answers ?? []
    }

    /// The items that make the score, in their order.
    public var scoredItems: [Item] { items.filter(\.isScored) }
}

/// The codes of the whole instrument in a terminology: of the panel, and of its total score.
public struct InstrumentCoding: Codable, Hashable, Sendable {
    public let system: String
    public let panel: String
    public let total: String
}

/// Answers that several items share.
public struct AnswerList: Codable, Hashable, Sendable {
    public let code: String
    public let answers: [AnswerOption]
}

/// One answer: its value in the score, and its code in the instrument's terminology where it has one.
public struct AnswerOption: Codable, Hashable, Sendable {
    public let value: Int
    public let code: String?
    public let text: String
}

/// One question.
public struct Item: Codable, Hashable, Sendable {
    /// Its number, or a word for an item without one.
    public let code: String
    /// Its code in the instrument's terminology.
    public let coding: String?
    public let text: String
    public let answerList: String
    public let isScored: Bool
    /// Whether the highest answer counts lowest; absent means no.
    public let isReversed: Bool?
}

/// Which end of the score is the good one.
public enum Direction: String, Codable, Hashable, Sendable {
    case better, worse
}

/// A range of scores with a name; both ends belong to it.
public struct Band: Codable, Hashable, Sendable {
    public let code: String
    public let from: Int
    public let to: Int
    public let text: String
}

/// A score from which on a published statement holds.
public struct CutOff: Codable, Hashable, Sendable {
    public let code: String
    public let atLeast: Int
    public let text: String
    public let source: String
}

/// An answer that a person must look at, whatever the score.
public struct Alert: Codable, Hashable, Sendable {
    public let code: String
    public let item: String
    public let atLeast: Int
    /// The role that gets the task.
    public let assignTo: String
    public let due: AlertDue
    public let text: String
}

/// When an alert's task is due.
public enum AlertDue: String, Codable, Hashable, Sendable {
    /// By the end of the agency's day on which the answers were recorded.
    case sameDay = "same-day"
}
