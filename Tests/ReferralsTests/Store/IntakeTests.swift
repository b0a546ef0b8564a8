import FoundationEssentials
import MessageTable
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("Intake")
struct IntakeTests {
    @Test(
        "two hospitals that refer the same person at once: one participant, two referrals, one dispatch",
        arguments: 1...5)
    func twoHospitals(_ round: Int) async throws {
        try await Referring.with { referring in
            let (first, second) = (try await referring.hospital("First"), try await referring.hospital("Second"))
            async let one = referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: first), in: $0)
            }
            async let two = referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: second), in: $0)
            }
            let (a, b) = try await (one, two)
            #expect(a.stored.referral.participantID == b.stored.referral.participantID)
            #expect(a.stored.referral.referralID != b.stored.referral.referralID)
            #expect(a.stored.referral.engagementID == b.stored.referral.engagementID)
            #expect(a.view.status == .accepted && b.view.status == .accepted)
            #expect(try await referring.topics() == ["referral.accepted.v1"])
            // Neither learns of the other: no id in common.
            let (idsA, idsB) = (try #require(a.senderIDs), try #require(b.senderIDs))
            let setA: Set<UUID> = [idsA.participantID, idsA.referralID, idsA.taskID]
            #expect(setA.isDisjoint(with: [idsB.participantID, idsB.referralID, idsB.taskID]))
        }
    }

    @Test("many who refer one person at once are all taken, and the person is registered once")
    func manyAtOnce() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let participants = try await withThrowingTaskGroup(of: ParticipantID.self) { group in
                for _ in 1...8 {
                    group.addTask {
                        try await referring.work {
                            try await referring.store.takeIn(.emergency(of: .jane, from: hospital), in: $0)
                        }.stored.referral.participantID
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(participants.count == 1)
            #expect(try await referring.topics() == ["referral.accepted.v1"])
        }
    }

    @Test("the same order number again is the same referral, also at once")
    func sameOrder() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let known = try await withThrowingTaskGroup(of: (ReferralID, Bool).self) { group in
                for _ in 1...8 {
                    group.addTask {
                        var intake = Intake.emergency(of: PersonIdentity(), from: hospital)
                        intake.placerIdentifier = "ORDER-7"
                        let order = intake
                        let taken = try await referring.work { try await referring.store.takeIn(order, in: $0) }
                        return (taken.stored.referral.referralID, taken.wasKnown)
                    }
                }
                return try await group.reduce(into: [(ReferralID, Bool)]()) { $0.append($1) }
            }
            #expect(Set(known.map(\.0)).count == 1)
            #expect(known.count { !$0.1 } == 1)
            #expect(try await referring.topics() == ["referral.accepted.v1"])
        }
    }

    @Test("an order number that was used for another request is refused")
    func reusedOrder() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            var intake = Intake.emergency(of: .jane, from: hospital)
            intake.placerIdentifier = "ORDER-7"
            let first = intake
            _ = try await referring.work { try await referring.store.takeIn(first, in: $0) }
            intake.request.priority = .routine
            let other = intake
            await #expect(throws: StoreError(.placerReused)) {
                try await referring.work { try await referring.store.takeIn(other, in: $0) }
            }
        }
    }

    @Test("no name, birth date, phone, identifier, callback or reason can be read in any row of the schema")
    func nothingInPlain() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            var intake = Intake.emergency(of: .jane, from: hospital)
            intake.person.postalCode = "ZIP-08999"
            intake.request.callback = "Callback at desk seven"
            intake.placerIdentifier = "PLACER-4711"
            intake.resources = [
                ReceivedResource(kind: "Patient", role: .participant, content: Array("Bytes of Quixote".utf8))
            ]
            let order = intake
            let taken = try await referring.work { try await referring.store.takeIn(order, in: $0) }
            _ = try await referring.work { work in
                try await referring.store.change(taken.stored.referral.referralID, in: work) { current, _ in
                    try current.hold(
                        taken.stored.referral.referralID, because: "Gone to relatives", by: .init(.performer, "c"),
                        at: work.now
                    )
                }
            }
            let rows = try await referring.look(
                Statement(
                    "test.everything",
                    """
                    select (xpath('/row/t/text()', query_to_xml(format('select string_agg(x::text, '' '') as t from %I.%I as x',
                      table_schema, table_name), false, true, '')))[1]::text
                    from information_schema.tables
                    where table_schema in ('referral', 'message_table') and table_type = 'BASE TABLE'
                    """
                ), as: String?.self
            ).compactMap { $0 }.joined(separator: " ").lowercased()
            #expect(rows.contains("emergency-department"), "the rows are being read")
            for secret in [
                "quixote", "dulcinea", "1988-02-29", "6095550143", "mrn-0815", "desk seven", "relatives", "placer-4711",
                "zip-08999",
            ] {
                let bytea = secret.utf8.map { byte in
                    let digits = String(byte, radix: 16)
                    return digits.count == 1 ? "0" + digits : digits
                }.joined()
                #expect(!rows.contains(secret) && !rows.contains(bytea), "\(secret)")
            }
            let read = try await referring.work {
                try await referring.store.referral(taken.stored.referral.referralID, in: $0)
            }
            #expect(read?.referral.statusReason == "Gone to relatives")
            #expect(read?.referral.request.callback == "Callback at desk seven")
            let ids = try #require(taken.senderIDs)
            let kept = try await referring.work {
                try await referring.store.received("Patient", ids.participantID, of: hospital, in: $0)
            }
            #expect(kept.map { String(decoding: $0.content, as: UTF8.self) } == "Bytes of Quixote")
        }
    }

    @Test("a partner resolves its own ids only, and another agency sees nothing")
    func ownIDsOnly() async throws {
        try await Referring.with { referring in
            let (first, second) = (try await referring.hospital("First"), try await referring.hospital("Second"))
            let taken = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: first), in: $0)
            }
            let ids = try #require(taken.senderIDs)
            #expect(
                try await referring.work { try await referring.store.sent(ids.taskID, .task, by: first, in: $0) } != nil
            )
            #expect(
                try await referring.work { try await referring.store.sent(ids.taskID, .task, by: second, in: $0) }
                    == nil)
            let other = AgencyID(rawValue: UUID())
            try await referring.addAgency(other)
            #expect(
                try await referring.work(for: other) {
                    try await referring.store.referral(taken.stored.referral.referralID, in: $0)
                } == nil
            )
        }
    }
}

extension PersonIdentity {
    /// Nobody: from a novel.
    static let jane = PersonIdentity(
        givenName: "Dulcinea", familyName: "Quixote", birthDate: CivilDate(year: 1988, month: 2, day: 29),
        phone: "(609) 555-0143", identifiers: [.init(system: "urn:oid:1.2.3", value: "MRN-0815")]
    )
}

extension Intake {
    static func emergency(of person: PersonIdentity, from partner: PartnerID) -> Intake {
        Intake(
            request: ReferralRequest(setting: .emergencyDepartment, priority: .stat, callback: "6095550100"),
            person: person, partnerID: partner, clientID: "client of \(partner)", subject: "client"
        )
    }
}
