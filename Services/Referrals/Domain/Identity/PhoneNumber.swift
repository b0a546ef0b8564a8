/// A telephone number in the form of E.164: `+` and up to fifteen digits.
///
/// Numbers without a country are read as North American, where Handrail's agencies are.
public struct PhoneNumber: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// Nil for what cannot be dialled: too short, too long, letters, or a North American area code or exchange that
    /// begins with 0 or 1.
    public init?(_ text: String) {
        var digits = ""
        var isInternational = false
        for character in text.trimmingWhitespace() {
            switch character {
            case "+" where digits.isEmpty && !isInternational: isInternational = true
            case "0"..."9" where character.isASCII: digits.append(character)
            case " ", "-", ".", "(", ")", "/", "\u{A0}": continue
            default: return nil
            }
        }
        if isInternational, !digits.hasPrefix("1") {
            guard (8...15).contains(digits.count), !digits.hasPrefix("0") else { return nil }
            description = "+" + digits
            return
        }
        if digits.count == 11, digits.hasPrefix("1") { digits.removeFirst() }
        guard digits.count == 10 else { return nil }
        let (area, exchange) = (digits.first, digits.dropFirst(3).first)
        guard let area, let exchange, area >= "2", exchange >= "2" else { return nil }
        description = "+1" + digits
    }
}
