/// An e-mail address as a partner names it (RFC 5321): ASCII, with nothing in it that could end a line or a command, or name a
/// second recipient. Quoted names and other scripts are refused: no hospital needs them, and each server reads them its own way.
public struct MailAddress: Hashable, Sendable {
    public let text: String
    /// Behind the `@`.
    public let domain: String

    /// Nil for what is none.
    public init?(_ text: String) {
        guard text.utf8.count <= 254 else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].count), !parts[1].isEmpty,
            parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy({ atom in
                !atom.isEmpty && atom.allSatisfy { Self.isWord($0) || Self.marks.contains($0) }
            }),
            parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy({ label in
                (1...63).contains(label.count) && label.first != Self.hyphen && label.last != Self.hyphen
                    && label.allSatisfy { Self.isWord($0) || $0 == Self.hyphen }
            })
        else { return nil }
        (self.text, domain) = (text, String(Substring(parts[1])))
    }

    private static let hyphen = UInt8(ascii: "-")
    private static let marks = Array("!#$%&'*+-/=?^_`{|}~".utf8)

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
