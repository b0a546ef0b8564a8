public import Models

/// A stretch of time from an instant to a later one, without its end.
public struct TimeSpan: Codable, Hashable, Sendable {
    public let startsAt: Instant
    public let endsAt: Instant

    /// Nil when the end is not after the start.
    public init?(from start: Instant, until end: Instant) {
        guard start < end else { return nil }
        (startsAt, endsAt) = (start, end)
    }

    public func contains(_ instant: Instant) -> Bool { startsAt <= instant && instant < endsAt }

    public func overlaps(_ other: TimeSpan) -> Bool { startsAt < other.endsAt && other.startsAt < endsAt }
}
