internal import Models

extension Availability {
    /// The longest stretch for which slots are computed at once.
    public static let longestHorizon = Duration.seconds(62 * 86_400)

    /// The times of one length that are free: within the weekly hours, outside absences and what is already booked.
    ///
    /// Slots start at the beginning of the hours and follow each other without a gap, in elapsed time: where a clock is
    /// put forward the hours hold fewer of them, where it is put back more, and none overlaps another.
    /// - Parameters:
    ///   - horizon: slots begin and end in it; cut to ``longestHorizon``.
    ///   - length: at least five minutes, else there are none.
    ///   - busy: what is booked.
    public func freeSlots(in horizon: TimeSpan, length: Duration, busy: [TimeSpan]) -> [TimeSpan] {
        guard length >= .seconds(300) else { return [] }
        let end = min(horizon.endsAt, horizon.startsAt + Self.longestHorizon)
        let blocked = (busy + absences.map(\.time)).sorted { $0.startsAt < $1.startsAt }
        return hours(from: horizon.startsAt, until: end).flatMap { hours in
            var free: [TimeSpan] = []
            var start = hours.startsAt
            while let slot = TimeSpan(from: start, until: start + length), slot.endsAt <= hours.endsAt {
                if slot.startsAt >= horizon.startsAt, slot.endsAt <= end, !blocked.contains(where: slot.overlaps) {
                    free.append(slot)
                }
                start = slot.endsAt
            }
            return free
        }
    }

    /// Whether the peer works during all of a time.
    public func covers(_ time: TimeSpan) -> Bool {
        !absences.contains { $0.time.overlaps(time) }
            && hours(from: time.startsAt, until: time.endsAt)
                .contains { $0.startsAt <= time.startsAt && time.endsAt <= $0.endsAt }
    }

    /// The weekly hours that touch a stretch of time, joined where rules overlap or meet.
    func hours(from start: Instant, until end: Instant) -> [TimeSpan] {
        var found: [TimeSpan] = []
        // From the day before: a night shift reaches into the next day.
        var date = zone.date(at: start).adding(days: -1)
        let last = zone.date(at: end)
        while date <= last {
            found += rules.compactMap { $0.hours(on: date, in: zone) }
            date = date.adding(days: 1)
        }
        return Self.joined(found.filter { $0.startsAt < end && start < $0.endsAt })
    }

    private static func joined(_ spans: [TimeSpan]) -> [TimeSpan] {
        spans.sorted { ($0.startsAt, $0.endsAt) < ($1.startsAt, $1.endsAt) }.reduce(into: []) { joined, span in
            guard let last = joined.last, span.startsAt <= last.endsAt,
                let longer = TimeSpan(from: last.startsAt, until: max(last.endsAt, span.endsAt))
            else {
                joined.append(span)
                return
            }
            joined[joined.count - 1] = longer
        }
    }
}
