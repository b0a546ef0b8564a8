import Confidentiality
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("The accounting of disclosures, and one's own record")
struct DisclosureAPITests {
    @Test("each telling of the sender is a row that the participant reads and prints; without a consent there is none")
    func accounting() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First <Hospital>")
            let (id, location) = try await referring.withConsent(from: hospital)
            try await referring.calling { client in
                let (partner, own) = ("partner:\(hospital)", "participant:\(id)")
                let path = "/v1/participants/\(id)/disclosures"
                let before = try await client.call(.get, path, as: own).items().count
                _ = try await client.call(.get, location, as: partner)
                _ = try await client.call(.get, "/v1/referrals", as: partner)
                let rows = try await client.call(.get, path, as: own).items()
                #expect(rows.count == before + 2)
                let last = try #require(rows.last)
                #expect(last["basis"]?.string == "consent" && last["consentID"]?.string != nil)
                #expect(last["organisation"]?.string == "First <Hospital>")
                #expect(last["noticeVersion"]?.string == RedisclosureNotice.version)
                #expect(last["classes"]?.items.compactMap(\.string) == ["presence", "referral"])

                let page = try await client.call(.get, "\(path)/page", as: own)
                #expect(page.text.contains("First &lt;Hospital&gt;") && page.text.contains("Dulcinea Quixote"))
                #expect(try await client.call(.get, path, as: "peer:\(PeerID.fixed(5))").status == 403)

                let consents = try await client.call(.get, "/v1/participants/\(id)/consents", as: own).items()
                let consent = try #require(consents.first?["consentID"]?.string)
                let revoked = try await client.call(
                    .post, "/v1/participants/\(id)/consents/\(consent)/revoke", as: own)
                #expect(try revoked["revocationMethod"] == "electronic")
                _ = try await client.call(.get, location, as: partner)
                #expect(try await client.call(.get, path, as: own).items().count == before + 2, "nothing was told")
            }
        }
    }

    @Test("what a person told is entered by the privacy officer, and nobody changes a row afterwards")
    func entered() async throws {
        try await Referring.with { referring in
            let (id, _) = try await referring.withConsent(from: try await referring.hospital("First"))
            try await referring.calling { client in
                let path = "/v1/participants/\(id)/disclosures"
                let body = """
                    {"at": "2026-01-05T10:00:00Z", "recipient": "County Court, order of 5 January", "purpose": "HLEGAL",
                     "classes": ["presence", "referral"], "basis": "order"}
                    """
                #expect(try await client.call(.post, path, as: "coordinator", body).status == 403)
                let first = try await client.call(.post, path, as: "privacy-officer", key: "k", body)
                let again = try await client.call(.post, path, as: "privacy-officer", key: "k", body)
                #expect(first.status == 201)
                #expect(try first.object() == again.object())
                let rows = try await client.call(.get, path, as: "privacy-officer").items()
                #expect(rows.filter { $0["basis"]?.string == "order" }.count == 1)
                let consent = body.replacing(#""order"}"#, with: #""consent"}"#)
                #expect(try await client.call(.post, path, as: "privacy-officer", consent).pointers() == ["/consentID"])
            }
            await #expect(throws: PostgresError.self) {
                try await referring.fixture("update referral.disclosure set recipient = 'nobody'")
            }
        }
    }

    @Test("a participant's own record holds what is kept here, and nobody else's")
    func record() async throws {
        try await Referring.with { referring in
            let (id, _) = try await referring.withConsent(from: try await referring.hospital("First"))
            try await referring.calling { client in
                let own = try await client.call(.get, "/v1/participants/\(id)/record", as: "participant:\(id)")
                let json = try own.object()
                #expect(json["participant"]?["birthDate"]?.string == "1988-02-29")
                #expect(json["referrals"]?.items.count == 1 && json["consents"]?.items.count == 1)
                let page = try await client.call(.get, "/v1/participants/\(id)/record/page", as: "participant:\(id)")
                #expect(page.text.contains("<td>First</td>"), "an organisation is named, not numbered")
                #expect(page.text.contains("Dulcinea Quixote") && page.text.contains("in force"))
                let other = "participant:\(ParticipantID.fixed(77))"
                #expect(try await client.call(.get, "/v1/participants/\(id)/record", as: other).status == 404)
                #expect(
                    try await client.call(.get, "/v1/participants/\(id)/record", as: "privacy-officer").status == 403)
                let notice = try await client.call(.get, "/v1/privacy-notice", as: "participant:\(id)")
                #expect(try notice.object()["paragraphs"]?.items.isEmpty == false)
                for _ in 1...2 {
                    let given = try await client.call(.post, "/v1/participants/\(id)/privacy-notices")
                    #expect(given.status == 204)
                }
            }
            let given = Statement("test.given", "select count(*)::bigint from referral.notice_given")
            #expect(try await referring.look(given, as: Int.self) == [1], "given twice is given once")
        }
    }

    @Test("a participant signs electronically, for themself, a text that can be found again")
    func electronic() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let taken = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: hospital), in: $0)
            }
            let id = taken.stored.referral.participantID
            try await referring.calling { client in
                let (path, own) = ("/v1/participants/\(id)/consents", "participant:\(id)")
                let paper = ReferralsAPITests.consent.replacing(
                    #"{"kind": "sender"}"#, with: #"{"kind": "partner", "partnerID": "\#(hospital)"}"#)
                let refused = try await client.call(.post, path, as: own, paper)
                #expect(refused.status == 422)
                #expect(try refused.pointers().contains("/textVersion"))
                let signed = paper.replacing(#""paper""#, with: #""electronic""#)
                    .replacing(#""signedBy""#, with: #""textVersion": "sharing-2026-02", "signedBy""#)
                let given = try await client.call(.post, path, as: own, signed)
                #expect(given.status == 201, "\(given.text)")
                #expect(try given["textVersion"] == "sharing-2026-02")
                #expect(try given["isActive"] == "true")
            }
        }
    }

    @Test("once its event has happened a consent tells nothing more")
    func expiry() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let (id, location) = try await referring.withConsent(
                from: hospital, expiry: .event("the end of the treatment", happenedAt: nil))
            try await referring.calling { client in
                let partner = "partner:\(hospital)"
                #expect(try await client.call(.get, location, as: partner)["redisclosureNotice"] != nil)
                let path = "/v1/participants/\(id)/consents"
                let consent = try #require(try await client.call(.get, path).items().first?["consentID"]?.string)
                for _ in 1...2 {
                    let ended = try await client.call(.post, "\(path)/\(consent)/expire")
                    #expect(try ended["isActive"] == "false")
                    #expect(try ended["version"] == "2")
                }
                #expect(try await client.call(.get, location, as: partner)["redisclosureNotice"] == nil)
            }
        }
    }
}
