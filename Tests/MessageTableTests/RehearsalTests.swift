import FoundationEssentials
import MessageTable
import Models
import NIOConcurrencyHelpers
import Postgres
import TestKit
import Testing

/// A past that is made up: its messages carry the time at which they happen.
@Suite struct RehearsalTests {
    private static let past = Instant(unixSeconds: 1_600_000_000)
    private static let handled = Statement("test.handled", "select count(*) = 2 from public.handled")
    private static let scheduled = Statement("test.scheduled", "select count(*) from message_table.scheduled")

    /// Schedules one message in the past that is made up and one in the far future, and publishes one that says when.
    private func fill(_ log: LogFixture) async throws {
        try await log.service.transaction(for: LogFixture.agency) { transaction in
            let (agency, stated) = (LogFixture.agency, MessageHeaders(rehearsedAt: Self.past))
            try transaction.publish(LogFixture.event(), agency: agency, headers: stated)
            for (id, due) in [(UUID(), Self.past + .seconds(60)), (UUID(), Instant(unixSeconds: 4_000_000_000))] {
                try transaction.schedule(LogFixture.event(), id: id, dueAt: due, agency: agency, headers: stated)
            }
        }
    }

    /// Runs a group with a clock; returns the times its handlers were told.
    private func times(_ clock: WallClock, _ log: LogFixture) async throws -> [Instant] {
        let times = NIOLockedValueBox<[Instant]>([])
        var group = ConsumerGroup("rehearsing")
        group.on(AssessmentRecorded.self) { event, context in
            times.withLockedValue { $0.append(context.now) }
            try await context.transaction.execute(HandlingTests.count, "rehearsing", context.message.id, event.key, 1)
        }
        try await log.running(log.loops([group], clock: clock, promotes: false)) {
            try await log.eventually(Self.handled)
        }
        return times.withLockedValue { $0.sorted() }
    }

    @Test("what comes due is handled at its own time, and what lies ahead stays")
    func promoted() async throws {
        try await LogFixture.with { log in
            try await fill(log)
            let rehearsal = Rehearsal(log.worker, agency: LogFixture.agency)
            #expect(try await rehearsal.promote(until: Self.past + .seconds(59)) == 0)
            #expect(try await rehearsal.promote(until: Self.past + .seconds(60)) == 1)
            #expect(try await times(.rehearsal, log) == [Self.past, Self.past + .seconds(60)])
            #expect(try await log.number(Self.scheduled) == 1)
        }
    }

    @Test("a process with a clock of its own is not told the time by a message")
    func ownClock() async throws {
        let present = Instant(unixSeconds: 1_800_000_000)
        try await LogFixture.with { log in
            try await fill(log)
            _ = try await Rehearsal(log.worker, agency: LogFixture.agency).promote(until: Self.past + .seconds(60))
            #expect(try await times(WallClock { present }, log) == [present, present])
        }
    }

    @Test("another agency's messages stay where they are")
    func otherAgency() async throws {
        try await LogFixture.with { log in
            try await fill(log)
            let other = Rehearsal(log.worker, agency: AgencyID(rawValue: UUID()))
            #expect(try await other.promote(until: Instant(unixSeconds: 5_000_000_000)) == 0)
            #expect(try await other.forget(until: Instant(unixSeconds: 5_000_000_000)) == 0)
            #expect(
                try await Rehearsal(log.worker, agency: LogFixture.agency).forget(until: Self.past + .seconds(60)) == 1)
            #expect(try await log.number(Self.scheduled) == 1)
        }
    }

    @Test("there is news until a tick covers what was committed")
    func news() async throws {
        try await LogFixture.with { log in
            let rehearsal = Rehearsal(log.worker, agency: LogFixture.agency)
            #expect(try await rehearsal.hasNews() == false)
            let before = try await rehearsal.tick()
            try await log.publish([LogFixture.event()])
            #expect(try await rehearsal.hasNews())
            #expect(try await rehearsal.tick() > before)
            #expect(try await rehearsal.hasNews() == false)
        }
    }
}
