public import Models

/// A place's wall clock: an IANA time zone, and what its clock shows when.
///
/// Where a clock is put forward, a time that it skips is moved on by what was skipped; where it is put back, a time that
/// it shows twice is the first of the two. So every date has a beginning, and days follow each other without a gap.
public struct CivilZone: Hashable, Sendable {
    /// The IANA identifier, such as `America/New_York`.
    public let identifier: String
    private let rules: ZoneRules

    public static let utc = CivilZone(identifier: "UTC", rules: .utc)

    /// Nil for what is no identifier of the system's time zone database; abbreviations and fixed offsets are refused, as
    /// they know no summer time.
    public init?(identifier: String) {
        if identifier == "UTC" {
            self = .utc
            return
        }
        guard identifier.contains("/"), let rules = ZoneRules(named: identifier) else { return nil }
        self.init(identifier: identifier, rules: rules)
    }

    private init(identifier: String, rules: ZoneRules) {
        (self.identifier, self.rules) = (identifier, rules)
    }

    /// When the wall clock shows this time on this date.
    public func instant(on date: CivilDate, at time: TimeOfDay = .midnight) -> Instant {
        let local = Int64(date.daysSince1970) * 86_400 + Int64(time.minutes) * 60
        // Offsets change at most once within these two days, so one of the two holds at the time asked for; in a gap
        // neither does, and the one before it moves the time on.
        let before = offset(atUnixSeconds: local - 86_400)
        let after = offset(atUnixSeconds: local + 86_400)
        for candidate in [before, after] where offset(atUnixSeconds: local - candidate) == candidate {
            return Instant(unixSeconds: local - candidate)
        }
        return Instant(unixSeconds: local - before)
    }

    /// The date that the wall clock's calendar shows.
    public func date(at instant: Instant) -> CivilDate {
        CivilDate(daysSince1970: Int(localSeconds(at: instant).flooredDays))
    }

    /// The time that the wall clock shows, seconds cut.
    public func time(at instant: Instant) -> TimeOfDay {
        let local = localSeconds(at: instant)
        return TimeOfDay(unchecked: Int((local - local.flooredDays * 86_400) / 60))
    }

    private func localSeconds(at instant: Instant) -> Int64 {
        instant.unixSeconds + offset(atUnixSeconds: instant.unixSeconds)
    }

    private func offset(atUnixSeconds seconds: Int64) -> Int64 {
        rules.offset(at: seconds)
    }
}

extension CivilZone {
    public static func == (left: CivilZone, right: CivilZone) -> Bool { left.identifier == right.identifier }
    public func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
}

extension Int64 {
    fileprivate var flooredDays: Int64 { self >= 0 ? self / 86_400 : (self - 86_399) / 86_400 }
}

extension CivilZone: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let zone = CivilZone(identifier: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an IANA time zone")
            )
        }
        self = zone
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(identifier)
    }
}
