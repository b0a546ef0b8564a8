import FoundationEssentials
import Models
import NIOConcurrencyHelpers
import Postgres
import TestKit
import Testing

@testable import MessageTable

/// Whether a group knows what binds it is read from the log itself.
@Suite struct BindingNewsTests {
    private static let tick = Statement("test.tick", "select message_table.tick()")
    private static let group = "knowing"
    private static let someone = ParticipantID(rawValue: UUID())

    /// Moves everything that was published, ticked and acknowledged into the past, as if nothing had happened since.
    private static func age(_ seconds: Int, _ log: LogFixture) async throws {
        try await log.observer.runScript(
            """
            update message_table.message set occurred_at = occurred_at - interval '\(seconds) seconds';
            update message_table.tick set at = at - interval '\(seconds) seconds';
            update message_table.checkpoint set at = at - interval '\(seconds) seconds';
            """)
    }

    private static func consent(
        _ id: ConsentID = ConsentID(rawValue: UUID()), of participant: ParticipantID = someone, version: Int = 1
    ) -> ConsentChanged {
        ConsentChanged(
            consentID: id, participantID: participant, version: version, kind: .known(.disclosure),
            recipientKind: .known(.inWords), recipientID: nil, organisationKind: nil, purposes: [], classes: [],
            signedAt: Instant(unixSeconds: 0), expiresAt: nil, revokedAt: nil, isDeficient: false,
            changedAt: Instant(unixSeconds: 0))
    }

    private static func publish(_ event: some Event, for agency: AgencyID = LogFixture.agency, _ log: LogFixture)
        async throws
    {
        try await log.service.transaction(for: agency) { try $0.publish(event, agency: agency, headers: .none) }
    }

    /// As the login of requests, in a transaction of the agency.
    private static func isKnown(
        about participant: ParticipantID = someone, in agency: AgencyID = LogFixture.agency, _ log: LogFixture
    ) async throws -> Bool {
        try await log.service.transaction(for: agency) { transaction in
            let answers = try await transaction.together(BindingNews.isKnown(to: group, about: [participant]))
            return try answers[0][0].decode(Bool.self)
        }
    }

    private struct Refused: Error {}

    /// Handles all that is ticked in these slots; refuses consents while it is told to.
    private static func handle(
        in slots: [Int] = Array(0..<16), refusing: Bool = false, _ log: LogFixture
    ) async throws {
        var group = ConsumerGroup(group)
        group.on(ConsentChanged.self) { _, _ in if refusing { throw Refused() } }
        let consumer = Consumer(
            group: group, servicePool: log.service, reader: LogReader(group: Self.group, pool: log.worker),
            clock: .system, logger: .silent)
        var cursors = try await consumer.reader.cursors(of: slots)
        var ahead = ReadAhead()
        while try await consumer.turn(&cursors, &ahead) != .idle {}
        _ = try await consumer.writeIdleCheckpoints(&cursors)
    }

    @Test("a consent that is unread for five seconds is not known, whatever stands still; a quiet log is known")
    func late() async throws {
        try await LogFixture.with { log in
            #expect(try await Self.isKnown(log), "nothing was ever published")
            try await Self.publish(Self.consent(), log)
            #expect(try await Self.isKnown(log), "published just now")
            try await Self.age(2, log)
            #expect(try await Self.isKnown(log), "two seconds ago")
            try await Self.age(3, log)
            #expect(try await !Self.isKnown(log), "nobody ticks")
            _ = try await log.worker.query(Self.tick)
            #expect(try await !Self.isKnown(log), "nobody consumes")
            try await Self.handle(log)
            #expect(try await Self.isKnown(log), "handled")
            try await Self.age(3600, log)
            #expect(try await Self.isKnown(log), "a quiet hour")
        }
    }

    @Test("behind in one slot of sixteen is behind, and what is no news of consents counts only in great numbers")
    func oneSlot() async throws {
        try await LogFixture.with { log in
            let slotOf = Statement(
                "test.slot", "select max(slot) from message_table.message where topic like 'consent%'")
            let elsewhere = Statement("test.elsewhere", "select max(slot) from message_table.message")
            try await log.publish([LogFixture.event()])
            let other = try await log.number(elsewhere)
            try await Self.publish(Self.consent(), log)
            let slot = try await log.number(slotOf)
            _ = try await log.worker.query(Self.tick)
            try await Self.handle(in: (0..<16).filter { $0 != slot }, log)
            try await Self.age(6, log)
            #expect(try await !Self.isKnown(log))
            try await Self.handle(in: [slot], log)
            #expect(try await Self.isKnown(log))

            let key = AssessmentID(rawValue: UUID())
            try await log.publish((0..<900).map { LogFixture.event(key: key, version: $0 + 1) })
            _ = try await log.worker.query(Self.tick)
            try await Self.age(6, log)
            #expect(try await Self.isKnown(log), "other news, other slot than \(other)")
            try await log.publish((900..<1900).map { LogFixture.event(key: key, version: $0 + 1) })
            _ = try await log.worker.query(Self.tick)
            try await Self.age(6, log)
            #expect(try await !Self.isKnown(log), "too far behind to look for it")
        }
    }

