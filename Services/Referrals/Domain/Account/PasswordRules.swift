/// What a password must be. Long, and nothing that the account itself gives away; no list and no classes of characters,
/// which make people write "Password1!" (NIST SP 800-63B §5.1.1.2).
public enum PasswordRules {
    /// In characters.
    public static let length = 12...256

    /// What is wrong with a password.
    public enum Flaw: String, CaseIterable, Hashable, Sendable {
        case length = "12 to 256 characters"
        case login = "must not contain the login"
        case agency = "must not contain the agency's name"
        case repetition = "must not repeat the same few characters"
        case sequence = "must not be a row of the alphabet, the digits or the keyboard"
    }

    /// The first thing that is wrong; nil where it can be taken.
    ///
    /// - Parameter login: as it was typed.
    public static func flaw(in password: String, login: String, agencyName: String) -> Flaw? {
        guard length.contains(password.count) else { return .length }
        let text = password.lowercased()
        if words(of: login).contains(where: text.contains) { return .login }
        if words(of: agencyName).contains(where: text.contains) { return .agency }
        if isRepetitive(Array(text)) { return .repetition }
        if rows.contains(where: { covers($0, text) }) { return .sequence }
        return nil
    }

    /// The parts of four letters and more: shorter ones are in many words by chance.
    private static func words(of name: String) -> [String] {
        name.lowercased().split { !$0.isLetter && !$0.isNumber }.filter { $0.count >= 4 }.map(String.init)
    }

    /// Fewer than five different characters, or a piece of up to six over and over.
    private static func isRepetitive(_ text: [Character]) -> Bool {
        if Set(text).count < 5 { return true }
        return (1...6).contains { period in text.indices.dropFirst(period).allSatisfy { text[$0] == text[$0 - period] }
        }
    }

    private static let rows = ["abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiopasdfghjklzxcvbnm"]

    /// Whether the text runs along the row, forwards or backwards, from wherever it begins.
    private static func covers(_ row: String, _ text: String) -> Bool {
        let around = row + row + row
        return [text, String(text.reversed())].contains { $0.count <= around.count && around.contains($0) }
    }
}
