import Confidentiality
import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import MessageTable
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

/// What the other services hear of consents, and what comes back for the accounting.
@Suite("News of consents, and disclosures of other services")
struct ConsentNewsTests {
    private static func published(_ referring: Referring) async throws -> [ConsentChanged] {
        let payloads = Statement(
            "test.payloads",
            "select payload::text from message_table.message where topic = 'consent.changed.v2' order by id")
        return try await referring.look(payloads, as: String.self).map {
            try JSONDecoder().decode(ConsentChanged.self, from: Data($0.utf8))
        }
    }

    private static let scheduled = Statement(
        "test.scheduled",
        """
        select topic || ' ' || (payload ? 'version')
        from message_table.scheduled
        where topic like 'consent.%'
        """)

    @Test("each change of a consent is told with all that a decision needs: given, revoked, ended by its event")
    func changes() async throws {
        try await Referring.with { referring in
            let clinic = try await referring.hospital("Clinic", kind: .clinic)
            let (id, _) = try await referring.withConsent(
                from: clinic, expiry: .event("the end of the treatment", happenedAt: nil))
            try await referring.calling { client in
                let path = "/v1/participants/\(id)/consents"
                let first = try #require(try await client.call(.get, path).items().first?["consentID"]?.string)
                _ = try await client.call(.post, "\(path)/\(first)/expire")
                referring.clock.advance(by: .seconds(5))
                _ = try await client.call(.post, "\(path)/\(first)/revoke")
                _ = try await client.call(.post, "\(path)/\(first)/revoke")
            }
            let news = try await Self.published(referring)
            #expect(news.map(\.version) == [1, 2, 3])
            #expect(Set(news.map(\.participantID)) == [id] && Set(news.map(\.consentID)).count == 1)
            for one in news {
                #expect(one.recipientKind == .known(.organisation) && one.recipientID == clinic)
                #expect(one.organisationKind == "provider" && one.kind == .known(.disclosure) && !one.isDeficient)
                #expect(one.purposes.map(\.text) == ["ETREAT", "TREAT"] && one.classes.map(\.text) == ["referral"])
            }
            let now = referring.clock.now
            #expect(news.map(\.expiresAt) == [nil, now - .seconds(5), now - .seconds(5)])
            #expect(news.map(\.revokedAt) == [nil, nil, now])
        }
    }

    @Test(
        "what was recorded before terms travelled is told by an operator's call, step by step, and again without harm")
    func announced() async throws {
        try await Referring.with { referring in
            let payer = try await referring.hospital("Payer", kind: .healthPlan)
            for number in 0..<5 {
                _ = try await referring.withConsent(from: number == 4 ? payer : referring.hospital("H\(number)"))
            }
            let before = try await Self.published(referring)
            var (start, told) = (ConsentID?.none, 0)
            repeat {
                let from = start
                let step = try await referring.work {
                    try await referring.store.announceConsents(after: from, atMost: 2, in: $0)
                }
                (start, told) = (step.next, told + step.count)
            } while start != nil
            #expect(told == 5)
            #expect(Set(try await Self.published(referring).dropFirst(5)) == Set(before))
            try await referring.calling { client in
                let all = try await client.call(.post, "/v1/consents/announce", as: "operator")
                #expect(try all["announced"] == "5")
                #expect(try all["next"] == nil)
                #expect(try await client.call(.post, "/v1/consents/announce", as: "supervisor").status == 403)
            }
        }
    }

    @Test("an erasure tells that every consent is revoked")
    func erased() async throws {
        try await Referring.with { referring in
            let (id, _) = try await referring.withConsent(from: try await referring.hospital("First"))
            let referral = try #require(
                try await referring.look(
                    Statement("test.r", "select referral_id::text from referral.referral"), as: String.self
                ).first)
            try await referring.calling { client in
                _ = try await client.call(
                    .post, "/v1/referrals/\(referral)/close", ifMatch: 2, #"{"reason": "need-met"}"#)
                let erased = try await client.call(
                    .post, "/v1/participants/\(id)/erase", as: "privacy-officer", ifMatch: 1)
                #expect(erased.status == 204)
            }
            #expect(try await Self.published(referring).map(\.revokedAt) == [nil, referring.clock.now])
        }
    }

