import FoundationEssentials
import Models
import Postgres
import SchedulingDomain
import Testing

@testable import Scheduling

@Suite struct MatchHandlerTests {
    @Test(
        "a match starts the programme's plan, books its first contact and waits for the first deadline",
        arguments: [MatchKind.dispatch, .proposal])
    func start(_ kind: MatchKind) async throws {
        try await SchedulingFixture.with { fixture in
            let match = MatchAccepted.fixture(kind: kind)
            let plan = try await fixture.handle(match)
            #expect(plan.programme == .overdoseFollowUp && plan.contacts.count == 9 && plan.zone == .newYork)
            let started = try await fixture.published(PlanStarted.self)
            #expect(started.map(\.referralID) == [match.referralID] && started[0].startedOn == .on("2026-02-20"))
            let booked = try await fixture.published(AppointmentChanged.self)
            // Not before 20 hours from now, within nine to five: Saturday at nine.
            #expect(booked.map(\.startsAt) == [.at("2026-02-21T14:00:00Z")] && booked[0].status.known == .booked)
            let scheduled = try await fixture.scheduled()
            #expect(scheduled.count == 1 && scheduled[0].0.sequence == 1)
            #expect(scheduled[0].1 == .at("2026-02-22T15:00:00Z"))
        }
    }

    @Test("an agency whose time zone is not known gets no plan at guessed hours, but an error that says so")
    func unknownZone() async throws {
        try await SchedulingFixture.with { fixture in
            _ = try await fixture.observer.query(
                Statement("test.move_agency", "update handrail.agency set time_zone = 'Mars/Base'"))
            await #expect(throws: StoreRefusal.unknownZone) { try await fixture.handle(.fixture()) }
            #expect(try await fixture.published(PlanStarted.self).isEmpty)
        }
    }

    @Test("handled again it changes nothing")
    func again() async throws {
        try await SchedulingFixture.with { fixture in
            let match = MatchAccepted.fixture()
            let plan = try await fixture.handle(match)
            #expect(try await fixture.handle(match) == plan)
            #expect(try await fixture.published(PlanStarted.self).count == 1)
            #expect(try await fixture.published(AppointmentChanged.self).count == 1)
        }
    }

    @Test("two referrals of one match, handled at once, lead to one plan, and both hear of it")
    func joined() async throws {
        try await SchedulingFixture.with { fixture in
            let first = MatchAccepted.fixture()
            var second = first
            second.referralID = ReferralID(rawValue: UUID())
            let (one, other) = (first, second)
            async let left = fixture.handle(one)
            async let right = fixture.handle(other)
            let plans = try await [left, right]
            #expect(plans[0].id == plans[1].id)
            let started = try await fixture.published(PlanStarted.self)
            #expect(Set(started.map(\.referralID)) == [first.referralID, second.referralID] && started.count == 2)
            let contact = try plans[0].contact(at: fixture.clock.now)
            try await fixture.work { try await ContactStore.record(contact, in: $0) }
            #expect(
                try await Set(fixture.published(ContactRecorded.self).map(\.referralID)) == [
                    first.referralID, second.referralID,
                ])
        }
    }

    @Test("another peer takes over: the plan and its bookings follow, the old peer's time is free")
    func reassigned() async throws {
        try await SchedulingFixture.with { fixture in
            let match = MatchAccepted.fixture()
            _ = try await fixture.handle(match)
            var later = match
            later.peerID = PeerID(rawValue: UUID())
            later.version = 5
            let plan = try await fixture.handle(later)
            #expect(plan.peerID == later.peerID)
            let changes = try await fixture.published(AppointmentChanged.self)
            #expect(changes.map(\.status.known) == [.booked, .cancelled, .booked])
            #expect(changes.last?.peerID == later.peerID)
            #expect(try await fixture.handle(match).peerID == later.peerID, "an older version changes nothing")
        }
    }

    @Test("a new match of the same programme supersedes the running plan, without continuing care in between")
    func superseded() async throws {
        try await SchedulingFixture.with { fixture in
            let match = MatchAccepted.fixture()
            let old = try await fixture.handle(match)
            fixture.clock.advance(by: .seconds(30 * 86_400))
            let again = MatchAccepted.fixture(
                participantID: match.participantID, peerID: match.peerID, acceptedAt: fixture.clock.now
            )
            let new = try await fixture.handle(again)
            #expect(new.id != old.id)
            #expect(try await fixture.plan(old.id).closureReason == .superseded)
            #expect(try await fixture.published(PlanStarted.self).count == 2)
        }
    }

    @Test("in prison the plan is prepared, and has no dates yet")
    func prison() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture(.criticalTimeIntervention, kind: .proposal, setting: .prison))
            #expect(plan.status == .preparing && plan.phase.rawValue == "pre-transition")
        }
    }

    @Test(
        "the end of a dispatch is the bedside contact, once",
        arguments: zip(
            BedsideOutcome.allCases,
            [ContactOutcome.reached, .declined, .notReached, .notReached, .notReached, .declined]
        )
    )
    func bedside(_ outcome: BedsideOutcome, _ recorded: ContactOutcome) async throws {
        try await SchedulingFixture.with { fixture in
            let match = MatchAccepted.fixture()
            let plan = try await fixture.handle(match)
            func progress(_ step: DispatchStep, _ minutes: Int) -> DispatchProgressed {
                DispatchProgressed(
                    matchID: match.matchID, referralID: match.referralID, participantID: match.participantID,
                    peerID: match.peerID, version: minutes, step: step, outcome: step == .ended ? outcome : nil,
                    at: fixture.clock.now + .seconds(60 * minutes)
                )
            }
            for event in [progress(.arrived, 40), progress(.ended, 85), progress(.ended, 85)] {
                try await fixture.work { try await MatchHandlers.handle(event, in: $0) }
            }
            let contacts = try await fixture.published(ContactRecorded.self)
            #expect(contacts.map(\.outcome) == [recorded] && contacts[0].mode.known == .bedside)
            let stored = try await fixture.work { work in
                try await ContactQueries.find(contacts[0].contactID, in: work.transaction)
            }
            #expect(stored?.place == .emergencyDepartment && stored?.minutes == 45)
            #expect(contacts[0].occurredAt == fixture.clock.now + .seconds(40 * 60))
            #expect(contacts[0].planID == plan.id && contacts[0].dueAt == nil)
            #expect(try await fixture.plan(plan.id).closureReason == (outcome == .died ? .died : nil))
        }
    }
}
