/// The American Soundex code of a name, as the United States' census indexes use it: a letter and three digits.
///
/// It is only a blocking key, to show a person pairs that may be the same human being; it never merges anybody.
public enum Soundex {
    /// Nil when the name does not begin with a Latin letter.
    ///
    /// - Parameter name: as ``NameNormalisation`` leaves it.
    public static func code(of name: String) -> String? {
        let letters = name.utf8.filter { (0x61...0x7A).contains($0) }
        guard let first = letters.first, name.utf8.first == first else { return nil }
        var code = [first - 0x20]
        var previous = digit(of: first)
        for letter in letters.dropFirst() where code.count < 4 {
            let digit = digit(of: letter)
            switch digit {
            case .code(let value) where digit != previous: code.append(value)
            default: break
            }
            // H and W between two letters of the same code keep them one; a vowel parts them.
            if digit != .silent { previous = digit }
        }
        while code.count < 4 { code.append(0x30) }
        return String(decoding: code, as: UTF8.self)
    }

    private enum Digit: Equatable {
        case code(UInt8), vowel, silent
    }

    private static func digit(of letter: UInt8) -> Digit {
        switch Unicode.Scalar(letter) {
        case "b", "f", "p", "v": .code(0x31)
        case "c", "g", "j", "k", "q", "s", "x", "z": .code(0x32)
        case "d", "t": .code(0x33)
        case "l": .code(0x34)
        case "m", "n": .code(0x35)
        case "r": .code(0x36)
        case "h", "w": .silent
        default: .vowel
        }
    }
}
