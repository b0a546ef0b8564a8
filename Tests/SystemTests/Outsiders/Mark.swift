import Foundation

/// A text that a test puts into requests and that occurs nowhere else, so that it is known again wherever it comes out.
struct Mark: Hashable, Sendable, CustomStringConvertible {
    /// What it stands for: `familyName`.
    let name: String
    /// The same in each way of writing it.
    let texts: [String]
    /// Where it may come out: outlets whose names begin so.
    var allowed: [String] = []

    init(_ name: String, _ texts: String..., allowed: [String] = []) {
        (self.name, self.texts, self.allowed) = (name, texts, allowed)
    }

    /// As it is written into requests.
    var text: String { texts[0] }
    var description: String { name }

    static let familyName = Mark("familyName", "Zymbrqwex")
    static let givenName = Mark("givenName", "Quolnivard")
    static let birthDate = Mark("birthDate", "1931-05-17", "05/17/1931", "17.05.1931")
    static let phone = Mark("phone", "+1 555 014 7263", "5550147263", "555-014-7263")
    static let address = Mark("address", "88 Wexlimtrok Lane", "Wexlimtrok")
    static let recordNumber = Mark("recordNumber", "MRN-QX7715523", "QX7715523")
    static let orderNumber = Mark("orderNumber", "ORD-ZK4419920", "ZK4419920")
    static let email = Mark("email", "drobniq@vexmail.example", "drobniq", "vexmail")
    /// What hospitals and staff write about a referral.
    static let freeText = Mark("freeText", "Vlornatz said so", "Vlornatz")
    static let callback = Mark("callback", "desk Hudwexim", "Hudwexim")
    /// What a caller puts where it does not belong: in headers, keys, paths and queries.
    static let misplaced = Mark("misplaced", "Prelgamoxt")
    /// A member's name or a type that nobody knows: the sender is told where in its own body it stands, and nobody else.
    static let member = Mark("member", "Jorbelwix", allowed: ["answer"])
    /// What peers write about a contact. It is not sealed: whoever has the database reads it, in this column only.
    static let contactNote = Mark(
        "contactNote", "Kestrivolm waited", "Kestrivolm", allowed: ["dump scheduling.contact"])

    /// What stands in a message that no handler can read.
    static let unreadable = Mark("unreadable", "Ombrexitul", allowed: ["dump message_table.message"])

    static let all = [
        familyName, givenName, birthDate, phone, address, recordNumber, orderNumber, email, freeText, callback,
        misplaced, member, contactNote, unreadable,
    ]

    /// Everything that gives the mark away: each way of writing it, plain and in the encodings that carry text elsewhere.
    var traces: [Trace] {
        var found: [Trace] = []
        for text in texts {
            found.append(Trace(mark: self, form: "plain", isCased: false, bytes: Array(text.lowercased().utf8)))
            for cased in Set([text, text.lowercased(), text.uppercased()]) {
                let bytes = Array(cased.utf8)
                found.append(Trace(mark: self, form: "hexadecimal", isCased: false, bytes: Self.hexadecimal(bytes)))
                for all in [true, false] {
                    let escaped = Self.percent(bytes, all: all)
                    guard escaped != Array(text.lowercased().utf8) else { continue }
                    found.append(Trace(mark: self, form: "percent", isCased: false, bytes: escaped))
                }
                found += Self.base64(bytes).map { Trace(mark: self, form: "base64", isCased: true, bytes: $0) }
            }
        }
        return Array(Set(found))
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte in Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8) }
    }

    private static func percent(_ bytes: [UInt8], all: Bool) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            let isWord = UnicodeScalar(byte).properties.isAlphabetic || (0x30...0x39).contains(byte)
            return isWord && !all ? Array(String(UnicodeScalar(byte)).lowercased().utf8) : [0x25] + hexadecimal([byte])
        }
    }

    /// At each of the three places that it can have among other bytes, without the characters that those share; in both
    /// alphabets.
    private static func base64(_ bytes: [UInt8]) -> [[UInt8]] {
        (0..<3).flatMap { offset -> [[UInt8]] in
            let whole = Data([UInt8](repeating: 0, count: offset) + bytes).base64EncodedString().filter { $0 != "=" }
            let inner = whole.dropFirst([0, 2, 3][offset]).dropLast((offset + bytes.count) % 3 == 0 ? 0 : 1)
            let urlSafe = String(inner).replacingOccurrences(of: "+", with: "-").replacingOccurrences(
                of: "/", with: "_")
            return [Array(inner.utf8), Array(urlSafe.utf8)]
        }
    }
}

/// One thing that gives a mark away.
struct Trace: Hashable, Sendable {
    let mark: Mark
    let form: String
    /// Whether capitals and small letters differ; otherwise `bytes` are small.
    let isCased: Bool
    let bytes: [UInt8]
}
