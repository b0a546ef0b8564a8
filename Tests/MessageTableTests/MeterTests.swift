import FoundationEssentials
import Models
import Postgres
import ServiceKit
import TestKit
import Testing

@testable import MessageTable

/// What is measured of the log is so.
@Suite struct MeterTests {
    private static let tick = Statement("test.tick", "select message_table.tick()")

    private func lag(_ group: String, _ log: LogFixture) async throws -> LogOperator.Lag {
        try #require(try await LogOperator(log.worker).lag(of: [group]).first)
    }

    @Test("a group's lag counts the messages that it has not passed, also those that were in progress at its tick")
    func messagesBehind() async throws {
        try await LogFixture.with { log in
            let consumer = Consumer(
                group: HandlingTests.counting(), servicePool: log.service,
                reader: LogReader(group: "counting", pool: log.worker), clock: .system, logger: .silent)
            @Sendable func handleAll() async throws {
                var cursors = try await consumer.reader.cursors(of: Array(0..<16))
                var ahead = ReadAhead()
                while try await consumer.turn(&cursors, &ahead) != .idle {}
                _ = try await consumer.writeIdleCheckpoints(&cursors)
            }
            try await log.publish((0..<8).map { _ in LogFixture.event() })
            try await log.service.transaction(for: LogFixture.agency) { open in
                try open.publish(LogFixture.event(), agency: LogFixture.agency, headers: .none)
                try await open.flush()
                _ = try await log.worker.query(Self.tick)
                try await handleAll()
                #expect(try await lag("counting", log).messages == 0)
            }
            try await log.publish((0..<20).map { _ in LogFixture.event() })
            let behind = try await lag("counting", log)
            #expect(behind.messages == 21 && behind.ticks == 0)
            _ = try await log.worker.query(Self.tick)
            #expect(try await lag("counting", log).ticks == 1)
            try await handleAll()
            #expect(try await lag("counting", log).messages == 0)
            #expect(try await log.number(HandlingTests.total) == 29)
        }
    }

    @Test("a message without a tick, what is overdue, and an old transaction are seen by a worker login")
    func pulse() async throws {
        let age = Statement(
            "test.age",
            """
            select extract(epoch from clock_timestamp() - min(xact_start))::float8
            from pg_stat_activity
            where datname = current_database() and backend_xid is not null
            """)
        let now = Instant(unixSeconds: 1_700_000_000)
        try await LogFixture.with { log in
            let verbs = LogOperator(log.worker)
            _ = try await log.worker.query(Self.tick)
            #expect(try await verbs.pulse(at: now).unticked == 0)
            try await log.service.transaction(for: LogFixture.agency) { open in
                for seconds in [-60, -6, -4, 60] {
                    try open.schedule(
                        LogFixture.event(), id: UUID(), dueAt: now + .seconds(seconds), agency: LogFixture.agency,
                        headers: .none)
                }
                try await open.flush()
                let atLeast = try await log.observer.query(age)[0].decode(Double.self)
                let pulse = try await verbs.pulse(at: now)
                #expect(try #require(pulse.oldestTransaction) >= atLeast)
                #expect(pulse.overdue == 0 && pulse.unticked == 0)
            }
            #expect(try await verbs.pulse(at: now).overdue == 2)
            try await log.publish([LogFixture.event()])
            let pulse = try await verbs.pulse(at: now)
            #expect(pulse.unticked > 0 && pulse.tickAge >= pulse.unticked)
            _ = try await log.worker.query(Self.tick)
            #expect(try await verbs.pulse(at: now).unticked == 0)
        }
    }

    @Test("partners are listed with what waits, is dead, and until when they are paused; their gauges return to 0")
    func partners() async throws {
        let now = Instant(unixSeconds: 1_700_000_000)
        let kill = """
            update message_table.delivery set state = 'dead' where partner = 'gone';
            insert into message_table.delivery_queue (agency_id, partner) select agency_id, partner
            from message_table.delivery where partner = 'gone'
            """
        try await LogFixture.with { log in
            try await log.service.transaction(for: LogFixture.agency) { transaction in
                for (index, partner) in ["fails", "fails", "gone", "waits"].enumerated() {
                    transaction.deliver(
                        Delivery(
                            id: UUID(), partner: partner, kind: "webhook", subjectID: nil,
                            payload: JSONB(Array("{}".utf8)), idempotencyKey: "\(index)",
                            notBefore: now - .seconds(100 - index)),
                        agency: LogFixture.agency)
                }
            }
            try await log.observer.runScript(kill)
            let sender = DeliverySender(pool: log.worker, clock: WallClock { now }, logger: .silent) { _ in
                .failed("status 500")
            }
            let first = try #require(try await sender.claim(1, probes: 1).first)
            await sender.carryOut(first)
            let queues = try await LogOperator(log.worker).partnerQueues(at: now, limit: 10)
            #expect(queues.map(\.partner) == ["fails", "waits", "gone"])
            #expect(queues.map(\.waiting) == [2, 1, 0] && queues.map(\.dead) == [0, 0, 1])
            #expect(queues[0].oldestAt == now - .seconds(100) && queues[0].failures == 1)
            #expect(try #require(queues[0].pausedUntil) > now && queues[0].error == "status 500")
            #expect(queues[1].pausedUntil == nil && queues[1].error == nil)

            let registry = PrometheusRegistry()
            let meter = LogMeter(
                groups: [], sends: true, log: LogOperator(log.worker), clock: WallClock { now }, metrics: registry,
                logger: .silent)
            var memory = LogMeter.Memory()
            try await meter.record(&memory)
            var lines = registry.exposition()
            for line in [
                "delivery_waiting{partner=\"fails\"} 2", "delivery_wait_seconds{partner=\"fails\"} 100",
                "delivery_paused{partner=\"fails\"} 1", "delivery_paused{partner=\"waits\"} 0",
                "delivery_dead{partner=\"gone\"} 1", "message_scheduled_overdue 0",
            ] { #expect(lines.contains(line), "\(line) in \(lines)") }
            #expect(lines.contains("database_oldest_transaction_seconds"))
            try await log.observer.runScript("delete from message_table.delivery")
            try await meter.record(&memory)
            lines = registry.exposition()
            #expect(lines.contains("delivery_waiting{partner=\"fails\"} 0"))
            #expect(lines.contains("delivery_dead{partner=\"gone\"} 0"))
        }
    }

    @Test("partners are measured by name up to a hundred, and together beyond")
    func labels() {
        var labels = PartnerLabels()
        for index in 0..<PartnerLabels.most { #expect(labels.label(of: "\(index)") == "\(index)") }
        #expect(labels.zeros().count == PartnerLabels.most)
        #expect(labels.label(of: "one more") == PartnerLabels.others && labels.label(of: "7") == "7")
        #expect(labels.zeros().count == PartnerLabels.most + 1)
    }

    @Test("a value that stays too high is warned of at once, and then every minute")
    func warning() {
        let start = Instant(unixSeconds: 1_700_000_000)
        var warning = RepeatedWarning(above: 60, every: 60)
        let due = [(0, 60.0), (5, 61), (10, 66), (65, 121), (70, 126), (75, 3), (80, 61)].map { seconds, value in
            warning.isDue(value, at: start + .seconds(seconds))
        }
        #expect(due == [false, true, false, true, false, false, true])
    }
}