    @Test("a consent whose transaction was open at the tick before counts from when it is committed")
    func inProgress() async throws {
        try await LogFixture.with { log in
            try await log.service.transaction(for: LogFixture.agency) { open in
                try open.publish(Self.consent(), agency: LogFixture.agency, headers: .none)
                try await open.flush()
                try await log.publish((0..<20).map { _ in LogFixture.event() })
                _ = try await log.worker.query(Self.tick)
                try await Self.handle(log)
                #expect(try await Self.isKnown(log), "not committed")
            }
            try await Self.age(6, log)
            #expect(try await !Self.isKnown(log))
            _ = try await log.worker.query(Self.tick)
            try await Self.handle(log)
            #expect(try await Self.isKnown(log))
        }
    }

    @Test("of a window that is handled in part, the rest is unread")
    func inPart() async throws {
        try await LogFixture.with { log in
            let id = ConsentID(rawValue: UUID())
            try await log.service.transaction(for: LogFixture.agency) { transaction in
                for version in 1...2 {
                    try transaction.publish(
                        Self.consent(id, version: version), agency: LogFixture.agency, headers: .none)
                }
            }
            _ = try await log.worker.query(Self.tick)
            try await Self.handle(log)
            func handled(up to: String) -> String {
                """
                insert into message_table.checkpoint (grp, slot, step, lo_tick, hi_tick, pos)
                select '\(Self.group)', m.slot, (select max(step) + 1 from message_table.checkpoint),
                    (select min(tick_id) from message_table.tick), (select max(tick_id) from message_table.tick),
                    (select \(to)(id) from message_table.message)
                from message_table.message m limit 1
                """
            }
            try await log.observer.runScript(handled(up: "min"))
            try await Self.age(6, log)
            #expect(try await !Self.isKnown(log))
            try await log.observer.runScript(handled(up: "max"))
            #expect(try await Self.isKnown(log))
        }
    }

    @Test("a consent that could not be handled is unknown of its participant, and of nobody else")
    func parked() async throws {
        try await LogFixture.with { log in
            try await Self.publish(Self.consent(), log)
            _ = try await log.worker.query(Self.tick)
            try await Self.handle(refusing: true, log)
            let other = ParticipantID(rawValue: UUID())
            #expect(try await !Self.isKnown(log))
            #expect(try await Self.isKnown(about: other, log))
            try await log.observer.runScript("update message_table.parked set dead = true, attempt = 12")
            #expect(try await !Self.isKnown(log), "dead")
            #expect(try await Self.isKnown(about: other, log))
            try await log.observer.runScript("delete from message_table.parked")
            #expect(try await Self.isKnown(log))
        }
    }

    private static func unreadable(_ payload: String) -> String {
        """
        insert into message_table.message (topic, key, version, agency_id, payload)
        values ('\(ConsentChanged.topic)', gen_random_uuid()::text, 1, '\(LogFixture.agency)', '\(payload)')
        """
    }

    @Test("one that cannot be read is dead; where it does not say whom it is about it counts for its whole agency")
    func unreadable() async throws {
        let (other, south) = (ParticipantID(rawValue: UUID()), AgencyID(rawValue: UUID()))
        try await LogFixture.with { log in
            try await log.observer.runScript(Self.unreadable(#"{"participantID": "\#(Self.someone)", "kind": 7}"#))
            _ = try await log.worker.query(Self.tick)
            try await Self.handle(log)
            #expect(try await !Self.isKnown(log))
            #expect(try await Self.isKnown(about: other, log))
            try await log.observer.runScript(Self.unreadable(#"{"participantID": "nobody"}"#))
            _ = try await log.worker.query(Self.tick)
            try await Self.handle(log)
            #expect(try await !Self.isKnown(about: other, log))
            #expect(try await Self.isKnown(about: other, in: south, log))
        }
    }

    @Test(
        "where the clock has gone back, what was published in its future counts as old; without an agency nothing is known"
    )
    func clock() async throws {
        try await LogFixture.with { log in
            try await Self.publish(Self.consent(), log)
            try await Self.age(-3600, log)
            #expect(try await !Self.isKnown(log))
            _ = try await log.worker.query(Self.tick)
            try await Self.handle(log)
            #expect(try await Self.isKnown(log))
            let question = Statement(
                "test.no_agency",
                "select message_table.is_up_to_date('knowing', '{}', '{}', interval '5 seconds')")
            #expect(try await !log.service.query(question)[0].decode(Bool.self))
        }
    }

    @Test(
        "nobody skips or drops what a participant decided; it can be tried again", arguments: LogOperator.Verb.allCases)
    func verbs(_ verb: LogOperator.Verb) async throws {
        try await LogFixture.with { log in
            try await Self.publish(Self.consent(), log)
            _ = try await log.worker.query(Self.tick)
            try await Self.handle(refusing: true, log)
            let verbs = LogOperator(log.worker)
            let parked = try #require(try await verbs.parked(onlyDead: false, limit: 1).first)
            let intervene = { @Sendable () async throws -> Int in
                try await verbs.intervene(verb, group: parked.group, id: parked.id, by: "operator")
            }
            if verb == .retry {
                #expect(try await intervene() == 1)
            } else {
                await #expect(throws: LogOperator.CannotBeSkipped.self) { _ = try await intervene() }
            }
            #expect(try await !Self.isKnown(log))
        }
    }
}
