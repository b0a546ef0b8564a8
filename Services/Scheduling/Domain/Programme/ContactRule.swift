public import Models

/// What a planned contact is for, by the programme model's code.
public struct ContactPurpose: OpenCode {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let firstContact = ContactPurpose(rawValue: "first-contact")
    public static let afterRecurrence = ContactPurpose(rawValue: "after-recurrence")
}

/// One line of a phase's rhythm: when contacts are wanted, counted from the phase's start.
public struct ContactRule: Hashable, Sendable {
    /// When, by the calendar of the phase.
    public enum Recurrence: Hashable, Sendable {
        /// Once, within so many hours of the start.
        case within(hours: Int)
        /// Once, on this day; the first day after the start is 1.
        case onDay(Int)
        /// Again and again; `first` counts periods from the start, `times` nil means to the end of the phase.
        case every(PhaseLength, first: Int, times: Int?)
    }

    public let purpose: ContactPurpose
    public let recurrence: Recurrence
    /// Days before and after the wanted date on which a contact is still in time.
    public let earlyDays: Int
    public let lateDays: Int

    /// - Parameters: earlyDays, lateDays: not negative.
    public init(purpose: ContactPurpose, recurrence: Recurrence, earlyDays: Int = 0, lateDays: Int = 0) {
        self.purpose = purpose
        self.recurrence = recurrence
        self.earlyDays = earlyDays
        self.lateDays = lateDays
    }
}

/// A length on the calendar: so many weeks or so many months.
public enum PhaseLength: Hashable, Sendable {
    case weeks(Int)
    case months(Int)

    /// The date so many of these lengths after another; a month that lacks the day takes its last one.
    public func date(after date: CivilDate, times: Int = 1) -> CivilDate {
        switch self {
        case .weeks(let count): date.adding(days: 7 * count * times)
        case .months(let count): date.adding(months: count * times)
        }
    }

    var count: Int {
        switch self {
        case .weeks(let count), .months(let count): count
        }
    }
}

extension ContactRule: Decodable {
    private enum CodingKeys: String, CodingKey {
        case purpose, withinHours, onDay, everyWeeks, everyMonths, first, times, earlyDays, lateDays
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let recurrence: Recurrence
        if let hours = try container.decodeIfPresent(Int.self, forKey: .withinHours) {
            recurrence = .within(hours: hours)
        } else if let day = try container.decodeIfPresent(Int.self, forKey: .onDay) {
            recurrence = .onDay(day)
        } else {
            let first = try container.decodeIfPresent(Int.self, forKey: .first) ?? 1
            let times = try container.decodeIfPresent(Int.self, forKey: .times)
            if let weeks = try container.decodeIfPresent(Int.self, forKey: .everyWeeks) {
                recurrence = .every(.weeks(weeks), first: first, times: times)
            } else {
                recurrence = .every(
                    .months(try container.decode(Int.self, forKey: .everyMonths)), first: first, times: times)
            }
        }
        self.init(
            purpose: try container.decode(ContactPurpose.self, forKey: .purpose),
            recurrence: recurrence,
            earlyDays: try container.decodeIfPresent(Int.self, forKey: .earlyDays) ?? 0,
            lateDays: try container.decodeIfPresent(Int.self, forKey: .lateDays) ?? 0
        )
    }
}

extension PhaseLength: Decodable {
    private enum CodingKeys: String, CodingKey { case weeks, months }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let weeks = try container.decodeIfPresent(Int.self, forKey: .weeks) {
            self = .weeks(weeks)
        } else {
            self = .months(try container.decode(Int.self, forKey: .months))
        }
    }
}
