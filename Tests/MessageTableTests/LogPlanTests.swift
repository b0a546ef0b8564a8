import Foundation
import Models
import Postgres
import TestKit
import Testing

@testable import MessageTable

/// The log costs the same however long it is, without anybody having analysed it.
@Suite struct LogPlanTests {
    /// One transaction's messages, and the tick behind them; statistics stay as they were.
    private static let prepare = """
        do $$
        declare partition regclass;
        begin
            for partition in select inhrelid from pg_inherits where inhparent = 'message_table.message'::regclass loop
                execute format('alter table %s set (autovacuum_enabled = false)', partition);
            end loop;
        end $$;
        alter table message_table.tick set (autovacuum_enabled = false);
        alter table message_table.checkpoint set (autovacuum_enabled = false);
        create function public.grow(messages bigint) returns void language sql as $$
            insert into message_table.message (topic, key, agency_id, payload)
            select 'assessment.recorded.v1', (i % 500)::text, gen_random_uuid(), '{"filler": "0123456789"}'
            from generate_series(1, messages) i
        $$;
        create function public.grow_checkpoints(rows bigint) returns void language sql as $$
            insert into message_table.checkpoint (grp, slot, step, lo_tick)
            select g.grp, s.slot, i, (select max(tick_id) from message_table.tick)
            from generate_series(1, rows) i, generate_series(0, 15) s (slot), (values ('a'), ('b'), ('c')) g (grp)
            on conflict (grp, slot, step) do nothing
        $$;
        """ + "\n" + costOf

    /// What a statement reads: pages of tables and indexes, and how often it went through a whole table.
    static let costOf = """
        create function public.cost_of(statement text, out pages bigint, out whole bigint) language plpgsql as $$
        declare
            plan json;
            before bigint := (select coalesce(sum(seq_scan), 0) from pg_stat_xact_user_tables where schemaname = 'message_table' and relname not in ('home', 'parked', 'member'));
        begin
            execute 'explain (analyze, buffers, format json) ' || statement into plan;
            pages := (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint + (plan -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint;
            whole := (select coalesce(sum(seq_scan), 0) from pg_stat_xact_user_tables where schemaname = 'message_table' and relname not in ('home', 'parked', 'member')) - before;
        end $$;
        """

    private static let grow = Statement("test.grow", "select public.grow($1)::text")
    private static let growCheckpoints = Statement("test.grow_checkpoints", "select public.grow_checkpoints($1)::text")
    private static let tick = Statement("test.tick", "select message_table.tick()")
    private static let cost = Statement("test.cost", "select pages, whole from public.cost_of($1)")

    private static let idleTick = "select message_table.tick()"
    private static let trim = "select message_table.trim(10)"
    private static func window(_ ticks: (Int, Int)) -> String {
        """
        select * from message_table.window_messages(
            '{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}', \(ticks.0), \(ticks.1), 0, 1000)
        """
    }

    private struct Cost {
        var pages: Int
        var whole: Int
    }

    /// The second time: the first fills the session's caches of the catalogue.
    private func cost(
        of sql: String, _ log: LogFixture, _ settings: LocalSettings = .none
    ) async throws -> Cost {
        try await log.worker.withTransaction(settings) { transaction in
            _ = try await transaction.query(Self.cost, sql)
            let (pages, whole) = try await transaction.query(Self.cost, sql)[0].decode((Int, Int).self)
            return Cost(pages: pages, whole: whole)
        }
    }

    /// What an idle tick and a window of ten cost behind so many messages, while a publisher is in the midst of its work.
    private func costs(of messages: Int, _ log: LogFixture) async throws -> (tick: Cost, window: Cost) {
        _ = try await log.observer.query(Self.grow, messages)
        return try await log.service.transaction(for: LogFixture.agency) { open in
            try open.publish(LogFixture.event(), agency: LogFixture.agency, headers: .none)
            try await open.flush()
            let lo = try await log.worker.query(Self.tick)[0].decode(Int.self)
            _ = try await log.observer.query(Self.grow, 10)
            let hi = try await log.worker.query(Self.tick)[0].decode(Int.self)
            return (try await cost(of: Self.idleTick, log), try await cost(of: Self.window((lo, hi)), log))
        }
    }

