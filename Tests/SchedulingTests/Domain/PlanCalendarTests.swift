import Models
import SchedulingDomain
import TestKit
import Testing

@Suite struct PlanCalendarTests {
    @Test("eight weeks after an overdose: 48 hours, day 7, then every week, on the agency's calendar")
    func overdose() throws {
        // Across the change of the clocks on 8 March 2026.
        let plan = try ContactPlan.fixture(.overdose, startedAt: .at("2026-02-20T15:00:00Z"))
        #expect(
            plan.contacts.map(\.dueOn.description) == [
                "2026-02-22", "2026-02-27", "2026-03-06", "2026-03-13", "2026-03-20", "2026-03-27", "2026-04-03",
                "2026-04-10", "2026-04-17",
            ]
        )
        #expect(plan.contacts[0].window.endsAt == .at("2026-02-22T15:00:00Z"))
        #expect(
            plan.contacts[1].window == TimeSpan(from: .at("2026-02-23T05:00:00Z"), until: .at("2026-02-28T05:00:00Z")))
        // From the tenth of March the day begins an hour earlier by UTC.
        #expect(
            plan.contacts[3].window == TimeSpan(from: .at("2026-03-10T04:00:00Z"), until: .at("2026-03-17T04:00:00Z")))
        #expect(plan.phases.map(\.endsOn?.description) == ["2026-04-17"])
    }

    @Test("the twelve-week option ends four weeks later")
    func twelveWeeks() throws {
        let plan = try ContactPlan.fixture(.overdose, option: "twelve-weeks")
        #expect(plan.contacts.count == 13)
        #expect(plan.phases[0].endsOn == .on("2026-05-15"))
    }

    @Test("an option that the programme lacks is refused")
    func unknownOption() {
        #expect { try ContactPlan.fixture(.overdose, option: "forever") } throws: {
            ($0 as? Refusal)?.code == .unknownOption
        }
    }

    @Test("check-ups run five years: weekly, monthly, quarterly, half-yearly")
    func checkUps() throws {
        let plan = try ContactPlan.fixture(.checkUps, startedAt: .at("2026-01-31T15:00:00Z"))
        #expect(plan.phases.map(\.endsOn?.description) == ["2026-04-30", "2027-01-31", "2028-01-31", "2031-01-31"])
        let counts = plan.phases.map { phase in plan.contacts.count { $0.phase == phase.code } }
        #expect(counts == [12, 9, 4, 6])
        #expect(plan.contacts.last?.dueOn == .on("2031-01-31"))
    }

    static let models: [ProgrammeModel] = [.cti, .overdose, .checkUps]

    @Test(
        "windows never overlap, come in order, and lie in their phases, whatever the day and the zone",
        arguments: models)
    func windows(_ model: ProgrammeModel) throws {
        var generator = SeededGenerator(seed: 11)
        let zones = ["America/New_York", "Africa/Cairo", "Pacific/Apia", "Europe/Berlin"].map {
            CivilZone(identifier: $0)!
        }
        for _ in 0..<300 {
            let start = Instant(unixSeconds: .random(in: 1_700_000_000...1_900_000_000, using: &generator))
            let option = model.options.randomElement(using: &generator)!
            let zone = zones.randomElement(using: &generator)!
            let plan = try ContactPlan.fixture(model, startedAt: start, option: option.code, setting: nil, zone: zone)
            #expect(plan.contacts.map(\.sequence) == Array(1...plan.contacts.count))
            for (one, next) in zip(plan.contacts, plan.contacts.dropFirst()) {
                #expect(one.window.endsAt <= next.window.startsAt, "\(start) \(zone.identifier) \(one.dueOn)")
            }
            for (one, next) in zip(plan.phases, plan.phases.dropFirst()) { #expect(one.endsOn == next.startsOn) }
            for contact in plan.contacts {
                let phase = plan.phases.first { $0.code == contact.phase }!
                #expect(phase.startsOn <= contact.dueOn && contact.dueOn <= phase.endsOn!)
                #expect(contact.window.startsAt >= start)
            }
        }
    }

    @Test(
        "Critical Time Intervention asks for less in each phase than in the one before",
        arguments: ProgrammeModel.cti.options)
    func decreasing(_ option: ProgrammeModel.Option) throws {
        let plan = try ContactPlan.fixture(.cti, option: option.code)
        let counts = plan.phases.map { phase in plan.contacts.count { $0.phase == phase.code } }
        #expect(counts.count == 3 && counts[0] > counts[1] && counts[1] > counts[2], "\(counts)")
    }
}
