/// Brings names that are the same name to the same text: case, accents, punctuation, spaces and suffixes go.
///
/// `O’Brien`, `OBRIEN` and `o'brien` are one; so are `José` and `Jose`, `García-López` and `Garcia Lopez`, `Smith Jr.`
/// and `Smith`. Scripts without case or accents stay as they are.
public enum NameNormalisation {
    private static let suffixes: Set<String> = ["jr", "sr", "ii", "iii", "iv", "junior", "senior"]

    /// A family name as one run of letters; nil when no letter is left.
    public static func family(_ name: String) -> String? {
        let parts = familyParts(name)
        return parts.isEmpty ? nil : parts.joined()
    }

    /// The words of a family name: `García-López` has two.
    static func familyParts(_ name: String) -> [String] {
        var words = words(of: name)
        while words.count > 1, let last = words.last, suffixes.contains(last) { words.removeLast() }
        return words
    }

    /// Which of several of the same name it is: 1 for `Sr.`, 2 for `Jr.` or `II`; nil where the name does not say.
    static func generation(_ name: String) -> Int? {
        let words = words(of: name)
        guard words.count > 1, let last = words.last else { return nil }
        return switch last {
        case "sr", "senior": 1
        case "jr", "junior", "ii": 2
        case "iii": 3
        case "iv": 4
        default: nil
        }
    }

    /// The first given name; nil when no letter is left. Middle names are dropped: half of all senders leave them out.
    public static func given(_ name: String) -> String? {
        words(of: name).first
    }

    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        for scalar in name.unicodeScalars {
            if let letters = folded(scalar) {
                word += letters
            } else if scalar.separatesWords, !word.isEmpty {
                words.append(word)
                word = ""
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// The lower-case letters without accents that a scalar stands for; nil when it is no letter or digit.
    static func folded(_ scalar: Unicode.Scalar) -> String? {
        guard scalar.properties.isAlphabetic || scalar.properties.numericType != nil else { return nil }
        return scalar.properties.lowercaseMapping.unicodeScalars.reduce(into: "") { $0 += latinBase(of: $1) }
    }

    /// `é` → `e`, `ł` → `l`, `ß` → `ss`: read from the scalar's Unicode name, `LATIN SMALL LETTER E WITH ACUTE`, because
    /// decomposition leaves letters with a stroke as they are, and the standard library does not offer it.
    private static func latinBase(of scalar: Unicode.Scalar) -> String {
        if scalar.isASCII { return String(scalar) }
        if scalar.properties.generalCategory == .nonspacingMark { return "" }
        let prefix = "LATIN SMALL LETTER "
        guard let name = scalar.properties.name, name.hasPrefix(prefix) else { return String(scalar) }
        let words = name.dropFirst(prefix.count).split(separator: " ")
        return switch words.first {
        case "SHARP": "ss"
        case "DOTLESS": words.count > 1 ? words[1].lowercased() : String(scalar)
        case "ETH": "d"
        case "THORN": "th"
        case "SCHWA": "e"
        case .some(let letters) where letters.count <= 2: letters.lowercased()
        default: String(scalar)
        }
    }
}

extension Unicode.Scalar {
    /// An apostrophe is part of a name, a hyphen or a space divides it, and so does any other mark but an accent.
    fileprivate var separatesWords: Bool {
        switch self {
        case "'", "’", "ʼ", "`", "´", ".": false
        default: properties.generalCategory != .nonspacingMark
        }
    }
}
