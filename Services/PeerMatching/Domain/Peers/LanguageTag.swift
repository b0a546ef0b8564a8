public import Models

/// A language by its BCP 47 tag, such as `es` or `pt-BR`, kept in lower case.
public struct LanguageTag: OpenCode {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue.lowercased() }

    /// Two speakers understand each other when their primary languages are the same (`es` and `es-MX`).
    public func isUnderstood(by other: LanguageTag) -> Bool { primary == other.primary }

    /// Whether the text has the shape of a tag: letters first, then groups of up to eight letters and digits (RFC 5646).
    public var isWellFormed: Bool {
        let groups = rawValue.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard let first = groups.first, (2...8).contains(first.count), first.allSatisfy(Self.isLetter) else {
            return false
        }
        return groups.dropFirst().allSatisfy { group in
            (1...8).contains(group.count) && group.allSatisfy { Self.isLetter($0) || Self.isDigit($0) }
        }
    }

    private var primary: Substring { rawValue.prefix { $0 != "-" } }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
