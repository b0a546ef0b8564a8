import FoundationEssentials
import Models
import NIOConcurrencyHelpers
import Postgres
import TestKit
import Testing

@testable import MessageTable

/// Each partner's deliveries are a queue of their own, whoever hangs, fails or dies.
@Suite struct DeliveryTests {
    private static let start = Instant(unixSeconds: 1_700_000_000)
    private static let ready = Statement(
        "test.ready", "select count(*) from message_table.delivery where state = 'ready'")

    /// Queues deliveries, each due a second after the one before; returns their keys.
    @discardableResult
    private func queue(_ count: Int, for partner: String, _ log: LogFixture) async throws -> [String] {
        let keys = (0..<count).map { "\(partner) \($0)" }
        try await log.service.transaction(for: LogFixture.agency) { transaction in
            for (index, key) in keys.enumerated() {
                transaction.deliver(
                    Delivery(
                        id: UUID(), partner: partner, kind: "webhook", subjectID: nil,
                        payload: JSONB(Array("{}".utf8)), idempotencyKey: key,
                        notBefore: Self.start + .seconds(index - 1000)),
                    agency: LogFixture.agency)
            }
        }
        return keys
    }

    private func sender(
        _ log: LogFixture, at now: Instant = start, _ send: @escaping @Sendable (DeliveryAttempt) -> DeliveryResult
    ) -> DeliverySender {
        DeliverySender(pool: log.worker, clock: WallClock { now }, logger: .silent) { send($0) }
    }

    @Test("a partner whose receiver hangs holds up nobody else: their next deliveries go out meanwhile")
    func hanging() async throws {
        let (hanging, release) = AsyncStream.makeStream(of: Void.self)
        let sent = NIOLockedValueBox<[String]>([])
        try await LogFixture.with { log in
            try await queue(2, for: "hangs", log)
            for partner in 0..<5 { try await queue(6, for: "well \(partner)", log) }
            let loops = log.loops([]) { attempt in
                if attempt.partner == "hangs" { for await _ in hanging {} }
                sent.withLockedValue { $0.append(attempt.idempotencyKey) }
                return .sent
            }
            try await log.running(loops) {
                try await log.eventually(Self.ready, is: 2)
                #expect(sent.withLockedValue { $0.count } == 30)
                release.finish()
                try await log.eventually(Self.ready, is: 0)
            }
        }
    }

    @Test("partners that fail and then hang take a few places and no more, however many they are")
    func hangingProbes() async throws {
        let (hanging, release) = AsyncStream.makeStream(of: Void.self)
        let hasProbes = Statement(
            "test.has_probes", "select count(*) >= 4 from message_table.delivery_queue where leased_until is not null")
        let broken = (0..<DeliverySlots.most + 4).map { "broken \($0)" }
        try await LogFixture.with { log in
            for partner in broken { try await queue(1, for: partner, log) }
            // Once they have failed; now their pause is over.
            let failing = sender(log) { _ in .failed("no answer") }
            for claimed in try await failing.claim(100, probes: 100) { await failing.carryOut(claimed) }
            let later = WallClock { Self.start + .seconds(3600) }
            let loops = log.loops([], clock: later) { attempt in
                if attempt.partner != "well" { for await _ in hanging {} }
                return .sent
            }
            try await log.running(loops) {
                try await log.eventually(hasProbes)
                try await queue(5, for: "well", log)
                try await log.eventually(Self.ready, is: broken.count)
                release.finish()
                try await log.eventually(Self.ready, is: 0)
            }
        }
    }

    @Test("many senders send each delivery once, one at a time of each partner, and in order")
    func manySenders() async throws {
        struct Sent {
            var underWay: Set<String> = []
            var keys: [String: [String]] = [:]
            var clashes = 0
        }
        let sent = NIOLockedValueBox(Sent())
        let send: @Sendable (DeliveryAttempt) async -> DeliveryResult = { attempt in
            sent.withLockedValue { sent in
                if !sent.underWay.insert(attempt.partner).inserted { sent.clashes += 1 }
                sent.keys[attempt.partner, default: []].append(attempt.idempotencyKey)
            }
            for _ in 0..<100 { await Task.yield() }
            _ = sent.withLockedValue { $0.underWay.remove(attempt.partner) }
            return .sent
        }
        try await LogFixture.with { log in
            var queued: [String: [String]] = [:]
            for partner in ["a", "b", "c", "d"] { queued[partner] = try await queue(15, for: partner, log) }
            let others = (0..<3).map { _ in log.loops([], send: send) }
            let running = others.map { loops in Task { await loops.run() } }
            try await log.running(log.loops([], send: send)) { try await log.eventually(Self.ready, is: 0) }
            for loops in others { await loops.stop() }
            for task in running { await task.value }
            #expect(sent.withLockedValue { $0.clashes } == 0)
            #expect(sent.withLockedValue { $0.keys } == queued)
        }
    }

