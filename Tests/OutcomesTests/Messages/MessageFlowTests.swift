import Logging
import MessageTable
import Models
import Postgres
import TestKit
import Testing

@testable import Outcomes

/// The group behind the real message table: what others publish comes in, once.
@Suite("The group in the message table")
struct MessageFlowTests {
    @Test("what the other services publish becomes a timeline, and a redrive changes nothing")
    func flow() async throws {
        try await OutcomesFixture.with { fixture in
            let loops = MessageLoops(
                .init(
                    servicePool: fixture.service, workerPool: fixture.worker,
                    listener: Listener(
                        fixture.database.superuser.login("outcomes_worker", password: TestDatabase.password),
                        reactor: fixture.database.reactor, logger: .silent
                    ),
                    groups: [OutcomesGroup(ids: fixture.ids).consumers], clock: fixture.clock.wall, ids: fixture.ids,
                    logger: .silent
                )
            )
            let running = Task { await loops.run() }
            do {
                try await Self.play(fixture)
            } catch {
                await loops.stop()
                await running.value
                throw error
            }
            await loops.stop()
            await running.value
        }
    }

    private static func play(_ fixture: OutcomesFixture) async throws {
        try await publish(ReferralAccepted.fixture(), fixture)
        try await publish(MatchAccepted.fixture(), fixture)
        try await publish(PlanStarted.fixture(), fixture)
        for number in 0..<40 {
            try await publish(ContactRecorded.fixture(UInt32(number), at: .noon + .seconds(number)), fixture)
        }
        // The same again, as after an operator's redrive.
        try await publish(ReferralAccepted.fixture(), fixture)
        try await publish(ContactRecorded.fixture(0, at: .noon), fixture)
        let last = ReferralClosed(
            referralID: .number(700), participantID: .number(900), version: 3, reason: .needMet,
            closedAt: .noon + .seconds(100)
        )
        try await publish(last, fixture)
        try await eventually("everything is there") { try await fixture.number(lines) == 44 }
        #expect(try await fixture.number(parked) == 0)
    }

    private static func publish(_ event: some Event, _ fixture: OutcomesFixture) async throws {
        try await fixture.observer.withTransaction(.agency(.north)) { transaction in
            try transaction.publish(event, agency: .north, headers: .none)
        }
    }

    /// Looks again until it is so; the loops' own pauses are a quarter of a second.
    private static func eventually(_ what: String, _ isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try await isSo() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("never: \(what)")
    }

    private static let lines = Statement("test.lines", "select count(*) from outcome.timeline_event")
    private static let parked = Statement("test.parked", "select count(*) from message_table.parked")
}
