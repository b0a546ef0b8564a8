internal import FoundationEssentials

/// A point in time to the microsecond, as PostgreSQL's `timestamptz` stores it.
///
/// In JSON it is RFC 3339 text in UTC. Where people meet, a ``CivilDate`` and a time zone say when; an instant says when
/// something happened.
public struct Instant: Hashable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Whole seconds since 1970, rounded down, as tokens count time.
    public var unixSeconds: Int64 { microseconds.flooredDivision(by: 1_000_000).quotient }

    public init(unixSeconds: Int64) {
        self.init(microseconds: unixSeconds * 1_000_000)
    }

    /// This instant moved by a duration; parts smaller than a microsecond are dropped.
    public static func + (left: Instant, right: Duration) -> Instant {
        Instant(microseconds: left.microseconds + right.microseconds)
    }

    public static func - (left: Instant, right: Duration) -> Instant {
        Instant(microseconds: left.microseconds - right.microseconds)
    }

    /// How long from `right` to `left`; negative when `right` is later.
    public static func - (left: Instant, right: Instant) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }

    /// The calendar date in UTC.
    public var dateInUTC: CivilDate {
        CivilDate(daysSince1970: Int(microseconds.flooredDivision(by: 86_400_000_000).quotient))
    }
}

extension Instant: Comparable {
    public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }
}

extension Instant: LosslessStringConvertible {
    /// Reads RFC 3339 (`2026-11-22T09:30:00.5+01:00`); more than six decimals are cut. Anything else is nil.
    public init?(_ text: String) {
        var scanner = DigitScanner(text)
        guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2), scanner.skip("-"),
            let day = scanner.digits(2), let date = CivilDate(year: year, month: month, day: day),
            scanner.skip("T") || scanner.skip("t"), let hour = scanner.digits(2), hour < 24, scanner.skip(":"),
            let minute = scanner.digits(2), minute < 60, scanner.skip(":"),
            let second = scanner.digits(2), second < 61
        else { return nil }
        var fraction: Int64 = 0
        if scanner.skip(".") {
            guard let read = scanner.fraction() else { return nil }
            fraction = read
        }
        guard let offset = scanner.zoneOffsetSeconds(), scanner.isAtEnd else { return nil }
        let seconds = Int64(date.daysSince1970) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    /// RFC 3339 in UTC, with as many decimals as it takes: `2026-11-22T09:30:00Z`, `2026-11-22T09:30:00.250000Z`.
    public var description: String {
        let (seconds, micros) = microseconds.flooredDivision(by: 1_000_000)
        let (days, inDay) = seconds.flooredDivision(by: 86_400)
        return DigitWriter.text(atMost: CivilDate.longestText + 17) { text in
            CivilDate(daysSince1970: Int(days)).write(to: &text)
            text.write("T")
            text.write(Int(inDay / 3600), width: 2)
            text.write(":")
            text.write(Int(inDay / 60 % 60), width: 2)
            text.write(":")
            text.write(Int(inDay % 60), width: 2)
            if micros != 0 {
                text.write(".")
                text.write(Int(micros), width: 6)
            }
            text.write("Z")
        }
    }
}

extension Instant: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let instant = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an RFC 3339 date and time with a zone")
            )
        }
        self = instant
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Duration {
    /// The whole microseconds in this duration.
    public var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}

/// Where the present comes from. Passed in, never global: tests and demonstrations set it.
public struct WallClock: Sendable {
    public let now: @Sendable () -> Instant

    public init(now: @escaping @Sendable () -> Instant) {
        self.now = now
    }

    /// The time that the work in hand states, else the computer's own: for processes that rehearse a past.
    public static let rehearsal = WallClock { RehearsedTime.now ?? system.now() }

    /// The computer's own clock.
    public static let system = WallClock {
        Instant(microseconds: Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down)))
    }
}

/// When the work in hand takes place, where a past is rehearsed: a request states it, its messages carry it on.
///
/// Only ``WallClock/rehearsal`` reads it. Work of different times goes on in one process at once, so it belongs to the
/// task and not to the process.
public enum RehearsedTime {
    @TaskLocal public static var now: Instant?
}
