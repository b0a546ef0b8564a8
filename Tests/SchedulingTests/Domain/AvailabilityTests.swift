import FoundationEssentials
import Models
import SchedulingDomain
import TestKit
import Testing

@Suite struct AvailabilityTests {
    private func availability(
        _ rules: [(Weekday, String, String)], absences: [(String, String)] = [], zone: CivilZone = .newYork
    ) throws -> Availability {
        try Availability(
            peerID: PeerID(rawValue: UUID()), zone: zone,
            rules: rules.map {
                AvailabilityRule(
                    weekday: $0.0, from: TimeOfDay($0.1)!, until: TimeOfDay($0.2)!, effectiveFrom: .on("2026-01-01")
                )!
            },
            absences: absences.map { Absence(time: span($0.0, $0.1), reason: .leave) }, version: 1
        )
    }

    private func span(_ start: String, _ end: String) -> TimeSpan { TimeSpan(from: .at(start), until: .at(end))! }

    private func starts(_ slots: [TimeSpan]) -> [String] { slots.map(\.startsAt.description) }

    @Test("weekly hours become slots on the wall clock, before and after the clocks change")
    func weekly() throws {
        let mondays = try availability([(.monday, "09:00", "10:00")])
        let slots = mondays.freeSlots(
            in: span("2026-03-01T00:00:00Z", "2026-03-15T00:00:00Z"), length: .seconds(1800), busy: []
        )
        #expect(
            starts(slots) == [
                "2026-03-02T14:00:00Z", "2026-03-02T14:30:00Z", "2026-03-09T13:00:00Z", "2026-03-09T13:30:00Z",
            ]
        )
    }

    @Test(
        "an hour that the clock skips has no slots, one that it shows twice has both",
        arguments: [("2026-03-08", 4), ("2026-11-01", 8), ("2026-11-08", 6)]
    )
    func changes(_ date: String, _ count: Int) throws {
        let nights = try availability([(.sunday, "00:00", "03:00")])
        let midnight = CivilZone.newYork.instant(on: .on(date))
        let slots = nights.freeSlots(
            in: TimeSpan(from: midnight, until: midnight + .seconds(86_400))!, length: .seconds(1800), busy: []
        )
        #expect(slots.count == count)
        #expect(Set(slots).count == count)
    }

    @Test("a night shift reaches into the next day, and joins the next one")
    func night() throws {
        let nights = try availability([(.friday, "22:00", "06:00"), (.saturday, "06:00", "07:00")])
        let slots = nights.freeSlots(
            in: span("2026-06-06T08:00:00Z", "2026-06-06T12:00:00Z"), length: .seconds(3600), busy: []
        )
        #expect(starts(slots) == ["2026-06-06T08:00:00Z", "2026-06-06T09:00:00Z", "2026-06-06T10:00:00Z"])
        #expect(nights.covers(span("2026-06-06T09:30:00Z", "2026-06-06T10:30:00Z")))
    }

    @Test("absences and bookings take slots away; what only touches them stays")
    func busy() throws {
        let day = try availability(
            [(.tuesday, "09:00", "12:00")], absences: [("2026-06-02T14:00:00Z", "2026-06-02T15:00:00Z")]
        )
        let slots = day.freeSlots(
            in: span("2026-06-02T00:00:00Z", "2026-06-03T00:00:00Z"), length: .seconds(1800),
            busy: [span("2026-06-02T13:10:00Z", "2026-06-02T13:20:00Z")]
        )
        #expect(starts(slots) == ["2026-06-02T13:30:00Z", "2026-06-02T15:00:00Z", "2026-06-02T15:30:00Z"])
        #expect(!day.covers(span("2026-06-02T14:30:00Z", "2026-06-02T15:30:00Z")))
    }

    @Test("a rule ends with its last date")
    func expired() throws {
        let rule = AvailabilityRule(
            weekday: .monday, from: TimeOfDay("09:00")!, until: TimeOfDay("10:00")!, effectiveFrom: .on("2026-01-01"),
            effectiveUntil: .on("2026-06-01")
        )!
        let hours = try Availability(
            peerID: PeerID(rawValue: UUID()), zone: .newYork, rules: [rule], absences: [], version: 1
        )
        let slots = hours.freeSlots(
            in: span("2026-05-31T00:00:00Z", "2026-07-01T00:00:00Z"), length: .seconds(3600), busy: []
        )
        #expect(starts(slots) == ["2026-06-01T13:00:00Z"])
    }

    @Test("slots never overlap each other, a booking or an absence, and lie within the hours")
    func property() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let rules = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                AvailabilityRule(
                    weekday: .allCases.randomElement(using: &generator)!,
                    from: TimeOfDay(minutes: 15 * .random(in: 0...95, using: &generator))!,
                    until: TimeOfDay(minutes: 15 * .random(in: 0...96, using: &generator))!,
                    effectiveFrom: .on("2026-01-01")
                )!
            }
            let base = Instant(unixSeconds: 900 * .random(in: 1_972_000...1_996_000, using: &generator))
            let taken = (0..<10).map { _ in
                let start = base + .seconds(60 * .random(in: 0...20_000, using: &generator))
                return TimeSpan(from: start, until: start + .seconds(60 * .random(in: 5...400, using: &generator)))!
            }
            let hours = try Availability(
                peerID: PeerID(rawValue: UUID()), zone: .newYork, rules: rules,
                absences: [Absence(time: taken[0], reason: .sick)], version: 1
            )
            let horizon = TimeSpan(from: base, until: base + .seconds(14 * 86_400))!
            let slots = hours.freeSlots(in: horizon, length: .seconds(1800), busy: Array(taken.dropFirst()))
            for (one, next) in zip(slots, slots.dropFirst()) { #expect(one.endsAt <= next.startsAt) }
            for slot in slots {
                #expect(!taken.contains(where: slot.overlaps))
                #expect(hours.covers(slot) && horizon.startsAt <= slot.startsAt && slot.endsAt <= horizon.endsAt)
            }
        }
    }
}
