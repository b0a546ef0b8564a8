import Confidentiality
import FoundationEssentials
import MessageTable
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import TestKit
import Testing

@testable import Referrals

@Suite("Linkages on PostgreSQL")
struct LinkageStoreTests {
    private static let waiting = Statement(
        "test.waiting",
        """
        select topic || ' ' || (extract(epoch from due_at) * 1000000)::bigint
        from message_table.scheduled
        where topic like 'linkage.%'
        order by due_at
        """)

    private static func due(_ referring: Referring, of peer: PeerID? = nil) async throws -> [Int] {
        try await referring.work {
            try await referring.store.dueChecks(of: peer, after: DuePosition(), atMost: 50, in: $0)
        }.map(\.days)
    }

    /// The message for what is due next is delivered, as often as is asked.
    private static func hear(_ id: LinkageID, _ referring: Referring, times: Int = 1) async throws {
        for _ in 0..<times {
            try await referring.work {
                try await referring.store.record(LinkageCheckDue(linkageID: id, dueAt: $0.now), in: $0)
            }
        }
    }

    @Test("what began is asked about on its days: a message waits for the next one, and heard twice it changes nothing")
    func asked() async throws {
        try await Referring.with { referring in
            let start = referring.clock.now
            let id = try await referring.offer(
                "buprenorphine", for: referring.need("medication-treatment", of: referring.participant()))
            try await referring.admit(id)
            func waits(until days: Int) -> [String] {
                ["linkage.check_due.v1 \((start + .seconds(days * 86_400)).microseconds)"]
            }
            #expect(try await referring.look(Self.waiting, as: String.self) == waits(until: 7))
            // Early by this service's clock: it is put back.
            referring.clock.advance(by: .seconds(6 * 86_400))
            try await Self.hear(id, referring)
            #expect(try await Self.due(referring) == [])
            #expect(try await referring.look(Self.waiting, as: String.self) == waits(until: 7))
            referring.clock.advance(by: .seconds(86_400))
            try await Self.hear(id, referring, times: 2)
            #expect(try await Self.due(referring) == [7])
            #expect(try await referring.look(Self.waiting, as: String.self) == waits(until: 30))
            // The clock goes back: what came due stays so, and can be answered.
            referring.clock.advance(by: .seconds(-3 * 86_400))
            try await Self.hear(id, referring)
            #expect(try await Self.due(referring) == [7])
            let sustained = try await referring.change(id) {
                try $0.answer(.sustained, days: 7, by: "peer", at: $1)
            }
            #expect(sustained.status == .sustained && sustained.sustainedDays == 7)
            #expect(try await Self.due(referring) == [])
            // A service that stood still for months finds both days at once.
            referring.clock.advance(by: .seconds(100 * 86_400))
            try await Self.hear(id, referring)
            #expect(try await Self.due(referring) == [30, 90])
            try await referring.change(id) { try $0.answer(.stopped, days: 30, by: "peer", at: $1) }
            #expect(try await Self.due(referring) == [], "what has ended is asked no more")
        }
    }

    @Test("an end takes the waiting message back, and one that comes all the same changes nothing")
    func ended() async throws {
        try await Referring.with { referring in
            let id = try await referring.offer(
                "methadone", for: referring.need("medication-treatment", of: referring.participant()))
            try await referring.admit(id)
            try await referring.change(id) { try $0.finish(.end, by: "peer", at: $1) }
            #expect(try await referring.look(Self.waiting, as: String.self) == [])
            referring.clock.advance(by: .seconds(8 * 86_400))
            try await Self.hear(id, referring)
            #expect(try await Self.due(referring) == [])
            #expect(try await referring.look(Self.waiting, as: String.self) == [])
        }
    }

