public import Models

/// A day of the week, numbered as ISO 8601 does: Monday is 1.
public enum Weekday: Int, Codable, CaseIterable, Hashable, Sendable {
    case monday = 1
    case tuesday, wednesday, thursday, friday, saturday, sunday

    public init(of date: CivilDate) {
        // 1970-01-01 was a Thursday.
        let shifted = (date.daysSince1970 + 3) % 7
        self = Self.allCases[shifted < 0 ? shifted + 7 : shifted]
    }
}
