import FoundationEssentials
import Logging
import MessageTable
import Models
import Postgres
import SchedulingDomain
import ServiceKit
import TestKit
import Testing

@testable import Scheduling

@Suite struct DeadlineTests {
    @Test("a missed contact opens outreach and the next deadline waits; one that was met opens none")
    func missed() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            try await fixture.passDeadline(of: plan.id)
            let missed = try await fixture.plan(plan.id)
            #expect(missed.contacts[0].status == .missed && missed.outreach?.status == .attempting)
            #expect(try await fixture.scheduled().map(\.0.sequence) == [2])
            let reached = try missed.contact(at: fixture.clock.now + .seconds(2 * 86_400))
            fixture.clock.set(reached.recordedAt)
            try await fixture.work { try await ContactStore.record(reached, in: $0) }
            let met = try await fixture.plan(plan.id)
            #expect(met.contacts[1].status == .met && met.outreach?.status == .reached)
            #expect(try await fixture.scheduled().map(\.0.sequence) == [3])
        }
    }

    @Test("every window that ended unmet is told once, also after a long standstill")
    func standstill() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let (event, _) = try await fixture.scheduled()[0]
            fixture.clock.set(.at("2026-03-20T12:00:00Z"))
            for _ in 0..<2 { try await fixture.work { try await DeadlineHandlers.handle(event, in: $0) } }
            let told = try await fixture.published(ContactOverdue.self)
            // The first one's own message is what was handled.
            #expect(told.map(\.sequence) == [2, 3, 4])
            let stored = try await fixture.plan(plan.id)
            #expect(told.map(\.dueAt) == stored.contacts[1...3].map(\.window.endsAt))
        }
    }

    @Test("a deadline that comes early, or twice, changes nothing and is waited for again")
    func early() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let event = try await fixture.scheduled()[0].0
            for _ in 0..<2 { try await fixture.work { try await DeadlineHandlers.handle(event, in: $0) } }
            #expect(try await fixture.plan(plan.id) == plan)
            #expect(try await fixture.scheduled().count == 1)
        }
    }

    @Test("an acute programme that nobody closes still goes over into check-ups, and five years later they end")
    func continuingCare() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            while try await fixture.scheduled().contains(where: { $0.0.planID == plan.id }) {
                try await fixture.passDeadline(of: plan.id)
            }
            let started = try await fixture.published(PlanStarted.self)
            #expect(started.map(\.programme) == [.overdoseFollowUp, .recoveryCheckUps])
            #expect(started[1].startedOn == .on("2026-04-17"))
            let checkUps = started[1].planID
            #expect(try await fixture.plan(checkUps).followsPlanID == plan.id)
            while let (event, _) = try await fixture.scheduled().first {
                try await fixture.passDeadline(of: event.planID)
            }
            let ended = try await fixture.plan(checkUps)
            #expect(ended.closureReason == .completed && fixture.clock.now > .at("2031-04-17T00:00:00Z"))
            let phases = try await fixture.published(PlanPhaseChanged.self).filter { $0.planID == checkUps }
            #expect(phases.map(\.to) == ["monthly", "quarterly", "half-yearly", "closed"])
            #expect(phases.map { $0.version! } == phases.map { $0.version! }.sorted())
        }
    }

    @Test("through the real message table: a published match becomes a plan, as the service's own logins")
    func journey() async throws {
        try await SchedulingFixture.with { fixture in
            try await fixture.database.withPool(login: "scheduling_worker") { worker in
                let loops = MessageLoops(
                    .init(
                        servicePool: fixture.service, workerPool: worker,
                        listener: Listener(
                            fixture.database.superuser.login("scheduling_worker", password: TestDatabase.password),
                            reactor: fixture.database.reactor, logger: .silent
                        ),
                        groups: [SchedulingMessages.group(ids: .version7(clock: .system), catalogue: .fixture)],
                        clock: fixture.clock.wall, ids: .version7(clock: .system), logger: .silent
                    )
                )
                let running = Task { await loops.run() }
                let match = MatchAccepted.fixture()
                let agency = fixture.agency
                try await fixture.service.transaction(for: agency) {
                    try $0.publish(match, agency: agency, headers: .none)
                }
                let deadline = ContinuousClock.now + .seconds(60)
                while try await fixture.published(PlanStarted.self).isEmpty, ContinuousClock.now < deadline {
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(try await fixture.published(PlanStarted.self).map(\.referralID) == [match.referralID])
                // The first deadline passes by the injected clock, is promoted, handled, and the next one waits.
                fixture.clock.advance(by: .seconds(3 * 86_400))
                while try await fixture.scheduled().map(\.0.sequence) != [2], ContinuousClock.now < deadline {
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(try await fixture.scheduled().map(\.0.sequence) == [2])
                await loops.stop()
                await running.value
            }
        }
    }
}