    @Test("each change is told once, with codes and ids only; a need that is met is closed by what met it")
    func told() async throws {
        try await Referring.with { referring in
            let participant = try await referring.participant()
            let need = try await referring.need("housing", of: participant)
            let refused = try await referring.offer("recovery-residence", for: need)
            try await referring.change(refused) {
                try $0.refuse(.init(by: .service, reason: "no-funds"), by: "peer", at: $1)
            }
            let id = try await referring.offer("recovery-residence", for: need)
            try await referring.admit(id)
            try await referring.change(id) { try $0.finish(.meetNeed, by: "peer", at: $1) }
            let told = try await referring.look(
                Statement(
                    "test.told",
                    """
                    select (payload->>'version') || ' ' || (payload->>'status') || coalesce(' ' || (payload->>'refusal'), '')
                    from message_table.message where topic = 'linkage.changed.v1' order by id
                    """), as: String.self)
            #expect(
                told == ["1 offered", "2 refused no-funds", "1 offered", "2 admitted", "3 need-met"], "\(told)")
            let words = try await referring.look(
                Statement("test.words", "select payload::text from message_table.message"), as: String.self)
            #expect(words.allSatisfy { !$0.contains("hill") })
            let stored = try #require(try await referring.work { try await referring.store.need(need, in: $0) }).need
            #expect(stored.outcome == .met && stored.metBy == id)
            await #expect(throws: LinkageRefusal.needClosed) {
                _ = try await referring.offer("housing", for: need)
            }
        }
    }

    @Test("what is written about it is sealed, and gone with the person; nobody is asked about them any more")
    func erased() async throws {
        try await Referring.with { referring in
            let participant = try await referring.participant()
            let id = try await referring.offer(
                "buprenorphine", for: referring.need("medication-treatment", of: participant))
            try await referring.admit(id)
            let stored = try await referring.look(
                Statement(
                    "test.sealed",
                    """
                    select encode(provider, 'escape') from referral.linkage
                    union all select encode(note, 'escape') from referral.need
                    """), as: String.self)
            #expect(stored.count == 2 && stored.allSatisfy { !$0.contains("hill") && !$0.contains("words") })
            try await referring.fixture("update referral.engagement set closed_at = now()")
            try await referring.work { work in
                let person = try await referring.store.lockPerson(participant, in: work)
                try await referring.store.erase(person, by: "privacy-officer", in: work)
            }
            referring.clock.advance(by: .seconds(10 * 86_400))
            try await Self.hear(id, referring)
            #expect(try await Self.due(referring) == [])
            try await referring.work { work in
                let person = try #require(try await referring.store.person(participant, in: work))
                let linkage = try #require(try await referring.store.linkage(id, in: work))
                let permit = Permit.office(of: referring.agencyID, classes: ReferralsAPI.linkageClasses)
                let view = try LinkageView(linkage, of: person, within: permit, referring.store.linkages)
                #expect(view.provider == nil && view.status == .admitted, "what is counted stays")
            }
            await #expect(throws: VaultError.self) { _ = try await referring.need("phone", of: participant) }
        }
    }

    @Test("after a merge both ids show everything of both, each in their own words; an unmerge takes it apart again")
    func merged() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            var linkages: [LinkageID] = []
            for id in [two.older, two.younger] {
                linkages.append(try await referring.offer("phone", for: referring.need("phone", of: id)))
            }
            func shown(_ id: ParticipantID) async throws -> Set<LinkageID> {
                try await referring.work { work in
                    let person = try #require(try await referring.store.person(id, in: work))
                    let found = try await referring.store.linkages(of: person.ids, before: nil, atMost: 50, in: work)
                    let permit = Permit.office(of: referring.agencyID, classes: ReferralsAPI.linkageClasses)
                    let views = try found.map {
                        try LinkageView($0, of: person, within: permit, referring.store.linkages)
                    }
                    #expect(views.allSatisfy { $0.provider == "The clinic on the hill" })
                    return Set(views.map(\.linkageID))
                }
            }
            #expect(try await shown(two.younger) == [linkages[1]])
            try await referring.merge(two.younger, into: two.older)
            for id in [two.younger, two.older] { #expect(try await shown(id) == Set(linkages)) }
            try await referring.unmerge(two.younger)
            #expect(try await shown(two.younger) == [linkages[1]])
            #expect(try await shown(two.older) == [linkages[0]])
        }
    }

    @Test("a peer's list has those whom they support now, under whatever id, and nobody else's")
    func ofPeer() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let (peer, other) = (PeerID.fixed(41), PeerID.fixed(42))
            try await referring.fixture(
                "update referral.engagement set peer_id = '\(peer)' where participant_id = '\(two.older)'")
            let id = try await referring.offer("phone", for: referring.need("phone", of: two.younger))
            try await referring.admit(id)
            referring.clock.advance(by: .seconds(8 * 86_400))
            try await Self.hear(id, referring)
            #expect(try await Self.due(referring, of: peer) == [])
            try await referring.merge(two.younger, into: two.older)
            #expect(try await Self.due(referring, of: peer) == [7])
            #expect(try await Self.due(referring, of: other) == [])
            try await referring.fixture("update referral.engagement set closed_at = now()")
            #expect(try await Self.due(referring, of: peer) == [], "support has ended")
            #expect(try await Self.due(referring) == [7], "the office still asks")
        }
    }

    @Test("PostgreSQL refuses two spans of one programme on one day, and the store those of a merged person")
    func coverage() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            func record(_ from: Int, _ through: Int?, of id: ParticipantID, _ programme: String = "medicaid")
                async throws
            {
                try await referring.work { work in
                    let person = try await referring.store.lockPerson(id, in: work)
                    try await referring.store.insert(
                        CoverageSpan(
                            coverageID: referring.store.ids.new(), participantID: person.ids.remaining,
                            programme: programme, planCode: "PSC-1", from: CivilDate(daysSince1970: from),
                            through: through.map(CivilDate.init(daysSince1970:)), recordedAt: work.now,
                            recordedBy: "coordinator"),
                        of: person, in: work)
                }
            }
            try await record(20_000, 20_010, of: two.older)
            try await record(20_011, nil, of: two.older)
            try await record(20_000, nil, of: two.older, "snap")
            try await record(20_005, nil, of: two.younger)
            await #expect(throws: CoverageSpan.Refusal.overlaps) { try await record(20_010, 20_010, of: two.older) }
            try await referring.merge(two.younger, into: two.older)
            try await record(19_000, 19_001, of: two.younger)
            await #expect(throws: CoverageSpan.Refusal.overlaps) { try await record(19_001, 19_002, of: two.older) }
            let statement = Statement(
                "test.overlap",
                """
                insert into referral.coverage_span
                  (agency_id, coverage_id, participant_id, version, programme, from_on, recorded_at, recorded_by)
                values ($1, $2, $3, 1, 'medicaid', $4, now(), 'x')
                """)
            let refusal = await #expect(throws: PostgresError.self) {
                try await referring.work { work in
                    _ = try await work.tx.execute(
                        statement, work.agencyID, referring.store.ids.uuid(), two.older,
                        CivilDate(daysSince1970: 30_000))
                }
            }
            #expect(refusal?.constraint == "coverage_span_once", "also of whoever does not ask first")
        }
    }

    @Test("where people who are one had a programme twice, a span can be ended earlier, and not later")
    func coverageOfMerged() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            @Sendable func day(_ number: Int) -> CivilDate { CivilDate(daysSince1970: number) }
            func record(_ from: Int, of id: ParticipantID) async throws -> CoverageID {
                let coverage = referring.store.ids.new(CoverageID.self)
                try await referring.work { work in
                    let person = try await referring.store.lockPerson(id, in: work)
                    try await referring.store.insert(
                        CoverageSpan(
                            coverageID: coverage, participantID: person.ids.remaining, programme: "medicaid",
                            planCode: nil, from: day(from), through: nil, recordedAt: work.now,
                            recordedBy: "coordinator"),
                        of: person, in: work)
                }
                return coverage
            }
            func end(_ id: CoverageID, _ through: Int, _ version: Int) async throws {
                try await referring.work { work in
                    let person = try await referring.store.lockPerson(two.older, in: work)
                    _ = try await referring.store.end(
                        id, through: day(through), of: person, expecting: version, in: work)
                }
            }
            let older = try await record(20_000, of: two.older)
            _ = try await record(20_100, of: two.younger)
            try await referring.merge(two.younger, into: two.older)
            try await end(older, 20_200, 1)
            await #expect(throws: CoverageSpan.Refusal.overlaps) { try await end(older, 20_201, 2) }
            try await end(older, 20_099, 2)
            await #expect(throws: CoverageSpan.Refusal.overlaps) { try await end(older, 20_100, 3) }
        }
    }

    @Test("an anonymous row holds no id, no hour and nobody who wrote it down, and its own id tells no time")
    func anonymous() async throws {
        try await Referring.with { referring in
            let participant = try await referring.participant()
            let day = referring.clock.now.dateInUTC
            try await referring.work { work in
                let given: [(NaloxoneKit.Recipient, ParticipantID?)] = [
                    (.anonymous, nil), (.participant, participant),
                ]
                for (recipient, id) in given {
                    let person = id == nil ? nil : try await referring.store.lockPerson(participant, in: work)
                    try referring.store.insert(
                        NaloxoneKit(
                            kitID: referring.store.timelessID(), givenOn: day, recipient: recipient, participantID: id,
                            product: "nasal-4mg", lot: nil, expiresOn: nil, count: 2, training: ["call", "stay"],
                            refill: "used"),
                        of: person, by: "peer", in: work)
                    try referring.store.insert(
                        Reversal(
                            reversalID: referring.store.timelessID(), happenedOn: day, participantID: id,
                            place: "street", doses: 2, givenBy: "bystander", survived: nil, isEMSCalled: true),
                        of: person, by: "peer", in: work)
                }
            }
            let rows = try await referring.look(
                Statement(
                    "test.anonymous",
                    """
                    select (to_jsonb(k) - 'given_on' - 'agency_id' - 'kit_id')::text || substr(kit_id::text, 15, 1)
                    from referral.naloxone_kit as k where participant_id is null
                    union all
                    select (to_jsonb(r) - 'happened_on' - 'agency_id' - 'reversal_id')::text
                      || substr(reversal_id::text, 15, 1)
                    from referral.reversal as r where participant_id is null
                    """), as: String.self)
            #expect(rows.count == 2)
            for row in rows {
                #expect(row.hasSuffix("4"), "a random id: \(row)")
                #expect(row.contains(#""recorded_at": null"#) && row.contains(#""recorded_by": null"#), "\(row)")
                #expect(!row.contains("peer") && !row.contains(String(day.year)), "\(row)")
            }
            let kits = try await referring.work {
                try await referring.store.naloxoneKits(before: nil, atMost: 9, in: $0)
            }
            #expect(Set(kits.map(\.participantID)) == [nil, participant])
            #expect(kits.allSatisfy { $0.training == ["call", "stay"] && $0.count == 2 })
        }
    }
}
