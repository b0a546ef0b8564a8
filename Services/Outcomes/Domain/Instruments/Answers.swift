/// An answer as it came in: an item with a value or an answer code, or with the reason why there is none.
public struct Answer: Codable, Hashable, Sendable {
    /// The item's code.
    public var item: String
    /// The value of the chosen answer.
    public var value: Int?
    /// The code of the chosen answer in the instrument's terminology (a LOINC answer code); instead of `value`.
    public var code: String?
    /// Why there is no answer; instead of `value`.
    public var missing: MissingReason?

    public init(item: String, value: Int? = nil, code: String? = nil, missing: MissingReason? = nil) {
        self.item = item
        self.value = value
        self.code = code
        self.missing = missing
    }
}

/// Why an item has no answer.
public enum MissingReason: String, Codable, CaseIterable, Hashable, Sendable {
    /// The person did not want to answer.
    case declined
    case doesNotKnow = "does-not-know"
    /// The question was not put.
    case notAsked = "not-asked"
}

/// The answers to one instrument, every item exactly once: kept as they were given, beside any score.
public struct Answers: Hashable, Sendable {
    /// In the order of the instrument's items; an item that was not mentioned is `.notAsked`.
    public let all: [Answer]
    private let values: [String: Int]

    /// The value given for an item; nil where it is missing.
    public func value(of item: String) -> Int? { values[item] }

    /// Reads what came in against the instrument.
    ///
    /// - Throws: every fault at once, with the position of the answer.
    public init(_ given: [Answer], to instrument: Instrument) throws(AnswersRefused) {
        var faults: [AnswerFault] = []
        var byItem: [String: Answer] = [:]
        for (position, answer) in given.enumerated() {
            switch Self.read(answer, to: instrument) {
            case .failure(let kind):
                faults.append(AnswerFault(position: position, kind: kind))
            case .success(let read):
                if byItem.updateValue(read, forKey: answer.item) != nil {
                    faults.append(AnswerFault(position: position, kind: .answeredTwice))
                }
            }
        }
        guard faults.isEmpty else { throw AnswersRefused(faults: faults) }
        all = instrument.items.map { byItem[$0.code] ?? Answer(item: $0.code, missing: .notAsked) }
        values = byItem.compactMapValues(\.value)
    }

    /// The answer with its value filled in from its code.
    private static func read(_ answer: Answer, to instrument: Instrument) -> Result<Answer, AnswerFault.Kind> {
        guard let item = instrument.item(answer.item) else { return .failure(.unknownItem) }
        let options = instrument.answers(to: item)
        switch (answer.value, answer.code, answer.missing) {
        case (let value?, nil, nil):
            guard options.contains(where: { $0.value == value }) else { return .failure(.unknownValue) }
            return .success(answer)
        case (nil, let code?, nil):
            guard let option = options.first(where: { $0.code == code }) else { return .failure(.unknownCode) }
            return .success(Answer(item: answer.item, value: option.value, code: code))
        case (nil, nil, .some):
            return .success(answer)
        default:
            return .failure(.notExactlyOne)
        }
    }
}

/// Something wrong with one of the answers.
public struct AnswerFault: Hashable, Sendable {
    public enum Kind: String, Error, Hashable, Sendable {
        case unknownItem, unknownValue, unknownCode, answeredTwice
        /// Not exactly one of value, code and missing.
        case notExactlyOne
    }

    /// The position in the list as it came in, from 0.
    public let position: Int
    public let kind: Kind
}

/// The answers do not fit the instrument.
public struct AnswersRefused: Error, Hashable, Sendable {
    public let faults: [AnswerFault]
}
