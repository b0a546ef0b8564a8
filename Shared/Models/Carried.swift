/// A code of a closed list as it travels in a message: one that a newer service has added is carried, not refused.
///
/// Lists are closed where something is decided by them, so that the compiler finds every decision. A message must not be
/// parked only because its sender is newer, so a code by which its handlers decide nothing, or whose unknown values mean
/// "nothing to do here", travels in this; what is stored of it is its text. A code without which a handler would have to
/// guess stays closed, and its property says why: such a message is parked until the program is up to date.
public enum Carried<Code: RawRepresentable & Hashable & Sendable>: Hashable, Sendable where Code.RawValue == String {
    case known(Code)
    /// The text of a code that this version does not know.
    case other(String)

    public init(_ text: String) {
        self = Code(rawValue: text).map(Carried.known) ?? .other(text)
    }

    /// Nil for a code that this version does not know.
    public var known: Code? {
        if case .known(let code) = self { code } else { nil }
    }

    /// As it is written.
    public var text: String {
        switch self {
        case .known(let code): code.rawValue
        case .other(let text): text
        }
    }
}

extension Carried: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
