import Foundation
import Models
import Postgres
import TestKit
import Testing

@testable import MessageTable

/// The log's old end goes, and nothing that anybody still needs.
@Suite struct TrimTests {
    /// Makes a partition of 40 days ago, and lets everything there is have happened then.
    private static let fortyDays = """
        create function public.age_log() returns void language plpgsql as $$
        declare
            day date := (now() at time zone 'UTC')::date - 40;
            name text := 'message_' || to_char(day, 'YYYY_MM_DD');
        begin
            execute format('create table message_table.%I (like message_table.message including all excluding identity)', name);
            execute format('alter table message_table.%I owner to handrail_owner', name);
            execute format(
                'alter table message_table.message attach partition message_table.%I for values from (%L) to (%L)',
                name, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
            update message_table.message set occurred_at = occurred_at - (now() - (day + time '12:00') at time zone 'UTC');
            update message_table.parked set occurred_at = (
                select m.occurred_at from message_table.message m where m.id = parked.id);
            update message_table.tick set at = at - interval '40 days';
            update message_table.checkpoint set at = at - interval '40 days';
        end $$;
        select public.age_log()
        """

    private static let hasOldPartition = Statement(
        "test.old_partition",
        """
        select exists (
            select from pg_inherits
            where inhparent = 'message_table.message'::regclass
                and inhrelid::regclass::text like '%' || to_char(now() at time zone 'UTC' - interval '40 days', 'YYYY_MM_DD'))
        """)
    private static let ticks = Statement("test.ticks", "select count(*) from message_table.tick")
    private static let messages = Statement("test.messages", "select count(*) from message_table.message")
    private static let checkpoints = Statement(
        "test.checkpoints", "select count(*) from message_table.checkpoint where grp = 'kept'")
    private static let slots = Statement(
        "test.slots", "select count(distinct slot) from message_table.checkpoint where grp = 'kept'")

    private func hasOldPartition(_ log: LogFixture) async throws -> Bool {
        try await log.observer.query(Self.hasOldPartition)[0].decode(Bool.self)
    }

    /// Publishes so many messages and lets a group handle all that there is.
    ///
    /// - Parameter more: messages that were there before and this group has not handled.
    private func handle(_ count: Int, _ group: String, _ log: LogFixture, more: Int = 0) async throws {
        let before = try await log.number(HandlingTests.total)
        try await log.publish((0..<count).map { _ in LogFixture.event() })
        try await log.running(log.loops([HandlingTests.counting(group)])) {
            try await log.eventually(HandlingTests.total, is: before + count + more)
        }
    }

    @Test("after 30 days a partition that every group has handled goes, with its ticks and checkpoints")
    func old() async throws {
        try await LogFixture.with { log in
            for _ in 0..<5 { try await handle(4, "kept", log) }
            try await log.observer.runScript(Self.fortyDays)
            let upkeep = LogUpkeep(pool: log.worker)
            #expect(try await !upkeep.trim())
            #expect(try await log.number(Self.checkpoints) == log.number(Self.slots))
            #expect(try await log.number(Self.ticks) <= 2)
            let old = try #require(try await upkeep.dropOldPartition())
            #expect(old.heldBy == nil)
            #expect(try await log.number(Self.messages) == 0)
            #expect(try await upkeep.dropOldPartition() == nil)
            // The log goes on where it was.
            try await handle(3, "kept", log)
            #expect(try await log.number(HandlingTests.total) == 23)
        }
    }

    @Test("the database says how long messages are kept, never less than three days")
    func days() async throws {
        let days = Statement("test.days", "select message_table.days_kept()")
        try await LogFixture.with { log in
            #expect(try await log.worker.query(days)[0].decode(Int.self) == 30)
            for (setting, kept) in [("60", 60), ("1", 3)] {
                let result = try await log.worker.withTransaction(
                    LocalSettings([("handrail.message_days_kept", setting)])
                ) { try await $0.query(days)[0].decode(Int.self) }
                #expect(result == kept)
            }
            try await handle(1, "kept", log)
            try await log.observer.runScript(Self.fortyDays)
            try await log.observer.runScript(
                "alter database \(log.database.name) set handrail.message_days_kept = '60'")
            try await log.database.withPool(login: "outcomes_worker") { worker in
                let old = try await LogUpkeep(pool: worker).dropOldPartition()
                #expect(old == nil)
            }
            #expect(try await hasOldPartition(log))
        }
    }

    @Test("a group that lags keeps its messages, until it has handled them or is forgotten", arguments: [true, false])
    func lagging(comesBack: Bool) async throws {
        try await LogFixture.with { log in
            // Both know the log; then one of them handles more than the other.
            try await handle(2, "kept", log)
            try await handle(0, "late", log, more: 2)
            try await handle(6, "kept", log)
            try await log.observer.runScript(Self.fortyDays)
            let upkeep = LogUpkeep(pool: log.worker)
            _ = try await upkeep.trim()
            #expect(try await upkeep.dropOldPartition()?.heldBy == "late")
            #expect(try await hasOldPartition(log))
            if comesBack {
                try await log.running(log.loops([HandlingTests.counting("late")])) {
                    try await log.eventually(HandlingTests.total, is: 16)
                }
            } else {
                let parked = try await LogOperator(log.worker).forget(group: "late", by: "tester")
                #expect(parked == 0)
            }
            #expect(try await upkeep.dropOldPartition()?.heldBy == nil)
            #expect(try await !hasOldPartition(log))
        }
    }