    /// What the planner knows of the log.
    enum Statistics: String, CaseIterable, CustomTestStringConvertible {
        case none, ofAnEmptyTable, ofASmallTable

        var testDescription: String { "statistics: \(rawValue)" }
    }

    private static let analyze = "analyze message_table.message; analyze message_table.tick"

    @Test(
        "an idle tick and a window read as many pages of 100,000 messages as of 1,000, and no table whole",
        arguments: Statistics.allCases)
    func ticksAndWindows(_ statistics: Statistics) async throws {
        try await LogFixture.withOwnCluster { log in
            try await log.observer.runScript(Self.prepare)
            if statistics == .ofAnEmptyTable { try await log.observer.runScript(Self.analyze) }
            let small = try await costs(of: 1000, log)
            if statistics == .ofASmallTable { try await log.observer.runScript(Self.analyze) }
            let large = try await costs(of: 100_000, log)
            for cost in [small.tick, small.window, large.tick, large.window] { #expect(cost.whole == 0) }
            // The index has a level more.
            #expect(small.tick.pages > 0 && large.tick.pages <= small.tick.pages * 2, "\(small) \(large)")
            #expect(small.window.pages > 0 && large.window.pages <= small.window.pages * 2, "\(small) \(large)")
        }
    }

    @Test("plans of the log are neither compiled nor left to statistics")
    func pinned() async throws {
        let pinned = Statement(
            "test.pinned",
            """
            select count(*)
            from pg_proc
            where pronamespace = 'message_table'::regnamespace and proname in ('tick', 'window_messages', 'is_up_to_date')
                and proconfig @> '{jit=off,enable_seqscan=off,enable_sort=off,plan_cache_mode=force_generic_plan}'
            """)
        try await LogFixture.with { log in
            let count = try await log.number(pinned)
            #expect(count == 3)
        }
    }

    @Test("how far groups are behind is read from the last checkpoints, however many there are")
    func lag() async throws {
        try await LogFixture.with { log in
            try await log.observer.runScript(Self.prepare)
            _ = try await log.observer.query(Self.growCheckpoints, 10)
            let readLag = LogOperator.readLag.sql.replacing("$1", with: "'{}'::text[]")
            let small = try await cost(of: readLag, log, .pinnedPlans)
            _ = try await log.observer.query(Self.growCheckpoints, 1000)
            let large = try await cost(of: readLag, log, .pinnedPlans)
            #expect(small.pages > 0 && large.pages <= small.pages * 2, "\(small) \(large)")
            #expect(small.whole == 0 && large.whole == 0, "\(small) \(large)")
        }
    }

    @Test("measuring costs no more of 100,000 messages behind than of 20,000, and reads no table whole")
    func measuring() async throws {
        let statements = [
            "select message_table.messages_behind('a', 625)", "select message_table.unticked_seconds()",
            LogOperator.readPulse.sql.replacing("$1", with: "clock_timestamp()"),
            LogOperator.readLag.sql.replacing("$1", with: "'{}'::text[]"),
        ]
        try await LogFixture.withOwnCluster { log in
            try await log.observer.runScript(Self.prepare)
            var costs: [[Cost]] = []
            for messages in [20_000, 80_000] {
                _ = try await log.observer.query(Self.grow, messages)
                var round: [Cost] = []
                for statement in statements { round.append(try await cost(of: statement, log, .pinnedPlans)) }
                costs.append(round)
            }
            for (small, large) in zip(costs[0], costs[1]) {
                #expect(small.whole == 0 && large.whole == 0, "\(small) \(large)")
                #expect(small.pages > 0 && large.pages <= small.pages * 2, "\(small) \(large)")
            }
        }
    }

    @Test(
        "whether news is unread costs no more of 100,000 messages than of 20,000, behind or not, and reads no table whole"
    )
    func knowing() async throws {
        let ask = """
            select message_table.is_up_to_date(
                'a', '{consent.changed.v2}', array[gen_random_uuid()], interval '5 seconds')
            """
        let acknowledge = """
            insert into message_table.checkpoint (grp, slot, step, lo_tick)
            select 'a', s.slot, t.tick_id, t.tick_id
            from generate_series(0, 15) s (slot), (select max(tick_id) as tick_id from message_table.tick) t
            """
        try await LogFixture.withOwnCluster { log in
            try await log.observer.runScript(Self.prepare)
            var costs: [Cost] = []
            for messages in [20_000, 80_000] {
                for isBehind in [true, false] {
                    if isBehind { _ = try await log.observer.query(Self.grow, messages) }
                    _ = try await log.worker.query(Self.tick)
                    if !isBehind { try await log.observer.runScript(acknowledge) }
                    costs.append(
                        try await log.service.transaction(for: LogFixture.agency) { transaction in
                            _ = try await transaction.query(Self.cost, ask)
                            let cost = try await transaction.query(Self.cost, ask)[0].decode((Int, Int).self)
                            return Cost(pages: cost.0, whole: cost.1)
                        })
                }
            }
            #expect(costs.allSatisfy { $0.whole == 0 }, "\(costs)")
            #expect(costs[0].pages > 0 && costs[2].pages <= costs[0].pages * 2, "\(costs)")
            #expect(costs[1].pages > 0 && costs[3].pages <= costs[1].pages * 2, "\(costs)")
        }
    }

    @Test("the old end is looked for at the old end, however long the log is")
    func trimming() async throws {
        try await LogFixture.with { log in
            try await log.observer.runScript(Self.prepare)
            _ = try await log.observer.query(Self.growCheckpoints, 10)
            let small = try await cost(of: Self.trim, log)
            _ = try await log.observer.query(Self.growCheckpoints, 1000)
            let large = try await cost(of: Self.trim, log)
            #expect(small.pages > 0 && large.pages <= small.pages * 2, "\(small) \(large)")
            #expect(small.whole == 0 && large.whole == 0, "\(small) \(large)")
        }
    }

    @Test("a window of one bulk import is read once, and checkpointed every 1,000 messages")
    func bulk() async throws {
        let steps = Statement(
            "test.steps", "select count(distinct (lo_tick, hi_tick, pos)) from message_table.checkpoint")
        try await LogFixture.with { log in
            try await log.observer.runScript("alter database \(log.database.name) set track_functions = 'pl'")
            try await log.publish((0..<4500).map { _ in LogFixture.event() })
            _ = try await log.observer.query(Self.tick)
            // Connections made from now on count their calls.
            try await log.database.withPool(login: "outcomes_worker", connections: 1) { worker in
                try await handleAll(log, worker)
            }
            #expect(try await log.number(HandlingTests.total) == 4500)
            #expect(try await log.number(steps) == 5)
            try await log.eventually(Self.windowsRead, is: 1)
        }
    }

    @Test("whoever is behind reads the next window while the handlers work, and each window once")
    func readsOnce() async throws {
        try await LogFixture.with { log in
            try await log.observer.runScript("alter database \(log.database.name) set track_functions = 'pl'")
            for _ in 0..<7 {
                try await log.publish((0..<20).map { _ in LogFixture.event() })
                _ = try await log.observer.query(Self.tick)
            }
            try await log.database.withPool(login: "outcomes_worker", connections: 1) { worker in
                try await handleAll(log, worker)
            }
            #expect(try await log.number(HandlingTests.total) == 140)
            try await log.eventually(Self.windowsRead, is: 7)
        }
    }

    private func handleAll(_ log: LogFixture, _ worker: Pool) async throws {
        let consumer = Consumer(
            group: HandlingTests.counting(), servicePool: log.service,
            reader: LogReader(group: "counting", pool: worker), clock: .system, logger: .silent)
        var cursors = try await consumer.reader.cursors(of: Array(0..<16))
        var ahead = ReadAhead()
        while try await consumer.turn(&cursors, &ahead) != .idle {}
    }

    private static let windowsRead = Statement(
        "test.calls",
        "select coalesce(sum(calls), 0)::bigint from pg_stat_user_functions where funcname = 'window_messages'")
}
