public import Models

/// When a peer works: weekly hours on the wall clock, and absences.
public struct Availability: Hashable, Sendable {
    public let peerID: PeerID
    public let zone: CivilZone
    public let rules: [AvailabilityRule]
    public let absences: [Absence]
    public var version: Int

    /// As many rules and absences as one peer may have.
    public static let mostRules = 100
    public static let mostAbsences = 200

    /// - Throws: ``Refusal`` with `availabilityInvalid` where there are too many rules or absences.
    public init(
        peerID: PeerID, zone: CivilZone, rules: [AvailabilityRule], absences: [Absence], version: Int
    ) throws(Refusal) {
        guard rules.count <= Self.mostRules, absences.count <= Self.mostAbsences else {
            throw Refusal(
                .availabilityInvalid, "at most \(Self.mostRules) rules and \(Self.mostAbsences) absences are kept"
            )
        }
        self.peerID = peerID
        self.zone = zone
        self.rules = rules
        self.absences = absences
        self.version = version
    }
}

/// Hours of one weekday, again each week.
public struct AvailabilityRule: Hashable, Sendable {
    public let weekday: Weekday
    public let from: TimeOfDay
    /// At or before `from` it is a time of the next day: a night shift.
    public let until: TimeOfDay
    public let effectiveFrom: CivilDate
    /// The last date on which it holds; nil until further notice.
    public let effectiveUntil: CivilDate?

    /// Nil for hours that begin at the end of the day, or that end before they take effect.
    public init?(
        weekday: Weekday, from: TimeOfDay, until: TimeOfDay, effectiveFrom: CivilDate, effectiveUntil: CivilDate? = nil
    ) {
        guard from < .endOfDay, effectiveUntil.map({ effectiveFrom <= $0 }) ?? true else { return nil }
        self.weekday = weekday
        self.from = from
        self.until = until
        self.effectiveFrom = effectiveFrom
        self.effectiveUntil = effectiveUntil
    }

    func hours(on date: CivilDate, in zone: CivilZone) -> TimeSpan? {
        guard Weekday(of: date) == weekday, date >= effectiveFrom, effectiveUntil.map({ date <= $0 }) ?? true
        else { return nil }
        let lastDay = until > from ? date : date.adding(days: 1)
        return TimeSpan(from: zone.instant(on: date, at: from), until: zone.instant(on: lastDay, at: until))
    }
}

/// A time in which a peer is not there, whatever the weekly hours say.
public struct Absence: Hashable, Sendable {
    public let time: TimeSpan
    public let reason: Reason

    /// Why, as far as others need to know.
    public enum Reason: String, Codable, CaseIterable, Hashable, Sendable {
        case leave, sick, training, supervision, relief, other
    }

    public init(time: TimeSpan, reason: Reason) {
        self.time = time
        self.reason = reason
    }
}
