import Logging
import MessageTable
import Models
import PeerMatchingDomain
import Postgres
import TestKit
import Testing

@testable import PeerMatching

/// The group behind the real message table: what is published by others comes in, deadlines come when they are due.
struct MessageFlowTests {
    @Test(
        "a published referral is dispatched, its deadlines escalate when the clock says so, its closing frees the peer")
    func flow() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2)
            try await running(fixture) { try await play(fixture) }
        }
    }

    @Test("the news that two are one passes over a peer who is asked for one and kept from the other")
    func merge() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2)
            try await fixture.store { store in
                try await store.put(
                    ExcludedPair(peerID: first, participantID: .number(901), reason: .noContactOrder), by: "supervisor")
            }
            try await running(fixture) {
                try await publish(ReferralAccepted.emergency(), fixture)
                try await eventually("offered") { try await steps(fixture) == [.offered] }
                #expect(try await fixture.newestMatch().offers.map(\.peerID) == [first])
                try await publish(
                    ParticipantMerged(
                        participantID: .number(901), intoID: .number(900), version: 1, mergedAt: .noon), fixture)
                try await eventually("passed over") {
                    try await fixture.newestMatch().offers.map(\.peerID) == [first, second]
                }
                #expect(try await fixture.newestMatch().offers.map(\.status) == [.withdrawn, .open])
            }
        }
    }

    private func running(_ fixture: MatchingFixture, _ body: () async throws -> Void) async throws {
        let loops = MessageLoops(
            .init(
                servicePool: fixture.service, workerPool: fixture.worker,
                listener: Listener(
                    fixture.database.superuser.login("peer_matching_worker", password: TestDatabase.password),
                    reactor: fixture.database.reactor, logger: .silent),
                groups: [PeerMatchingGroup(ids: fixture.ids).group], clock: fixture.clock.wall, ids: fixture.ids,
                logger: .silent))
        let task = Task { await loops.run() }
        do {
            try await body()
        } catch {
            await loops.stop()
            await task.value
            throw error
        }
        await loops.stop()
        await task.value
    }

    private func play(_ fixture: MatchingFixture) async throws {
        try await publish(ReferralAccepted.emergency(), fixture)
        try await eventually("offered") { try await steps(fixture) == [.offered] }
        #expect(try await fixture.scheduled().map(\.deadline) == [.acknowledge, .arrive])

        fixture.clock.move(toMinutesAfterNoon: 5)
        try await eventually("asked the second") { try await steps(fixture) == [.offered, .escalated] }
        let match = try await fixture.newestMatch()
        #expect(match.offers.map(\.peerID) == [first, second])
        #expect(match.offers.map(\.round) == [1, 2])

        try await fixture.store { store in
            try await store.updateMatch(match.id) { try $0.acknowledge(by: second, at: store.now) }
        }
        fixture.clock.move(toMinutesAfterNoon: 60)
        try await eventually("overdue") { try await fixture.newestMatch().times.overdueAt != nil }
        #expect(try await steps(fixture) == [.offered, .escalated, .acknowledged, .escalated])

        let plan = PlanPhaseChanged(
            planID: .number(1), referralID: .number(700), participantID: .number(900), version: 2, from: "transition",
            to: "transfer-of-care", changedAt: .noon)
        try await publish(plan, fixture)
        try await eventually("weighed") {
            try await fixture.store { try await $0.peer(second).weightedLoad } == 1
        }
        let closed = ReferralClosed(
            referralID: .number(700), participantID: .number(900), version: 3, reason: .needMet, closedAt: .noon)
        try await publish(closed, fixture)
        try await eventually("released") { try await fixture.store { try await $0.peer(second).caseload } == 0 }
    }

    private func publish(_ event: some Event, _ fixture: MatchingFixture) async throws {
        try await fixture.service.transaction(for: .north) { transaction in
            try transaction.publish(event, agency: .north, headers: .none)
        }
    }

    private func steps(_ fixture: MatchingFixture) async throws -> [DispatchStep?] {
        try await fixture.published(DispatchProgressed.self).map(\.step.known)
    }

    /// Looks again until it is so; the loops' own pauses are a quarter of a second.
    private func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NeverHappened(what: what)
    }

    private struct NeverHappened: Error { let what: String }
}
