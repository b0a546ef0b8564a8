internal import Models

/// How birth dates agree that are not typed with care.
enum BirthDateComparison {
    static func level(_ left: CivilDate, _ right: CivilDate) -> AgreementLevel {
        if left == right { return .same }
        // Parent and child may have the same birthday; a decade is one digit.
        guard abs(left.year - right.year) < 12 else { return .different }
        if left.year == right.year, left.month == right.day, left.day == right.month { return .swapped }
        switch Slip(left.digits, right.digits) {
        case .transposed: return .transposed
        case .oneCharacter: return .oneDigit
        case nil: break
        }
        if left.year == right.year, left.isFirstOfYear || right.isFirstOfYear { return .year }
        return .different
    }
}

/// The smallest slip between two texts of the same length.
enum Slip: Hashable {
    case oneCharacter
    /// Two neighbours in each other's place.
    case transposed

    /// Nil for equal texts, and for more than one slip.
    init?(_ left: some StringProtocol, _ right: some StringProtocol) {
        let (a, b) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        guard a.count == b.count else { return nil }
        let places = a.indices.filter { a[$0] != b[$0] }
        switch places.count {
        case 1: self = .oneCharacter
        case 2 where places[1] == places[0] + 1 && a[places[0]] == b[places[1]] && a[places[1]] == b[places[0]]:
            self = .transposed
        default: return nil
        }
    }
}

extension CivilDate {
    /// `19900501`: a slip may reach from the month into the day.
    fileprivate var digits: String { description.filter { $0 != "-" } }
    fileprivate var isFirstOfYear: Bool { month == 1 && day == 1 }
}
