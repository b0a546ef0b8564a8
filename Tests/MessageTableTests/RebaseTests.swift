import Foundation
import Models
import Postgres
import TestKit
import Testing

@testable import MessageTable

/// A log that was restored into another cluster goes on there: nothing lost, doubled or out of order.
///
/// Another cluster is this one with all of the log's transaction ids moved, as a restore would leave them: written by
/// one transaction, naming others.
@Suite struct RebaseTests {
    /// How far the old cluster's counter was from this one's.
    enum Distance: String, CaseIterable, CustomTestStringConvertible {
        case farAhead, slightlyAhead, farBehind

        var testDescription: String { "the old cluster was \(rawValue)" }
    }

    private static let move = Statement("test.move", "select public.move($1)::text")
    private static let tick = Statement("test.tick", "select message_table.tick()")
    private static let halfThrough = Statement(
        "test.half", "select count(*) from message_table.checkpoint where hi_tick is not null")

    private static let createMove = """
        create function public.move(distance text) returns void language plpgsql as $$
        declare
            lowest bigint := (select min(pg_snapshot_xmin(snap)::text::bigint) from message_table.tick);
            shift bigint := case distance when 'farAhead' then 10000000 when 'slightlyAhead' then 40 else 10 - lowest end;
        begin
            update message_table.message set xid = (xid::text::bigint + shift)::text::xid8;
            update message_table.tick t set snap = (
                select format(
                    '%s:%s:%s', pg_snapshot_xmin(t.snap)::text::bigint + shift,
                    pg_snapshot_xmax(t.snap)::text::bigint + shift,
                    string_agg((x::text::bigint + shift)::text, ',' order by x))::pg_snapshot
                from (select 1) one left join lateral pg_snapshot_xip(t.snap) x on true);
            update message_table.home set system_identifier = 1;
        end $$
        """

    /// Publishes the next version of each of twenty aggregates, each in a transaction of its own.
    private func publish(_ version: Int, _ keys: [AssessmentID], _ log: LogFixture) async throws {
        for key in keys { try await log.publish([LogFixture.event(key: key, version: version)]) }
    }

    private func consumer(_ group: String, _ log: LogFixture) -> Consumer {
        Consumer(
            group: HandlingTests.counting(group), servicePool: log.service,
            reader: LogReader(group: group, pool: log.worker), clock: .system, logger: .silent)
    }

    /// Lets a group handle what there is, or so many turns of it.
    private func handle(_ group: String, turns: Int = .max, _ log: LogFixture) async throws {
        let consumer = consumer(group, log)
        var cursors = try await consumer.reader.cursors(of: Array(0..<16))
        var ahead = ReadAhead()
        var left = turns
        while left > 0, try await consumer.turn(&cursors, &ahead) == .worked { left -= 1 }
        _ = try await consumer.writeIdleCheckpoints(&cursors)
    }

    @Test("after a rebase each group gets what it had not handled, once and in order", arguments: Distance.allCases)
    func rebase(_ distance: Distance) async throws {
        let keys = (0..<20).map { _ in AssessmentID(rawValue: UUID()) }
        try await LogFixture.with { log in
            try await log.observer.runScript(Self.createMove)
            // Green stands early, red half through a large window; some messages are in no window yet.
            for version in 1...3 {
                try await publish(version, keys, log)
                _ = try await log.worker.query(Self.tick)
            }
            try await handle("green", log)
            try await publish(4, keys, log)
            _ = try await log.worker.query(Self.tick)
            try await log.publish(
                (5...64).flatMap { version in keys.map { LogFixture.event(key: $0, version: version) } })
            _ = try await log.worker.query(Self.tick)
            try await handle("red", turns: 5, log)
            try await publish(65, keys, log)
            #expect(try await log.number(Self.halfThrough) > 0)

            _ = try await log.observer.query(Self.move, distance.rawValue)
            // Somebody has started the services too early.
            try await publish(66, keys, log)
            let refused = await #expect(throws: PostgresError.self) { _ = try await log.worker.query(Self.tick) }
            #expect(refused?.serverMessage?.contains("another cluster") == true)
            await #expect(throws: PostgresError.self) {
                _ = try await Membership(group: "red", member: UUID(), pool: log.worker).renew()
            }
            #expect(try await LogRebase(log.observer).run() > 0)
            // Once more changes nothing, also after new windows.
            _ = try await LogRebase(log.observer).run()
            try await publish(67, keys, log)
            _ = try await log.worker.query(Self.tick)
            try await handle("green", turns: 2, log)
            _ = try await LogRebase(log.observer).run()

            try await log.running(log.loops([HandlingTests.counting("red"), HandlingTests.counting("green")])) {
                try await publish(68, keys, log)
                try await log.eventually(CrashTests.complete)
            }
            for row in try await log.observer.query(CrashTests.counts) {
                let (group, published, lost, doubled, disordered) = try row.decode((String, Int, Int, Int, Int).self)
                #expect(published == 68 * 20, "\(group)")
                #expect(lost == 0 && doubled == 0 && disordered == 0, "\(group)")
            }
        }
    }

    @Test("a rebase is refused while a group is active, and to a service's login always")
    func refused() async throws {
        try await LogFixture.with { log in
            let membership = Membership(group: "red", member: UUID(), pool: log.worker)
            _ = try await membership.renew()
            let active = await #expect(throws: PostgresError.self) { _ = try await LogRebase(log.observer).run() }
            #expect(active?.sqlState == "55006")
            try await membership.leave()
            #expect(try await LogRebase(log.observer).run() == 0)
            for pool in [log.worker, log.service] {
                let denied = await #expect(throws: PostgresError.self) { _ = try await LogRebase(pool).run() }
                #expect(denied?.sqlState == "42501")
            }
        }
    }
}
