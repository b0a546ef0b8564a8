/// The name under which somebody signs in, in the form that is compared: small letters, without spaces around it.
public struct LoginName: Hashable, Sendable, LosslessStringConvertible {
    public let description: String

    /// 3 to 64 of small letters, digits and `. _ - + @`, which an e-mail address fits; capitals are taken as small ones.
    /// Anything else is nil.
    public init?(_ text: String) {
        var name = text.lowercased()[...]
        while name.first == " " { name.removeFirst() }
        while name.last == " " { name.removeLast() }
        guard (3...64).contains(name.utf8.count),
            name.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "._-+@".utf8.contains(byte)
                }
            })
        else { return nil }
        description = String(name)
    }
}
