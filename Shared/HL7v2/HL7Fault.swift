/// Why bytes are not an HL7 v2 message. Quotes nothing of them: what stands in a message is about a person.
public struct HL7Fault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Code: String, Hashable, Sendable {
        /// The first segment is not `MSH`.
        case noHeader
        /// `MSH-1` and `MSH-2` do not name different punctuation marks.
        case delimiters
        /// A second `MSH`: messages come one by one.
        case severalMessages
        /// A segment's name is not three capital letters or digits.
        case segmentName
        /// More than ``HL7Limits`` allow.
        case tooLong
        /// `MSH-18` names a character set that is not read here, or the bytes are none of it.
        case characters
    }

    public let code: Code
    /// The segment, from 1; nil where the whole is meant.
    public let segment: Int?

    public init(_ code: Code, segment: Int? = nil) {
        (self.code, self.segment) = (code, segment)
    }

    /// A sentence for the sender.
    public var description: String {
        let text =
            switch code {
            case .noHeader: "the message does not begin with an MSH segment"
            case .delimiters: "MSH-1 and MSH-2 must be different punctuation marks"
            case .severalMessages: "one message at a time: there is a second MSH segment"
            case .segmentName: "a segment's name must be three capital letters or digits"
            case .tooLong: "the message is too long"
            case .characters: "MSH-18 names a character set that is not read here, or the bytes are none of it"
            }
        return segment.map { "segment \($0): \(text)" } ?? text
    }
}

/// What a message may cost.
public struct HL7Limits: Hashable, Sendable {
    /// Of the message as it came.
    public var bytes: Int
    public var segments: Int

    public init(bytes: Int = 1 << 20, segments: Int = 5000) {
        (self.bytes, self.segments) = (bytes, segments)
    }
}
