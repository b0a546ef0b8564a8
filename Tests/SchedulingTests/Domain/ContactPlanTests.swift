import Models
import SchedulingDomain
import Testing

@Suite struct ContactPlanTests {
    @Test("a contact in the window meets the planned one, and the plan has begun")
    func met() throws {
        var plan = try ContactPlan.fixture()
        let recording = plan.record(try plan.contact(at: .at("2026-02-21T15:00:00Z")), model: .overdose)
        #expect(recording.met.map(\.sequence) == [1])
        #expect(recording.dueAt == .at("2026-02-22T15:00:00Z"))
        #expect(plan.contacts[0].status == .met && plan.begunAt != nil)
    }

    @Test("a bedside contact begins the plan and meets nothing of it")
    func bedside() throws {
        var plan = try ContactPlan.fixture()
        let recording = plan.record(try plan.contact(by: .bedside, at: .at("2026-02-20T16:00:00Z")), model: .overdose)
        #expect(recording.met.isEmpty && plan.begunAt != nil && plan.contacts[0].status == .planned)
    }

    @Test("an attempt that reached nobody meets nothing", arguments: ContactOutcome.allCases.filter { $0 != .reached })
    func notReached(_ outcome: ContactOutcome) throws {
        var plan = try ContactPlan.fixture()
        let recording = plan.record(try plan.contact(outcome, at: .at("2026-02-21T15:00:00Z")), model: .overdose)
        #expect(recording.met.isEmpty && plan.begunAt == nil && plan.contacts[0].status == .planned)
    }

    @Test("missed contacts open outreach once; dates stay where they were")
    func missed() throws {
        var plan = try ContactPlan.fixture()
        let dates = plan.contacts.map(\.dueOn)
        let effects = plan.deadlinesCame(at: .at("2026-03-01T12:00:00Z"), model: .overdose)
        #expect(effects == [.contactMissed(sequence: 1), .outreachOpened(sequence: 1), .contactMissed(sequence: 2)])
        #expect(plan.deadlinesCame(at: .at("2026-03-01T12:00:00Z"), model: .overdose).isEmpty)
        #expect(plan.contacts.map(\.dueOn) == dates && plan.phase.rawValue == "follow-up")
    }

    @Test("outreach turns to locating after 3 attempts by 2 channels over 10 days, not before")
    func locating() throws {
        var plan = try ContactPlan.fixture()
        _ = plan.deadlinesCame(at: .at("2026-02-22T16:00:00Z"), model: .overdose)
        for (mode, time) in [(ContactMode.phone, "2026-02-23T16:00:00Z"), (.phone, "2026-02-25T16:00:00Z")] {
            #expect(
                plan.record(try plan.contact(.notReached, by: mode, at: .at(time)), model: .overdose).effects.isEmpty)
        }
        #expect(
            plan.record(try plan.contact(.notReached, by: .phone, at: .at("2026-03-06T16:00:00Z")), model: .overdose)
                .effects.isEmpty)
        #expect(plan.outreach?.status == .attempting, "three attempts, one channel")
        let effects = plan.record(
            try plan.contact(.leftMessage, by: .text, at: .at("2026-03-06T17:00:00Z")), model: .overdose
        ).effects
        #expect(effects == [.outreachLocating(sequence: 1)])
    }

    @Test("enough attempts before the tenth day turn to locating on that day")
    func tenthDay() throws {
        var plan = try ContactPlan.fixture()
        let opened = Instant.at("2026-02-22T16:00:00Z")
        _ = plan.deadlinesCame(at: opened, model: .overdose)
        for mode in [ContactMode.phone, .text, .inPerson] {
            _ = plan.record(try plan.contact(.notReached, by: mode, at: opened + .seconds(3600)), model: .overdose)
        }
        #expect(plan.outreach?.status == .attempting)
        let tenth = opened + .seconds(10 * 86_400)
        #expect(plan.deadlinesCame(at: tenth, model: .overdose).contains(.outreachLocating(sequence: 1)))
    }

    @Test("who is reached late meets the last missed contact, and outreach ends")
    func reachedLate() throws {
        var plan = try ContactPlan.fixture()
        _ = plan.deadlinesCame(at: .at("2026-03-01T12:00:00Z"), model: .overdose)
        let recording = plan.record(try plan.contact(at: .at("2026-03-02T12:00:00Z")), model: .overdose)
        #expect(recording.met.map(\.sequence) == [2] && recording.met[0].status == .metLate)
        #expect(recording.effects == [.outreachEnded(sequence: 1)])
        #expect(plan.contacts[0].status == .missed)
    }

    @Test(
        "each deadline lies ahead until the plan is over, and then there is none", arguments: PlanCalendarTests.models)
    func deadlines(_ model: ProgrammeModel) throws {
        var plan = try ContactPlan.fixture(model)
        var now = plan.startedAt
        var continued = 0
        for _ in 0..<200 {
            guard let next = plan.nextDeadline(after: now, model: model) else { break }
            #expect(next.at > now)
            now = next.at
            let effects = plan.deadlinesCame(at: now, model: model)
            continued += effects.count { if case .continuationDue = $0 { true } else { false } }
        }
        #expect(plan.nextDeadline(after: now, model: model) == nil)
        #expect(!plan.contacts.contains { $0.status == .planned })
        if model.stage == .acute {
            // Nobody closed it, yet the continuing care began on its last day, once.
            #expect(continued == 1 && plan.status == .active)
        } else {
            #expect(plan.status == .closed && plan.closureReason == .completed)
        }
    }

    @Test("a recurrence makes check-ups weekly for twelve weeks and moves no date")
    func recurrence() throws {
        var plan = try ContactPlan.fixture(.checkUps, startedAt: .at("2026-01-31T15:00:00Z"))
        let before = plan.contacts
        let now = Instant.at("2027-06-01T15:00:00Z")
        _ = plan.deadlinesCame(at: now, model: .checkUps)
        let added = try plan.tighten(afterRecurrenceOn: .on("2027-05-30"), at: now, model: .checkUps)
        #expect(added.count == 12 && added.allSatisfy { $0.purpose == .afterRecurrence })
        #expect(plan.contacts.prefix(before.count).map(\.dueOn) == before.map(\.dueOn))
        let again = try plan.tighten(afterRecurrenceOn: .on("2027-05-31"), at: now, model: .checkUps)
        #expect(again.isEmpty, "one call a week, not two")
    }

    @Test("one contact meets the regular check-up and the weekly one that fall together")
    func bothMet() throws {
        var plan = try ContactPlan.fixture(.checkUps, startedAt: .at("2026-01-31T15:00:00Z"))
        let now = Instant.at("2027-04-20T15:00:00Z")
        _ = plan.deadlinesCame(at: now, model: .checkUps)
        _ = try plan.tighten(afterRecurrenceOn: .on("2027-04-20"), at: now, model: .checkUps)
        let recording = plan.record(try plan.contact(at: .at("2027-04-28T15:00:00Z")), model: .checkUps)
        #expect(Set(recording.met.map(\.purpose.rawValue)) == ["check-up", "after-recurrence"])
    }

    @Test("a recurrence in the future or long past is refused", arguments: ["2026-02-21", "2025-11-01"])
    func recurrenceDate(_ date: String) throws {
        var plan = try ContactPlan.fixture(.checkUps)
        #expect(throws: Refusal.self) {
            try plan.tighten(afterRecurrenceOn: .on(date), at: .at("2026-02-20T16:00:00Z"), model: .checkUps)
        }
    }
}
