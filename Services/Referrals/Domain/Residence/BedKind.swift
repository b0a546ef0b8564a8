/// For whom a bed is, and for what kind of bed somebody asks.
///
/// Who asks names the beds that would do and not their gender: what somebody is stays sealed with their identity.
public struct BedKind: Codable, Hashable, Sendable, LosslessStringConvertible {
    /// In which part of a house.
    public enum Gender: String, Codable, CaseIterable, Hashable, Sendable {
        case men, women, any
    }

    /// With whom somebody would move in.
    public enum Household: String, Codable, CaseIterable, Hashable, Sendable {
        case single
        case parentWithChildren = "parent-with-children"
        case family
    }

    public var gender: Gender
    public var household: Household

    public init(_ gender: Gender, _ household: Household) {
        (self.gender, self.household) = (gender, household)
    }

    /// Reads what ``description`` wrote.
    public init?(_ description: String) {
        let parts = description.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let gender = Gender(rawValue: parts[0]), let household = Household(rawValue: parts[1])
        else { return nil }
        self.init(gender, household)
    }

    /// As it is stored: `women/single`.
    public var description: String { "\(gender.rawValue)/\(household.rawValue)" }

    /// All that there are.
    public static let all = Gender.allCases.flatMap { gender in Household.allCases.map { BedKind(gender, $0) } }

    /// Whether somebody who asks for such a bed can have this one: a bed for anybody does for all, a room for a family for
    /// one parent, too.
    public func fits(_ wish: BedKind) -> Bool {
        let takesHousehold =
            household == wish.household || (household == .family && wish.household == .parentWithChildren)
        return takesHousehold && (gender == .any || gender == wish.gender)
    }

    /// Those who ask for one of these can have this bed.
    public var fittingWishes: [BedKind] { Self.all.filter(fits) }

    /// The beds that would do for somebody of whom only this is known.
    public static func fitting(_ gender: Gender?, _ household: Household?) -> [BedKind] {
        let wishes = all.filter { (gender ?? $0.gender, household ?? $0.household) == ($0.gender, $0.household) }
        return all.filter { bed in wishes.contains { bed.fits($0) } }
    }
}

/// How many beds of a kind there are.
public struct BedCount: Codable, Hashable, Sendable {
    public var kind: BedKind
    public var total: Int
    public var open: Int

    public init(_ kind: BedKind, total: Int, open: Int) {
        (self.kind, self.total, self.open) = (kind, total, open)
    }
}
