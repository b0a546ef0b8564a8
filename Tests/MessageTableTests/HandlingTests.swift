import FoundationEssentials
import MessageTable
import Models
import NIOConcurrencyHelpers
import Postgres
import TestKit
import Testing

/// Publishing, handling, parking, scheduling and delivering on a real PostgreSQL, as a service's own logins.
@Suite struct HandlingTests {
    static let count = Statement(
        "test.count", "insert into public.handled (grp, id, key, version) values ($1, $2, $3, $4)")
    static let total = Statement("test.total", "select count(*) from public.handled")
    static let someHandled = Statement("test.some", "select count(*) > 0 from public.handled")

    static func counting(_ name: String = "counting") -> ConsumerGroup {
        var group = ConsumerGroup(name)
        group.on(AssessmentRecorded.self) { event, context in
            try await context.transaction.execute(Self.count, name, context.message.id, event.key, event.version)
        }
        return group
    }

    @Test("what a transaction publishes is handled once by each group; what it rolls back never")
    func publishing() async throws {
        struct Stop: Error {}
        let done = Statement(
            "test.done",
            "select count(*) filter (where grp = 'a') = 3 and count(*) filter (where grp = 'b') = 3 from public.handled"
        )
        try await LogFixture.with { log in
            try await log.publish([LogFixture.event(), LogFixture.event()])
            await #expect(throws: Stop.self) {
                try await log.service.transaction(for: LogFixture.agency) { transaction in
                    try transaction.publish(LogFixture.event(), agency: LogFixture.agency, headers: .none)
                    try await transaction.flush()
                    throw Stop()
                }
            }
            try await log.running(log.loops([Self.counting("a"), Self.counting("b")])) {
                try await log.publish([LogFixture.event()])
                try await log.eventually(done)
            }
            #expect(try await log.number(Self.total) == 6)
        }
    }

    @Test("a failing message parks with those of its key behind it, others go on, and all are handled in order later")
    func parking() async throws {
        struct Refused: Error {}
        let othersDone = Statement(
            "test.others", "select count(*) = 4 from public.handled where key like 'ffffffff%'")
        let parked = Statement("test.parked", "select count(*) = 3 from message_table.parked")
        let retryNow = Statement("test.retry", "update message_table.parked set next_at = '-infinity'")
        let allDone = Statement("test.all", "select count(*) = 7 from public.handled")
        let order = Statement(
            "test.order",
            """
            select string_agg(version::text, ',' order by n)
            from public.handled
            where key not like 'ffffffff%'
            """)
        let stuck = AssessmentID(rawValue: UUID())
        let refusing = NIOLockedValueBox(true)
        var group = ConsumerGroup("parking")
        group.on(AssessmentRecorded.self) { event, context in
            try await context.transaction.execute(
                Self.count, "parking", context.message.id, event.key, event.version)
            if event.assessmentID == stuck && refusing.withLockedValue({ $0 }) { throw Refused() }
        }
        let handlers = group
        try await LogFixture.with { log in
            let other = AssessmentID("ffffffff-0000-7000-8000-000000000000")!
            for version in 1...3 { try await log.publish([LogFixture.event(key: stuck, version: version)]) }
            try await log.publish((1...4).map { LogFixture.event(key: other, version: $0) })
            try await log.running(log.loops([handlers])) {
                try await log.eventually(othersDone)
                try await log.eventually(parked)
                refusing.withLockedValue { $0 = false }
                _ = try await log.observer.query(retryNow)
                try await log.eventually(allDone)
            }
            let rows = try await log.observer.query(order)
            #expect(try rows[0].decode(String.self) == "1,2,3")
        }
    }

    @Test("a message that cannot be decoded is dead at once, and its error shows nothing of it")
    func undecodable() async throws {
        let publish = Statement(
            "test.publish",
            """
            insert into message_table.message (topic, key, agency_id, payload)
            values ('assessment.recorded.v1', 'k', $1, '{"secret": "confidential"}')
            """)
        let dead = Statement("test.dead", "select count(*) = 1 from message_table.parked where dead")
        let error = Statement("test.error", "select error from message_table.parked")
        try await LogFixture.with { log in
            try await log.service.transaction(for: LogFixture.agency) { transaction in
                _ = try await transaction.query(publish, LogFixture.agency)
            }
            try await log.running(log.loops([Self.counting()])) { try await log.eventually(dead) }
            let text = try await log.observer.query(error)[0].decode(String.self)
            #expect(text == "the payload is no AssessmentRecorded")
            #expect(try await log.number(Self.total) == 0)
        }
    }

    @Test("a full disk is no message's fault: nothing is parked, and all goes on when there is space again")
    func outage() async throws {
        let fail = Statement("test.fail", "select public.fail()::text")
        let parked = Statement("test.parked", "select count(*) from message_table.parked")
        let tries = NIOLockedValueBox(0)
        var group = ConsumerGroup("g")
        group.on(AssessmentRecorded.self) { event, context in
            try await context.transaction.execute(Self.count, "g", context.message.id, event.key, event.version)
            let isFull = tries.withLockedValue { tries in
                tries += 1
                return tries <= 4
            }
            if isFull { try await context.transaction.query(fail) }
        }
        let handlers = group
        try await LogFixture.with { log in
            try await log.observer.runScript(
                """
                create function public.fail() returns void language plpgsql as $$
                begin raise exception 'no space left' using errcode = '53100'; end $$
                """)
            try await log.publish((1...3).map { _ in LogFixture.event() })
            try await log.running(log.loops([handlers])) { try await log.eventually(Self.total, is: 3) }
            #expect(try await log.number(parked) == 0)
            // Four times at the first message, and then all three.
            #expect(tries.withLockedValue { $0 } == 7)
        }
    }

    /// What a handler can get wrong so that it first shows in the client, or at the commit.
    enum Mistake: String, CaseIterable, CustomTestStringConvertible {
        case readsAnotherType, passesARefusalBy

        var testDescription: String { rawValue }
    }

    @Test("a handler's mistake parks the message, and holds up no other", arguments: Mistake.allCases)
    func mistakes(_ mistake: Mistake) async throws {
        let text = Statement("test.text", "select 'text'")
        let refused = Statement("test.refused", "select 1 / 0")
        let others = Statement("test.others", "select count(*) = 3 from public.handled")
        let parked = Statement("test.parked", "select count(*) = 1 from message_table.parked where attempt > 0")
        let mistaken = AssessmentID(rawValue: UUID())
        var group = ConsumerGroup("g")
        group.on(AssessmentRecorded.self) { event, context in
            try await context.transaction.execute(Self.count, "g", context.message.id, event.key, event.version)
            guard event.assessmentID == mistaken else { return }
            switch mistake {
            case .readsAnotherType: _ = try await context.transaction.query(text)[0].decode(Int.self)
            case .passesARefusalBy: do { try await context.transaction.query(refused) } catch {}
            }
        }
        let handlers = group
        try await LogFixture.with { log in
            try await log.publish([LogFixture.event(), LogFixture.event(key: mistaken)])
            try await log.publish([LogFixture.event(), LogFixture.event()])
            try await log.running(log.loops([handlers])) {
                try await log.eventually(others)
                try await log.eventually(parked)
            }
        }
    }

    @Test("a scheduled message waits for its time by the injected clock; what was taken back never comes")
    func scheduling() async throws {
        let now = NIOLockedValueBox(Instant(unixSeconds: 1_000_000))
        let clock = WallClock { now.withLockedValue { $0 } }
        let (wanted, unwanted) = (UUID(), UUID())
        let due = Instant(unixSeconds: 2_000_000)
        try await LogFixture.with { log in
            try await log.service.transaction(for: LogFixture.agency) { transaction in
                for id in [wanted, unwanted] {
                    try transaction.schedule(
                        LogFixture.event(), id: id, dueAt: due, agency: LogFixture.agency, headers: .none)
                }
                transaction.unschedule(id: unwanted, agency: LogFixture.agency)
            }
            let waiting = Statement("test.waiting", "select count(*) from message_table.scheduled")
            try await log.running(log.loops([Self.counting()], clock: clock)) {
                // A published message comes through while the scheduled one still waits.
                try await log.publish([LogFixture.event()])
                try await log.eventually(Self.someHandled)
                #expect(try await log.number(waiting) == 1)
                now.withLockedValue { $0 = due }
                try await log.eventually(
                    Statement("test.two", "select count(*) = 2 and count(version) = 2 from public.handled"))
            }
            #expect(try await log.number(waiting) == 0)
        }
    }

    @Test("a delivery goes out once; a failing partner waits and holds up nobody else")
    func deliveries() async throws {
        let sent = NIOLockedValueBox<[String]>([])
        let send: @Sendable (DeliveryAttempt) async -> DeliveryResult = { attempt in
            sent.withLockedValue { $0.append("\(attempt.partner) \(attempt.idempotencyKey)") }
            return attempt.partner == "broken" ? .failed("no answer") : .sent
        }
        let settled = Statement(
            "test.settled",
            """
            select count(*) filter (where state = 'sent') = 3
                and count(*) filter (where state = 'ready' and partner = 'broken') = 2
                and exists (
                    select from message_table.delivery_queue
                    where partner = 'broken' and paused_until > clock_timestamp() and leased_until is null)
            from message_table.delivery
            """)
        try await LogFixture.with { log in
            try await log.service.transaction(for: LogFixture.agency) { transaction in
                for (index, partner) in ["broken", "well", "broken", "well", "other", "other"].enumerated() {
                    let key = index == 5 ? "key 4" : "key \(index)"
                    transaction.deliver(
                        Delivery(
                            id: UUID(), partner: partner, kind: "webhook", subjectID: nil,
                            payload: JSONB(Array("{}".utf8)), idempotencyKey: key,
                            notBefore: Instant(unixSeconds: Int64(index))),
                        agency: LogFixture.agency)
                }
            }
            try await log.running(log.loops([], send: send)) { try await log.eventually(settled) }
            #expect(
                sent.withLockedValue { $0.sorted() } == ["broken key 0", "other key 4", "well key 1", "well key 3"])
        }
    }

    @Test("a clock that is set back by two hours loses no message; by more than a day it stops the log, and says so")
    func clockSetBack() async throws {
        // As if the clock had been ahead until now.
        let setBack = "update message_table.tick set at = at + interval '2 hours'"
        let tick = Statement("test.tick", "select message_table.tick()")
        try await LogFixture.with { log in
            try await log.running(log.loops([Self.counting()])) {
                for published in 1...3 {
                    try await log.publish((0..<50).map { _ in LogFixture.event() })
                    try await log.eventually(Self.total, is: 50 * published)
                    try await log.observer.runScript(setBack)
                }
            }
            try await log.observer.runScript("update message_table.tick set at = at + interval '3 days'")
            try await log.publish([LogFixture.event()])
            let error = await #expect(throws: PostgresError.self) { _ = try await log.worker.query(tick) }
            #expect(error?.serverMessage?.contains("the clock is more than a day behind") == true)
        }
    }

    @Test("a service publishes for the agency it has set, and for no other")
    func tenancy() async throws {
        try await LogFixture.with { log in
            let error = await #expect(throws: PostgresError.self) {
                try await log.service.transaction(for: AgencyID(rawValue: UUID())) { transaction in
                    try transaction.publish(LogFixture.event(), agency: LogFixture.agency, headers: .none)
                }
            }
            #expect(error?.sqlState == "42501")
        }
    }
}
