import CoreMetrics
import FoundationEssentials
import Models
import NIOConcurrencyHelpers
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import MessageTable

/// Who works on which slots: a process that dies is succeeded, and one that comes back changes nothing.
@Suite struct LeaseTests {
    private static let tick = Statement("test.tick", "select message_table.tick()")
    /// As if a member had renewed its lease so long ago.
    private static let age = Statement(
        "test.age",
        """
        update message_table.member set renewed_at = clock_timestamp() - make_interval(secs => $2)
        where member_id = $1
        """)

    private func consumer(_ group: ConsumerGroup, _ log: LogFixture) -> Consumer {
        Consumer(
            group: group, servicePool: log.service, reader: LogReader(group: group.name, pool: log.worker),
            clock: .system, logger: .silent)
    }

    @Test("a member that renews no more keeps its slots for ten seconds, and then the others have them")
    func takeover() async throws {
        try await LogFixture.with { log in
            let (dead, survivor) = (
                Membership(group: "g", member: UUID(), pool: log.worker),
                Membership(group: "g", member: UUID(), pool: log.worker)
            )
            #expect(try await dead.renew().slots == Array(0..<16))
            #expect(try await survivor.renew().slots.count == 8)
            _ = try await log.observer.query(Self.age, dead.member, Membership.timeToLive / 2)
            #expect(try await survivor.renew().slots.count == 8)
            _ = try await log.observer.query(Self.age, dead.member, Membership.timeToLive)
            #expect(try await survivor.renew().slots == Array(0..<16))
            // Should it come back, it shares again.
            #expect(try await dead.renew().slots.count == 8)
        }
    }

    @Test("whoever is left looks again within a second of the end of another's lease")
    func looksAgain() {
        #expect(Membership.pause(ages: []) == Membership.renewEvery)
        for age in stride(from: 0.0, through: 12, by: 0.1) {
            let pause = Membership.pause(ages: [0.3, age])
            #expect(pause > .zero && pause <= Membership.renewEvery)
            // However the looks fall: the last one before the end is followed by one within a second after it.
            if Membership.timeToLive - age < 2 {
                #expect(.seconds(age) + pause <= .seconds(max(age, Membership.timeToLive)) + .seconds(1))
            }
        }
    }

    @Test("a process that was taken for dead finds its work undone and goes on behind its successor; it is counted")
    func fenced() async throws {
        // The next checkpoint of each slot, at the place where the slot is: as a successor writes it.
        let overtake = Statement(
            "test.overtake",
            """
            insert into message_table.checkpoint (grp, slot, step, lo_tick)
            select 'g', s.slot, coalesce(last.step, 0) + 1,
                coalesce(last.lo_tick, (select min(tick_id) from message_table.tick))
            from generate_series(0, 15) s (slot)
            left join lateral (
                select c.step, c.lo_tick
                from message_table.checkpoint c
                where c.grp = 'g' and c.slot = s.slot
                order by c.step desc
                limit 1
            ) last on true
            """)
        let isFirst = NIOLockedValueBox(true)
        try await LogFixture.with { log in
            var group = ConsumerGroup("g")
            group.on(AssessmentRecorded.self) { event, context in
                try await context.transaction.execute(
                    HandlingTests.count, "g", context.message.id, event.key, event.version)
                let overtakes = isFirst.withLockedValue { isFirst in
                    defer { isFirst = false }
                    return isFirst
                }
                if overtakes { _ = try await log.observer.query(overtake) }
            }
            let registry = PrometheusRegistry()
            try await log.running(log.loops([group], metrics: registry)) {
                try await log.publish((0..<20).map { _ in LogFixture.event() })
                try await log.eventually(HandlingTests.total, is: 20)
            }
            #expect(registry.exposition().contains("message_fenced_total{group=\"g\"} 1"))
            let distinct = Statement("test.distinct", "select count(distinct id) from public.handled")
            #expect(try await log.number(distinct) == 20)
        }
    }

    @Test("a zombie that wakes up behind its successor handles nothing again")
    func zombie() async throws {
        try await LogFixture.with { log in
            let group = HandlingTests.counting("g")
            let zombie = consumer(group, log)
            var asleep = try await zombie.reader.cursors(of: Array(0..<16))
            try await log.publish((0..<30).map { _ in LogFixture.event() })
            _ = try await log.worker.query(Self.tick)
            let successor = consumer(group, log)
            var cursors = try await successor.reader.cursors(of: Array(0..<16))
            var (ahead, aheadOfZombie) = (ReadAhead(), ReadAhead())
            while try await successor.turn(&cursors, &ahead) != .idle {}
            #expect(try await log.number(HandlingTests.total) == 30)
            guard case .overtaken(let slots) = try await zombie.turn(&asleep, &aheadOfZombie) else {
                Issue.record("the zombie was not told")
                return
            }
            #expect(!slots.isEmpty)
            #expect(try await log.number(HandlingTests.total) == 30)
        }
    }

    @Test("parked messages of many keys that succeed at last take one commit, and those that fail again stay parked")
    func parkedTogether() async throws {
        struct Refused: Error {}
        let parked = Statement("test.parked", "select count(*) from message_table.parked")
        let retryNow = "update message_table.parked set next_at = '-infinity'"
        let steps = Statement(
            "test.steps", "select count(distinct xmin::text) from message_table.checkpoint where grp = 'g'")
        let refusing = NIOLockedValueBox(true)
        let stubborn = AssessmentID(rawValue: UUID())
        try await LogFixture.with { log in
            var group = ConsumerGroup("g")
            group.on(AssessmentRecorded.self) { event, context in
                try await context.transaction.execute(
                    HandlingTests.count, "g", context.message.id, event.key, event.version)
                if refusing.withLockedValue({ $0 }) || event.assessmentID == stubborn { throw Refused() }
            }
            try await log.publish((0..<30).map { _ in LogFixture.event() } + [LogFixture.event(key: stubborn)])
            _ = try await log.worker.query(Self.tick)
            let consumer = consumer(group, log)
            var (cursors, ahead) = (try await consumer.reader.cursors(of: Array(0..<16)), ReadAhead())
            while try await consumer.turn(&cursors, &ahead) != .idle {}
            #expect(try await log.number(parked) == 31)
            let before = try await log.number(steps)
            refusing.withLockedValue { $0 = false }
            try await log.observer.runScript(retryNow)
            #expect(try await consumer.retryParked(&cursors) == .worked)
            #expect(try await log.number(HandlingTests.total) == 30)
            #expect(try await log.number(parked) == 1)
            #expect(try await log.number(steps) == before + 1)
            #expect(try await consumer.retryParked(&cursors) == .idle)
        }
    }

    @Test("a consumer that hears of nothing looks by itself")
    func silence() async throws {
        try await LogFixture.with { log in
            // Its loop alone: no listener, and no ticker in this process that would wake it.
            let member = Membership(group: "g", member: UUID(), pool: log.worker)
            let metrics = NOOPMetricsHandler.instance
            let loop = ConsumerLoop(
                consumer: consumer(HandlingTests.counting("g"), log), membership: member,
                position: Gauge(label: "p", dimensions: [], factory: metrics),
                fenced: Counter(label: "f", dimensions: [], factory: metrics), loop: Loop("g", logger: .silent))
            let running = Task { await loop.run() }
            do {
                for round in 1...3 {
                    try await log.publish([LogFixture.event()])
                    _ = try await log.worker.query(Self.tick)
                    try await log.eventually(HandlingTests.total, is: round)
                }
            } catch {
                await loop.loop.stop()
                await running.value
                throw error
            }
            await loop.loop.stop()
            await running.value
        }
    }
}
