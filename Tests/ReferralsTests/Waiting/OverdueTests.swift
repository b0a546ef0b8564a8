import FoundationEssentials
import HTTPTypes
import JSON
import MessageTable
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import TestKit
import Testing

@testable import Referrals

@Suite("Referrals that wait too long")
struct OverdueTests {
    private static let board = "/v1/referrals/overdue"

    /// What is put aside until it is due.
    private static func scheduled(_ referring: Referring) async throws -> [(event: ReferralFellDue, dueAt: Instant)] {
        try await referring.database.withPool(connections: 1) { pool in
            try await pool.query(
                Statement(
                    "test.scheduled",
                    "select payload, due_at from message_table.scheduled where topic = 'referral.fell_due.v1'")
            ).map { row in
                let (payload, dueAt) = try row.decode((JSONB, Instant).self)
                return (try JSONValue.decode(ReferralFellDue.self, from: payload.bytes), dueAt)
            }
        }
    }

    /// Lets the time until what is put aside pass, and hands it over, as often as is said.
    private static func fallDue(_ referring: Referring, times: Int = 1) async throws -> ReferralFellDue {
        let next = try #require(try await scheduled(referring).first)
        referring.clock.advance(by: next.dueAt - referring.clock.now)
        for _ in 0..<times { try await referring.work { try await referring.store.handle(next.event, in: $0) } }
        return next.event
    }

    private static func refer(
        _ referring: Referring, to hospital: PartnerID, _ number: Int = 0, asDraft: Bool = false
    ) async throws -> ReferralID {
        var intake = Intake.emergency(of: PersonIdentity(familyName: "Person \(number)"), from: hospital)
        // An emergency is accepted at once, whatever the policy.
        intake.request = ReferralRequest(setting: .inpatient, priority: .urgent)
        intake.asDraft = asDraft
        let order = intake
        return try await referring.work { work in
            try await referring.store.takeIn(order, in: work).stored.referral.referralID
        }
    }

