/// Something that happened in one service and that others may want to know, as it travels through the message table.
///
/// Payloads carry ids and the few attributes that others need, never an identity. A shape never changes its meaning: a
/// new shape is a new topic version, and the old one is decoded until the retention window has passed. The JSON names
/// are the property names. Golden files in Tests/ModelsTests pin each version.
public protocol Event: Codable, Hashable, Sendable {
    /// `aggregate.past_tense.vN`.
    static var topic: String { get }

    /// The aggregate's id: messages with the same key are handled in the order of their publication.
    var key: String { get }

    /// The aggregate's version after the event; nil where a message is no change of an aggregate (a due deadline).
    var version: Int? { get }
}

/// A code that other versions of Handrail, or other systems, may extend: unknown ones are carried, never refused.
public protocol OpenCode: RawRepresentable, Codable, Hashable, Sendable, LosslessStringConvertible
where RawValue == String {
    init(rawValue: String)
}

extension OpenCode {
    public init(_ text: String) { self.init(rawValue: text) }
    public var description: String { rawValue }

    public init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
