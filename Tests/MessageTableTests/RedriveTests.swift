import FoundationEssentials
import Models
import NIOConcurrencyHelpers
import Postgres
import TestKit
import Testing

@testable import MessageTable

/// What an operator sends again stays where it belongs.
@Suite struct RedriveTests {
    private static let other = AgencyID(rawValue: UUID())
    private static let bothParked = Statement("test.parked", "select count(*) = 2 from message_table.parked")
    private static let noneParked = Statement("test.none", "select count(*) = 0 from message_table.parked")
    private static let oneLeft = Statement(
        "test.left", "select string_agg(agency_id::text, ',') from message_table.parked")
    private static let messages = Statement(
        "test.messages", "select string_agg(id || ' ' || agency_id, ',' order by id) from message_table.message")
    private static let deliveries = Statement(
        "test.deliveries",
        "select string_agg(delivery_id || ' ' || agency_id, ',' order by delivery_id) from message_table.delivery")
    private static let givenUp = Statement(
        "test.dead", "update message_table.delivery set state = 'dead', error = 'no answer'")
    private static let scope = Statement("test.scope", "select current_setting('handrail.agency_id')")

    /// Publishes an event of the same key in both agencies, and refuses it until told otherwise; collects for which
    /// agency each was handled.
    private static func withParked(
        _ body:
            @escaping @Sendable (
                LogFixture, _ refusing: NIOLockedValueBox<Bool>, _ handled: NIOLockedValueBox<[String]>
            ) async throws -> Void
    ) async throws {
        struct Refused: Error {}
        let refusing = NIOLockedValueBox(true)
        let handled = NIOLockedValueBox<[String]>([])
        var group = ConsumerGroup("redrive")
        group.on(AssessmentRecorded.self) { _, context in
            guard !refusing.withLockedValue({ $0 }) else { throw Refused() }
            let scope = try await context.transaction.query(Self.scope)[0].decode(String.self)
            handled.withLockedValue { $0.append("\(context.agencyID) \(scope)") }
        }
        let handlers = group
        try await LogFixture.with { log in
            let event = LogFixture.event()
            for agency in [LogFixture.agency, Self.other] {
                try await log.service.transaction(for: agency) { transaction in
                    try transaction.publish(event, agency: agency, headers: .none)
                }
            }
            try await log.running(log.loops([handlers])) {
                try await log.eventually(Self.bothParked)
                try await body(log, refusing, handled)
            }
        }
    }

    @Test("no login gives what waits to another agency, also not the one that sees all")
    func keptApart() async throws {
        try await Self.withParked { log, _, _ in
            let moved = Statement("test.moved", "update message_table.parked set agency_id = $1")
            for pool in [log.worker, log.observer] {
                do {
                    _ = try await pool.query(moved, LogFixture.agency)
                    Issue.record("moved")
                } catch {
                    #expect((error as? PostgresError)?.sqlState == "42501")
                }
            }
        }
    }

    @Test("a message that is tried again is handled for its own agency, and for no other")
    func retry() async throws {
        try await Self.withParked { log, refusing, handled in
            let before = try await log.observer.query(Self.messages)[0].decode(String.self)
            refusing.withLockedValue { $0 = false }
            let verbs = LogOperator(log.worker)
            for parked in try await verbs.parked(onlyDead: false, limit: 10) {
                _ = try await verbs.intervene(.retry, group: parked.group, id: parked.id, by: "operator")
            }
            try await log.eventually(Self.noneParked)
            let expected = [LogFixture.agency, Self.other].map { "\($0) \($0)" }
            #expect(handled.withLockedValue { Set($0) } == Set(expected))
            #expect(try await log.observer.query(Self.messages)[0].decode(String.self) == before)
        }
    }

    @Test(
        "giving up a key of one agency leaves the same key of another alone", arguments: [LogOperator.Verb.skip, .drop])
    func giveUp(_ verb: LogOperator.Verb) async throws {
        try await Self.withParked { log, _, _ in
            let verbs = LogOperator(log.worker)
            let parked = try await verbs.parked(onlyDead: false, limit: 10)
            let own = try #require(parked.first { $0.agencyID == LogFixture.agency })
            #expect(try await verbs.intervene(verb, group: own.group, id: own.id, by: "operator") == 1)
            #expect(try await log.observer.query(Self.oneLeft)[0].decode(String.self) == Self.other.description)
        }
    }

    @Test("deliveries that go out again keep their agency")
    func resend() async throws {
        try await LogFixture.with { log in
            for agency in [LogFixture.agency, Self.other] {
                try await log.service.transaction(for: agency) { transaction in
                    transaction.deliver(
                        Delivery(
                            id: UUID(), partner: "partner \(agency)", kind: "webhook", subjectID: nil,
                            payload: JSONB(Array("{}".utf8)), idempotencyKey: "key",
                            notBefore: Instant(unixSeconds: 0)),
                        agency: agency)
                }
            }
            let before = try await log.observer.query(Self.deliveries)[0].decode(String.self)
            _ = try await log.observer.query(Self.givenUp)
            let verbs = LogOperator(log.worker)
            let revived = try await verbs.resend(
                to: "partner \(Self.other)", at: WallClock.system.now(), by: "operator")
            #expect(revived == 1)
            let kept = try await verbs.deliveries(to: "partner \(LogFixture.agency)", limit: 10)
            #expect(kept.map(\.isDead) == [true], "another agency's partner")
            #expect(try await log.observer.query(Self.deliveries)[0].decode(String.self) == before)
        }
    }
}
