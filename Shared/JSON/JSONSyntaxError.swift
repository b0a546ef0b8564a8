/// Why a text is no JSON that we read, and where. Carries nothing of the text itself.
public struct JSONSyntaxError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Code: String, CaseIterable, Hashable, Sendable {
        case empty
        case unexpectedEnd
        case unexpectedCharacter
        case invalidNumber
        case invalidEscape
        case loneSurrogate
        case invalidUTF8
        case byteOrderMark
        case nullCharacter
        case controlCharacter
        case duplicateName
        case trailingContent
        case tooDeep
        case tooManyValues
        case tooLarge
    }

    public let code: Code
    /// Bytes from the start of the text.
    public let offset: Int
    /// Lines and bytes in the line, both from 1.
    public let line: Int
    public let column: Int
}

extension JSONSyntaxError: CustomStringConvertible {
    public var description: String { "\(reason) at line \(line), column \(column) (byte \(offset))" }

    private var reason: String {
        switch code {
        case .empty: "the body is empty"
        case .unexpectedEnd: "the JSON text ends too early"
        case .unexpectedCharacter: "a character that JSON does not allow here"
        case .invalidNumber: "not a JSON number"
        case .invalidEscape: "not a JSON escape"
        case .loneSurrogate: "half of a surrogate pair"
        case .invalidUTF8: "not UTF-8"
        case .byteOrderMark: "a byte order mark"
        case .nullCharacter: "text with the character U+0000"
        case .controlCharacter: "a control character that must be escaped"
        case .duplicateName: "an object names the same member twice"
        case .trailingContent: "something follows the JSON value"
        case .tooDeep: "nested deeper than is accepted"
        case .tooManyValues: "more values than are accepted"
        case .tooLarge: "larger than is accepted"
        }
    }
}

/// How much JSON is accepted, so that a hostile text costs no more than an honest one; and how strictly.
public struct JSONLimits: Hashable, Sendable {
    public var bytes: Int
    /// Arrays and objects within each other.
    public var depth: Int
    /// Strings, numbers, arrays, … all counted.
    public var values: Int
    /// Also refuses what RFC 8259 allows and nothing of ours needs: a byte order mark, and text with U+0000, which
    /// PostgreSQL's text cannot hold.
    public var isStrict: Bool

    /// Limits of a size of one's own.
    public init(bytes: Int, depth: Int, values: Int, isStrict: Bool = false) {
        (self.bytes, self.depth, self.values, self.isStrict) = (bytes, depth, values, isStrict)
    }

    /// A megabyte, 64 levels, 100,000 values: the largest published example is an eighth of that.
    public static let resource = JSONLimits(bytes: 1 << 20, depth: 64, values: 100_000)

    /// For what we have written ourselves: messages and stored values, of any size.
    public static let own = JSONLimits(bytes: .max, depth: 64, values: .max)

    /// For what is read into a type of ours. The number of bytes is bounded by who receives them.
    public static let strict = JSONLimits(bytes: .max, depth: 64, values: 100_000, isStrict: true)
}