    @Test("a failing partner is paused for every process, its order is kept, and a single delivery probes")
    func pause() async throws {
        try await LogFixture.with { log in
            let keys = try await queue(3, for: "fails", log)
            let failing = sender(log) { _ in .failed("no answer") }
            let first = try await failing.claim(10, probes: 10)
            #expect(first.map(\.attempt.idempotencyKey) == [keys[0]])
            await failing.carryOut(first[0])
            // Another process, also one that has just started, leaves it alone.
            #expect(try await sender(log, at: Self.start + .seconds(59)) { _ in .sent }.claim(10, probes: 10).isEmpty)
            let again = sender(log, at: Self.start + .seconds(73)) { _ in .sent }
            let probe = try await again.claim(10, probes: 10)
            #expect(
                probe.map(\.attempt.idempotencyKey) == [keys[0]] && probe[0].isProbe && probe[0].attempt.attempt == 2)
            await again.carryOut(probe[0])
            let next = try await again.claim(10, probes: 0)
            #expect(next.map(\.attempt.idempotencyKey) == [keys[1]] && !next[0].isProbe)
        }
    }

    @Test("a sender that dies is succeeded when its lease ends; should it come back, it changes nothing")
    func lease() async throws {
        let state = Statement(
            "test.state",
            "select string_agg(state || ' ' || attempt, ', ' order by next_at) from message_table.delivery")
        try await LogFixture.with { log in
            try await queue(2, for: "partner", log)
            let zombie = sender(log) { _ in .failed("too late") }
            let old = try #require(try await zombie.claim(10, probes: 10).first)
            let successor = sender(log) { _ in .sent }
            #expect(try await successor.claim(10, probes: 10).isEmpty)
            try await log.observer.runScript("update message_table.delivery_queue set leased_until = clock_timestamp()")
            let new = try #require(try await successor.claim(10, probes: 10).first)
            #expect(new.attempt.idempotencyKey == old.attempt.idempotencyKey && new.lease > old.lease)
            await zombie.carryOut(old)
            #expect(try await log.observer.query(state)[0].decode(String.self) == "ready 2, ready 0")
            // The zombie has not given its successor's lease away.
            #expect(try await zombie.claim(10, probes: 10).isEmpty)
            await successor.carryOut(new)
            #expect(try await log.observer.query(Self.ready)[0].decode(Int.self) == 1)
            #expect(try await successor.claim(10, probes: 10).count == 1)
        }
    }

    @Test("pauses are the partner's and grow; a delivery dies after its attempts; a success ends the row of failures")
    func outcomes() {
        func outcome(_ result: DeliveryResult, attempt: Int = 1, failures: Int = 0, jitter: Double = 0)
            -> DeliveryOutcome
        {
            DeliveryOutcome(result, attempt: attempt, failures: failures, now: Self.start, jitter: jitter)
        }
        let pauses = (0..<8).map { outcome(.failed("x"), failures: $0).pausedUntil.map { $0 - Self.start } }
        #expect(pauses == [60, 300, 1800, 7200, 43_200, 43_200, 43_200, 43_200].map { .seconds($0) })
        #expect(outcome(.failed("x"), jitter: 1).pausedUntil == Self.start + .seconds(72))
        #expect(outcome(.failed("x"), attempt: 5).state == .ready)
        #expect(outcome(.failed("x"), attempt: 6).state == .dead && outcome(.failed("x"), attempt: 6).failures == 1)
        #expect(outcome(.sent, attempt: 3, failures: 2).failures == 0)
        #expect(outcome(.sent, attempt: 3, failures: 2).pausedUntil == nil)
        #expect(outcome(.withdrawn("x"), failures: 2).failures == 2)
        #expect(outcome(.withdrawn("x"), failures: 2).pausedUntil == nil)
    }

    @Test("places are counted, and those of failing partners apart")
    func slots() {
        var slots = DeliverySlots()
        for _ in 0..<DeliverySlots.mostProbes { slots.take(isProbe: true) }
        #expect(slots.freeProbes == 0 && slots.free == DeliverySlots.most - DeliverySlots.mostProbes)
        while slots.free > 0 { slots.take(isProbe: false) }
        slots.giveBack(isProbe: true)
        #expect(slots.free == 1 && slots.freeProbes == 1)
    }

    @Test("what went out is kept as long as messages are; what waits or is dead stays")
    func trimming() async throws {
        let states = Statement(
            "test.states", "select string_agg(state, ',' order by state) from message_table.delivery")
        try await LogFixture.with { log in
            try await queue(6, for: "partner", log)
            try await log.observer.runScript(
                """
                with numbered as (select delivery_id, row_number() over (order by next_at) as n from message_table.delivery)
                update message_table.delivery d
                set state = (array['sent', 'sent', 'withdrawn', 'dead', 'ready', 'withdrawn'])[n],
                    next_at = clock_timestamp() - make_interval(days => case when n in (2, 6) then 29 else 31 end)
                from numbered where numbered.delivery_id = d.delivery_id
                """)
            #expect(try await !LogUpkeep(pool: log.worker).trim())
            #expect(try await log.observer.query(states)[0].decode(String.self) == "dead,ready,sent,withdrawn")
        }
    }

    // MARK: Plans

    private static let prepare = """
        alter table message_table.delivery set (autovacuum_enabled = false);
        alter table message_table.delivery_queue set (autovacuum_enabled = false);
        create function public.backlog(per_partner bigint) returns void language sql as $$
            insert into message_table.delivery (agency_id, delivery_id, partner, kind, payload, idempotency_key, next_at, state)
            select '00000000-0000-7000-8000-000000000000', gen_random_uuid(), 'partner ' || p, 'webhook', '{}',
                gen_random_uuid()::text, clock_timestamp() - interval '1 day', s.state
            from generate_series(1, per_partner) i, generate_series(1, 20) p, (values ('ready'), ('sent'), ('dead')) s (state)
        $$
        """
    private static let backlog = Statement("test.backlog", "select public.backlog($1)::text")
    private static let cost = Statement("test.cost", "select pages, whole from public.cost_of($1)")

    /// Without a lease, so that the second time claims the same queues.
    private static let claim = DeliverySender.claimQueues.sql
        .replacing("$1", with: "clock_timestamp()").replacing("$2", with: "16").replacing("$3", with: "4")
        .replacing("$4", with: "0")

    @Test(
        "claiming reads as many pages of a backlog of 20,000 as of 200, by indexes, without anybody having analysed it")
    func plan() async throws {
        try await LogFixture.with { log in
            try await log.observer.runScript(LogPlanTests.costOf)
            try await log.observer.runScript(Self.prepare)
            _ = try await log.observer.query(Self.backlog, 10)
            let small = try await cost(of: Self.claim, log)
            _ = try await log.observer.query(Self.backlog, 1000)
            let large = try await cost(of: Self.claim, log)
            #expect(small.whole == 0 && large.whole == 0, "\(small) \(large)")
            #expect(small.pages > 0 && large.pages <= small.pages * 3, "\(small) \(large)")
        }
    }

    @Test("an operator has what was given up sent again at once, and withdraws what a partner will never take")
    func operated() async throws {
        let sent = NIOLockedValueBox<[String]>([])
        let onRecord = Statement(
            "test.on_record", "select count(*) from message_table.intervention where operator = 'ana' and key = 'p'")
        try await LogFixture.with { log in
            let keys = try await queue(3, for: "p", log)
            let operators = LogOperator(log.worker)
            try await log.observer.runScript(
                """
                update message_table.delivery set state = 'dead', attempt = 6, error = 'status 500'
                where idempotency_key = 'p 0';
                insert into message_table.delivery_queue (agency_id, partner, failures, paused_until)
                select agency_id, partner, 6, 'infinity' from message_table.delivery limit 1
                """)
            let sender = sender(log) { attempt in
                sent.withLockedValue { $0.append(attempt.idempotencyKey) }
                return attempt.idempotencyKey == keys[1] ? .failed("status 400") : .sent
            }
            func sendAll() async throws {
                while let next = try await sender.claim(1, probes: 1).first { await sender.carryOut(next) }
            }
            #expect(try await sender.claim(1, probes: 1).isEmpty)
            let listed = try await operators.deliveries(to: "p", limit: 10)
            #expect(listed.map(\.isDead) == [true, false, false] && listed[0].error == "status 500")

            #expect(try await operators.resend(to: "p", at: Self.start, by: "ana") == 1)
            try await sendAll()
            // The first one fails and pauses the partner again.
            #expect(sent.withLockedValue { $0 } == [keys[1]])

            #expect(try await operators.withdraw(listed[1].deliveryID, by: "ana"))
            #expect(try await operators.withdraw(listed[1].deliveryID, by: "ana") == false)
            #expect(try await operators.resend(to: "p", at: Self.start, by: "ana") == 0)
            try await sendAll()
            #expect(sent.withLockedValue { $0 } == [keys[1], keys[2], keys[0]])
            #expect(try await operators.deliveries(to: "p", limit: 10).isEmpty)
            #expect(try await log.number(onRecord) == 2)
            #expect(try await operators.resend(to: "nobody", at: Self.start, by: "ana") == nil)
        }
    }

    @Test("the operator's list of partners goes by indexes")
    func listPlan() async throws {
        let list = LogOperator.readQueues.sql
            .replacing("$1", with: "clock_timestamp()").replacing("$2", with: "200")
        try await LogFixture.with { log in
            try await log.observer.runScript(LogPlanTests.costOf)
            try await log.observer.runScript(Self.prepare)
            _ = try await log.observer.query(Self.backlog, 100)
            #expect(try await cost(of: list, log).whole == 0)
        }
    }

    private func cost(of sql: String, _ log: LogFixture) async throws -> (pages: Int, whole: Int) {
        try await log.worker.withTransaction(.pinnedPlans) { transaction in
            _ = try await transaction.query(Self.cost, sql)
            return try await transaction.query(Self.cost, sql)[0].decode((Int, Int).self)
        }
    }
}