    @Test("a consent to others than the sender is told with what they are to the law, one in words with nobody")
    func recipients() async throws {
        try await Referring.with { referring in
            let (id, _) = try await referring.withConsent(from: try await referring.hospital("First"))
            let payer = try await referring.hospital("Payer", kind: .healthPlan)
            let exchange = try await referring.hospital("Exchange", kind: .exchange)
            try await referring.calling { client in
                for recipient in [
                    #"{"kind": "partner", "partnerID": "\#(payer)"}"#,
                    #"{"kind": "intermediary", "partnerID": "\#(exchange)", "onward": "those who treat me"}"#,
                    #"{"kind": "treatment-payment-operations"}"#, #"{"kind": "named", "name": "My aunt"}"#,
                ] {
                    let body = """
                        {"discloser": "Agency", "information": ["contact"], "recipient": \(recipient),
                         "purpose": "payment", "explainsRevocation": true, "warnsOfRedisclosure": true,
                         "expiresAt": "2027-01-01T00:00:00Z", "signedBy": "participant", "signatureMethod": "paper",
                         "signedAt": "2026-11-20T10:00:00Z"}
                        """
                    let answer = try await client.call(.post, "/v1/participants/\(id)/consents", body)
                    #expect(answer.status == 201, "\(answer.text)")
                }
            }
            let news = try await Self.published(referring).dropFirst()
            #expect(
                news.map(\.recipientKind.text) == [
                    "organisation", "intermediary", "treatment-payment-operations", "in-words",
                ])
            #expect(news.map(\.recipientID) == [payer, exchange, nil, nil])
            #expect(news.map(\.organisationKind) == ["health-plan", "intermediary", nil, nil])
            // Their end is in the terms; the message that comes then is a reminder, of no version.
            let reminders = try await referring.look(Self.scheduled, as: String.self)
            #expect(reminders == Array(repeating: "\(ConsentChanged.topic) false", count: 4))
        }
    }

    @Test("what another service told is in the accounting once, whatever became of the consent since")
    func accounted() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let (id, _) = try await referring.withConsent(from: hospital)
            let consent = try #require(try await Self.published(referring).first?.consentID)
            let told = DisclosureMade(
                disclosureID: .fixed(77), participantID: id, version: 1, recipientID: hospital,
                classes: [.known(.presence), .known(.contact), .other("a-class-to-come")],
                purpose: .known(.treatment), consentID: consent, noticeVersion: RedisclosureNotice.version,
                disclosedBy: "coordinator-7", operationID: "createProgressReport", disclosedAt: referring.clock.now)
            try await referring.calling { client in
                let path = "/v1/participants/\(id)"
                let before = try await client.call(.get, "\(path)/disclosures").items().count
                _ = try await client.call(.post, "\(path)/consents/\(consent)/revoke")
                for _ in 1...2 {
                    try await referring.work { try await referring.store.account(for: told, in: $0) }
                }
                let rows = try await client.call(.get, "\(path)/disclosures").items()
                #expect(rows.count == before + 1)
                let row = try #require(rows.first { $0["disclosureID"]?.string == told.disclosureID.description })
                #expect(row["organisation"]?.string == "First" && row["basis"]?.string == "consent")
                #expect(row["consentID"]?.string == consent.description && row["purpose"]?.string == "TREAT")
                #expect(
                    row["classes"]?.items.compactMap(\.string) == ["a-class-to-come", "contact", "presence"])
                #expect(row["noticeVersion"]?.string == RedisclosureNotice.version)
                #expect(row["disclosedBy"]?.string == "coordinator-7")
                #expect(try await client.call(.get, "\(path)/disclosures/page").text.contains("a-class-to-come"))
            }
        }
    }

    @Test("where no consent was needed it rested on care")
    func care() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let (id, _) = try await referring.withConsent(from: hospital)
            let told = DisclosureMade(
                disclosureID: .fixed(78), participantID: id, version: 1, recipientID: hospital,
                classes: [.known(.presence)], purpose: .known(.payment), consentID: nil,
                noticeVersion: RedisclosureNotice.version, disclosedBy: "coordinator-7",
                operationID: "createProgressReport", disclosedAt: referring.clock.now)
            try await referring.work { try await referring.store.account(for: told, in: $0) }
            let basis = try await referring.look(
                Statement("test.basis", "select basis from referral.disclosure where purpose = 'HPAYMT'"),
                as: String.self)
            #expect(basis == ["care"])
        }
    }
}