    @Test("what waits has one reminder put aside; a step further it is another one, and none once the person was met")
    func follows() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("Mercy", policy: .review)
            let id = try await Self.refer(referring, to: hospital)
            #expect(try await Self.scheduled(referring).map(\.event.step) == ["decision"])
            _ = try await referring.work { work in
                try await referring.store.change(id, in: work) { current, open in
                    try current.accept(id, joining: open, by: .init(.performer, "coordinator"), at: work.now)
                }
            }
            #expect(try await Self.scheduled(referring).map(\.event.step) == ["peer"])
            try await referring.moveOn()
            let meeting = try await Self.scheduled(referring)
            #expect(meeting.map(\.event.step) == ["meeting"])
            #expect(meeting.first?.dueAt == referring.clock.now + .seconds(2 * 86_400))
            try await referring.work { work in
                try await referring.store.report(on: id, in: work) {
                    $0.progress(to: .eventCompleted, by: .init(.performer, "scheduling"), at: work.now)
                }
            }
            #expect(try await Self.scheduled(referring).isEmpty)
            _ = try await Self.refer(referring, to: hospital, 2, asDraft: true)
            #expect(try await Self.scheduled(referring).isEmpty, "a draft is the sender's turn")
        }
    }

    @Test(
        "a reminder is counted once however often it comes, again after its time, to the last; then the board remains")
    func reminds() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("Mercy", policy: .review)
            let id = try await Self.refer(referring, to: hospital)
            _ = try await referring.work {
                try await referring.store.save(.duty, at: "https://desk.example/hooks", in: $0)
            }
            var seen: [Int] = []
            for _ in 1...5 { seen.append(try await Self.fallDue(referring, times: 3).reminder) }
            #expect(seen == [0, 1, 2, 3, 4])
            // Put aside for the last time, and handled: nothing follows.
            let last = try #require(try await Self.scheduled(referring).first)
            #expect(last.event.reminder == 4)
            let counts = Statement("test.reminders", "select reminders from referral.referral")
            #expect(try await referring.look(counts, as: Int.self) == [5])
            let words = Statement(
                "test.words", "select count(*) from message_table.delivery where partner = 'duty-desk'")
            #expect(try await referring.look(words, as: Int.self) == [5])
            let board = try await referring.work {
                try await referring.store.listOverdue(nil, after: OverduePosition(), limit: 10, in: $0)
            }
            #expect(board.map(\.stored.referral.referralID) == [id] && board.map(\.reminders) == [5])
        }
    }

    @Test("what comes late, of an earlier wait or a step of another version changes nothing and tells nobody")
    func late() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("Mercy", policy: .review)
            let id = try await Self.refer(referring, to: hospital)
            _ = try await referring.work {
                try await referring.store.save(.duty, at: "https://desk.example/hooks", in: $0)
            }
            let early = try #require(try await Self.scheduled(referring).first?.event)
            referring.clock.advance(by: .seconds(30))
            _ = try await referring.work { work in
                try await referring.store.change(id, in: work) { current, open in
                    try current.accept(id, joining: open, by: .init(.performer, "coordinator"), at: work.now)
                }
            }
            var other = early
            other.step = "a-step-to-come"
            var earlier = try #require(try await Self.scheduled(referring).first?.event)
            earlier.since = early.since
            for event in [early, other, earlier] {
                try await referring.work { try await referring.store.handle(event, in: $0) }
            }
            let left = Statement(
                "test.left", "select sum(reminders)::integer from referral.referral")
            #expect(try await referring.look(left, as: Int.self) == [0])
            let words = Statement("test.words", "select count(*) from message_table.delivery")
            #expect(try await referring.look(words, as: Int.self) == [0])
        }
    }

    @Test("the board has the longest overdue first, page by page and by step, for the office only")
    func board() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("Mercy", policy: .review)
            let other = AgencyID(rawValue: UUID())
            try await referring.addAgency(other)
            var ids: [ReferralID] = []
            for number in 0..<5 {
                ids.append(try await Self.refer(referring, to: hospital, number))
                referring.clock.advance(by: .seconds(10))
            }
            let (expected, first) = (ids.map(\.description), ids[0])
            try await referring.calling { client in
                #expect(try await client.call(.get, Self.board).items().isEmpty, "not due yet")
                referring.clock.advance(by: .seconds(5 * 3600))
                var (seen, cursor): ([String], String) = ([], "")
                while true {
                    let page = try await client.call(.get, "\(Self.board)?limit=2\(cursor)")
                    #expect(page.status == 200)
                    seen += try page.items().compactMap { $0["referral"]?["referralID"]?.string }
                    guard let next = try page["next"] else { break }
                    cursor = "&cursor=\(next)"
                }
                #expect(seen == expected)
                let item = try #require(try await client.call(.get, "\(Self.board)?limit=1").items().first)
                #expect(item["awaits"]?.string == "decision" && item["isForSupervisors"]?.bool == false)
                #expect(item["minutesOverdue"]?.integer == 60)
                #expect(try await client.call(.get, "\(Self.board)?step=peer").items().isEmpty)
                #expect(try await client.call(.get, "\(Self.board)?step=x").pointers() == ["step"])
                #expect(try await client.call(.get, Self.board, as: "other:\(other)").items().isEmpty)
                for role in ["peer:\(first)", "partner:\(hospital)", "operator"] {
                    #expect(try await client.call(.get, Self.board, as: role).status == 403)
                }
                let accepted = try await client.call(.post, "/v1/referrals/\(first)/accept", ifMatch: 1, "{}")
                #expect(accepted.status == 200, "\(accepted.text)")
                let left = try await client.call(.get, Self.board)
                #expect(
                    try left.items().compactMap { $0["referral"]?["referralID"]?.string } == Array(expected.dropFirst())
                )
                let listed = Statement(
                    "test.audit",
                    """
                    select cardinality(participant_ids)
                    from referral.audit_event
                    where operation_id = 'listOverdueReferrals' and decision = 'allow'
                    order by at desc, audit_id desc
                    limit 1
                    """)
                #expect(try await referring.look(listed, as: Int.self) == [4], "who was told of is on record")
            }
        }
    }
}
