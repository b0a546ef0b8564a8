import FoundationEssentials
import MessageTable
import Models
import Postgres
import SchedulingDomain
import Testing

@testable import Scheduling

@Suite struct BookingTests {
    private func appointment(
        _ fixture: SchedulingFixture, peer: PeerID = PeerID(rawValue: UUID()),
        participant: ParticipantID = ParticipantID(rawValue: UUID()), from minutes: Int = 60, lasting length: Int = 30
    ) throws -> Appointment {
        let start = fixture.clock.now + .seconds(60 * minutes)
        return try Appointment(
            booking: AppointmentID(rawValue: UUID()), participantID: participant, peerID: peer, planID: nil,
            sequence: nil, referralID: nil, time: TimeSpan(from: start, until: start + .seconds(60 * length))!,
            mode: .phone, place: nil, at: fixture.clock.now
        )
    }

    @Test("ten bookings of one time at once: one wins, the others hear who is busy", arguments: [true, false])
    func race(_ samePeer: Bool) async throws {
        try await SchedulingFixture.with { fixture in
            let (peer, participant) = (PeerID(rawValue: UUID()), ParticipantID(rawValue: UUID()))
            let results = try await withThrowingTaskGroup(of: Refusal.Code?.self) { group in
                for index in 0..<10 {
                    let wish =
                        samePeer
                        ? try appointment(fixture, peer: peer, from: 60 + index)
                        : try appointment(fixture, participant: participant, from: 60 + index)
                    group.addTask {
                        do {
                            try await fixture.work { try await AppointmentStore.book(wish, in: $0) }
                            return nil
                        } catch let refusal as Refusal {
                            return refusal.code
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.count { $0 == nil } == 1)
            #expect(results.compactMap(\.self).allSatisfy { $0 == (samePeer ? .peerBusy : .participantBusy) })
            #expect(try await fixture.published(AppointmentChanged.self).count == 1)
        }
    }

    @Test("appointments may touch, and a cancelled one's time is free again")
    func free() async throws {
        try await SchedulingFixture.with { fixture in
            let peer = PeerID(rawValue: UUID())
            let first = try appointment(fixture, peer: peer)
            try await fixture.work { try await AppointmentStore.book(first, in: $0) }
            let next = try appointment(fixture, peer: peer, from: 90)
            try await fixture.work { try await AppointmentStore.book(next, in: $0) }
            try await fixture.work { work in
                try await AppointmentStore.update(first.id, in: work) { try $0.cancel(.weather) }
            }
            let again = try appointment(fixture, peer: peer)
            try await fixture.work { try await AppointmentStore.book(again, in: $0) }
        }
    }

    @Test("a change that is based on an old version is refused")
    func stale() async throws {
        try await SchedulingFixture.with { fixture in
            let booked = try appointment(fixture)
            try await fixture.work { try await AppointmentStore.book(booked, in: $0) }
            try await fixture.work { work in
                try await AppointmentStore.update(booked.id, expecting: 1, in: work) { try $0.arrive() }
            }
            await #expect(throws: StoreRefusal.stale) {
                try await fixture.work { work in
                    try await AppointmentStore.update(booked.id, expecting: 1, in: work) { try $0.fulfil() }
                }
            }
        }
    }

    @Test("first contacts are booked in the peer's hours, around what is booked, and not where none is free")
    func firstBooking() async throws {
        try await SchedulingFixture.with { fixture in
            let peer = PeerID(rawValue: UUID())
            // The 48 hours end on Sunday at ten: one hour on Saturday is all there is.
            let rule = AvailabilityRule(
                weekday: .saturday, from: TimeOfDay("11:00")!, until: TimeOfDay("12:00")!,
                effectiveFrom: .on("2026-01-01")
            )!
            let hours = try Availability(peerID: peer, zone: .newYork, rules: [rule], absences: [], version: 0)
            _ = try await fixture.work { try await AvailabilityStore.replace(hours, expecting: 0, in: $0) }
            for _ in 0..<3 { _ = try await fixture.handle(.fixture(peerID: peer)) }
            let booked = try await fixture.published(AppointmentChanged.self)
            #expect(booked.map(\.startsAt) == [.at("2026-02-21T16:00:00Z"), .at("2026-02-21T16:30:00Z")])
            #expect(try await fixture.published(PlanStarted.self).count == 3, "the third plan started all the same")
        }
    }

    @Test("another agency's rows are not there, whatever is asked")
    func tenants() async throws {
        try await SchedulingFixture.with { fixture in
            let booked = try appointment(fixture)
            try await fixture.work { try await AppointmentStore.book(booked, in: $0) }
            let plan = try await fixture.handle(.fixture())
            let other = AgencyID(rawValue: UUID())
            try await fixture.addAgency(other)
            try await fixture.service.transaction(for: other) { transaction in
                let appointment = try await AppointmentStore.find(booked.id, in: transaction)
                let hidden = try await PlanStore.load(plan.id, locking: false, in: transaction)
                #expect(appointment == nil && hidden == nil)
            }
            let unset = try await fixture.service.query(PlanStatements.find, plan.id)
            #expect(unset.isEmpty, "without an agency there is nothing")
        }
    }
}