    @Test("a partition stays while one of its messages is dead, and goes when an operator has given it up")
    func parked() async throws {
        let dead = Statement("test.dead", "select count(*) = 1 from message_table.parked where dead")
        let id = Statement("test.id", "select min(id) from message_table.parked")
        let publish = Statement(
            "test.publish",
            """
            insert into message_table.message (topic, key, agency_id, payload)
            values ('assessment.recorded.v1', 'k', $1, '{}')
            """)
        try await LogFixture.with { log in
            try await log.service.transaction(for: LogFixture.agency) { transaction in
                _ = try await transaction.query(publish, LogFixture.agency)
            }
            try await log.running(log.loops([HandlingTests.counting("kept")])) { try await log.eventually(dead) }
            try await log.observer.runScript(Self.fortyDays)
            let upkeep = LogUpkeep(pool: log.worker)
            #expect(try await upkeep.dropOldPartition()?.heldBy == "kept")
            #expect(try await hasOldPartition(log))
            let number = try await log.number(id)
            let given = try await LogOperator(log.worker).intervene(
                .skip, group: "kept", id: Int64(number), by: "tester")
            #expect(given == 1)
            #expect(try await upkeep.dropOldPartition()?.heldBy == nil)
            #expect(try await !hasOldPartition(log))
        }
    }

    @Test("a group is forgotten with what it has parked, on record; not while it works, and not one that is unknown")
    func forgetting() async throws {
        let record = Statement(
            "test.record",
            "select count(*) from message_table.intervention where verb = 'drop' and operator = 'tester' and grp = 'gone'"
        )
        let left = Statement(
            "test.left",
            """
            select (select count(*) from message_table.parked where grp = 'gone')
                + (select count(*) from message_table.checkpoint where grp = 'gone')
            """)
        let parked = Statement("test.parked", "select count(*) = 2 from message_table.parked")
        struct Refused: Error {}
        var group = ConsumerGroup("gone")
        group.on(AssessmentRecorded.self) { _, _ in throw Refused() }
        let refusing = group
        try await LogFixture.with { log in
            let verbs = LogOperator(log.worker)
            #expect(try await verbs.forget(group: "gone", by: "tester") == nil)
            try await log.publish([LogFixture.event(), LogFixture.event()])
            try await log.running(log.loops([refusing])) {
                try await log.eventually(parked)
                await #expect(throws: LogOperator.GroupIsActive.self) {
                    try await verbs.forget(group: "gone", by: "tester")
                }
            }
            #expect(try await verbs.forget(group: "gone", by: "tester") == 2)
            #expect(try await log.number(record) == 2)
            #expect(try await log.number(left) == 0)
            #expect(try await verbs.lag().isEmpty)
            // Should it come back, it begins at the old end.
            try await handle(0, "gone", log, more: 2)
        }
    }

    @Test("an owner who was overtaken finds its number taken, or is too late to write at all")
    func fence() async throws {
        let firstSteps = Statement("test.first_steps", "select count(*) from message_table.checkpoint where step = 1")
        try await LogFixture.with { log in
            try await log.publish([LogFixture.event()])
            let reader = LogReader(group: "kept", pool: log.worker)
            let zombie = try await reader.cursors(of: Array(0..<16))
            try await handle(0, "kept", log, more: 1)
            try await handle(30, "kept", log)
            let checkpoints = zombie.map { $0.checkpoint(at: $0.position) }
            // Its number is taken by its successor.
            await #expect(throws: Overtaken.self) {
                try await log.service.moving(checkpoints, of: "kept") { _ in }
            }
            // 40 days later its successor's old checkpoints are gone, but a number of 40 days ago is no longer taken.
            try await log.observer.runScript(Self.fortyDays)
            _ = try await LogUpkeep(pool: log.worker).trim()
            #expect(try await log.number(firstSteps) == 0)
            let late = zombie.map {
                SlotCursor(
                    slot: $0.slot, step: $0.step, position: $0.position,
                    readAt: WallClock.system.now() - .seconds(86_500)
                ).checkpoint(at: $0.position)
            }
            await #expect(throws: Overtaken.self) {
                try await log.service.moving(late, of: "kept") { _ in }
            }
        }
    }

    @Test("publishers go on while partitions are dropped; one that stays open is waited for 100 ms and no longer")
    func publishersGoOn() async throws {
        try await LogFixture.with { log in
            try await handle(4, "kept", log)
            try await log.observer.runScript(Self.fortyDays)
            let upkeep = LogUpkeep(pool: log.worker)
            // One publisher keeps its transaction open: the partition has to wait, the other publishers only briefly.
            try await log.service.transaction(for: LogFixture.agency) { open in
                try open.publish(LogFixture.event(), agency: LogFixture.agency, headers: .none)
                try await open.flush()
                let error = await #expect(throws: PostgresError.self) { try await upkeep.dropOldPartition() }
                #expect(error?.sqlState == "55P03" && error?.isRetryable == true)
                try await log.publish([LogFixture.event()])
            }
            #expect(try await hasOldPartition(log))
            // Under load it finds its moment, and each message arrives.
            let publishing = Task {
                for _ in 0..<200 { try await log.publish([LogFixture.event()]) }
            }
            while try await hasOldPartition(log) {
                do { _ = try await upkeep.dropOldPartition() } catch { guard error.isLockTimeout else { throw error } }
            }
            try await publishing.value
            try await handle(0, "kept", log, more: 202)
        }
    }
}

extension Error {
    fileprivate var isLockTimeout: Bool { (self as? PostgresError)?.sqlState == "55P03" }
}
