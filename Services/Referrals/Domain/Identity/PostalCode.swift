internal import Models

/// A postal code as it is compared: of an American one the five digits, of others letters and digits in upper case.
public struct PostalCode: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// Nil when there are fewer than three letters and digits.
    public init?(_ text: String) {
        let kept = text.uppercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        guard (3...12).contains(kept.utf8.count) else { return nil }
        let isAmerican = kept.utf8.count == 9 && kept.allSatisfy(\.isNumber)
        description = isAmerican ? String(kept.prefix(5)) : kept
    }

    /// The region around it: the first three characters.
    var area: Substring { description.prefix(3) }
}
