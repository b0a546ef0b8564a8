import Foundation
import MessageTable
import Models
import Postgres
import TestKit
import Testing

@testable import Operator

/// The demo agency, made through the real executables in a rehearsal, and looked at through the real ones afterwards.
@Suite(.serialized) struct DemoTests {
    private static let rehearsing = ["HANDRAIL_CLOCK": "rehearsal", "HANDRAIL_RATE_LIMIT_PER_MINUTE": "0"]
    private static let asOf = CivilDate(year: 2026, month: 3, day: 15)

    /// What is in the message table of the demo: waiting in the past, going outside, stuck, and published so far.
    private static let look = Statement(
        "test.demo",
        """
        select (select count(*) from message_table.scheduled where due_at <= clock_timestamp()),
            (select count(*) from message_table.delivery where state in ('ready', 'sent')),
            (select count(*) from message_table.parked), (select count(*) from message_table.message)
        """)

    @Test("the same seed and day give the same past, and another seed gives another")
    func repeatable() async throws {
        let first = try await export(seed: 7)
        let second = try await export(seed: 7)
        let other = try await export(seed: 8)
        let difference = zip(first, second).first { $0 != $1 }
        #expect(difference == nil)
        #expect(first.count == second.count)
        #expect(first != other)
        for kind in ["peer", "referral", "participant", "match", "plan", "contact", "assessment", "event", "measure"] {
            #expect(first.contains { $0.hasPrefix("\(kind) ") }, "no \(kind) in the demo")
        }
        // All of it lies in the past that was asked for, by every service's clock.
        #expect(
            !first.contains { $0.contains(#"At":"2026-1"#) }, "something happened after the day the past ends before")
    }

    @Test("what was due in the made-up past does not happen later, and nothing goes outside")
    func quietAfterwards() async throws {
        try await withDemo(seed: 9) { suite, make in
            #expect(try await make() == true)
            let (overdue, outside, stuck, published) = try await Self.look(at: suite)
            #expect((overdue, outside, stuck) == (0, 0, 0))
            #expect(published > 100)
            try await suite.restart(without: Self.rehearsing.keys)
            // The services have come to the end of the log: whatever they would have done about the past is done.
            try await suite.database.withPool { pool in
                let rehearsal = Rehearsal(pool, agency: DemoAgency.id)
                try await Stillness(rehearsal: rehearsal, addresses: suite.addresses, caller: Caller()).reach()
            }
            #expect(try await Self.look(at: suite).3 == published)
            // Made once: asking again changes nothing, and needs no rehearsal.
            #expect(try await make() == false)
            #expect(try await Self.look(at: suite).3 == published)
        }
    }

    @Test("services that run on their own clock are not told the time, and nothing is begun")
    func ownClock() async throws {
        try await withDemo(seed: 1, settings: [:]) { suite, make in
            for _ in 0..<2 {
                await #expect(throws: OperatorSettings.Mistake.self) { try await make() }
            }
            let state = try await suite.database.withPool { pool in
                try await DemoRegistry(model: try DemoModel.builtIn(), migrator: pool).state()
            }
            #expect(state == .new)
        }
    }

    @Test("a demo that was begun and not finished is said to be so, and is not taken for a whole one")
    func interrupted() async throws {
        try await withDemo(seed: 1) { suite, make in
            let begun = try await suite.database.withPool { pool in
                let registry = DemoRegistry(model: try DemoModel.builtIn(), migrator: pool)
                return [try await registry.begin(), try await registry.begin()]
            }
            #expect(begun == [true, false], "of two commands at the same moment one makes it")
            await #expect(throws: DemoProduction.HalfMade.self) { try await make() }
        }
    }

    // MARK: Parts

    private static func look(at suite: RunningSuite) async throws -> (Int, Int, Int, Int) {
        try await suite.database.withPool { pool in
            try await pool.query(look)[0].decode((Int, Int, Int, Int).self)
        }
    }

    private func export(seed: UInt64) async throws -> [String] {
        try await withDemo(seed: seed) { suite, make in
            _ = try await make()
            let stage = Stage(
                addresses: suite.addresses, agency: DemoAgency.id, caller: Caller(),
                tokens: TokenPurse(try await LocalIssuer(suite.settings), agency: DemoAgency.id) { _ in "" })
            return try await DemoExport(stage: stage, asOf: try #require(Self.asOf)).lines()
        }
    }

    private func withDemo<T: Sendable>(
        seed: UInt64, settings: [String: String] = rehearsing,
        _ body: @Sendable (RunningSuite, @escaping @Sendable () async throws -> Bool) async throws -> T
    ) async throws -> T {
        try await RunningSuite.with(settings) { suite in
            let model = try DemoModel.builtIn()
            let issuer = try await LocalIssuer(suite.settings)
            return try await body(suite) {
                try await suite.database.withPool { pool in
                    let registry = DemoRegistry(model: model, migrator: pool)
                    let days = try await registry.calendar(45, before: Self.asOf)
                    return try await DemoProduction(
                        model: model, days: days, seed: seed, addresses: suite.addresses, issuer: issuer, log: pool,
                        registry: registry
                    ).make(10)
                }
            }
        }
    }
}
