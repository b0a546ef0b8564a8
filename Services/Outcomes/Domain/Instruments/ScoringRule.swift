/// How answers become a score: the algorithm with its version, the range, and what missing answers do.
public struct ScoringRule: Codable, Hashable, Sendable {
    public let algorithm: Algorithm
    public let version: Int
    /// The lowest and highest score of a fully answered instrument.
    public let minimum: Int
    public let maximum: Int
    public let missing: MissingRule

    public enum Algorithm: String, Codable, Hashable, Sendable {
        /// The values of the scored items, added; reversed items count from the other end of their answers.
        case sum
    }
}

/// What missing answers do to a score.
public enum MissingRule: Hashable, Sendable {
    /// Any missing answer means no score.
    case complete
    /// Up to so many missing answers are replaced by the mean of the others, and the sum rounded (halves up); more mean
    /// no score.
    case prorate(atMost: Int)
}

extension MissingRule: Codable {
    private enum CodingKeys: String, CodingKey { case rule, atMost }
    private enum Name: String, Codable { case complete, prorate }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Name.self, forKey: .rule) {
        case .complete: self = .complete
        case .prorate: self = .prorate(atMost: try container.decode(Int.self, forKey: .atMost))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .complete:
            try container.encode(Name.complete, forKey: .rule)
        case .prorate(let atMost):
            try container.encode(Name.prorate, forKey: .rule)
            try container.encode(atMost, forKey: .atMost)
        }
    }
}
