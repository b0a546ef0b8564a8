import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("What participants ask not to be done, and find wrong")
struct RestrictionAPITests {
    @Test("a restriction that is agreed to holds against the sender at once, and no more once it is ended")
    func againstSender() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let (id, location) = try await referring.withConsent(from: hospital)
            try await referring.calling { client in
                let (partner, own) = ("partner:\(hospital)", "participant:\(id)")
                let path = "/v1/participants/\(id)/restrictions"
                #expect(try await client.call(.get, location, as: partner)["redisclosureNotice"] != nil)
                let asked = try await client.call(
                    .post, path, as: own, #"{"recipient": {"kind": "organisation", "value": "\#(hospital)"}}"#)
                #expect(asked.status == 201, "\(asked.text)")
                let one = "\(path)/\(try #require(try asked["restrictionID"]))"
                #expect(
                    try await client.call(.get, location, as: partner)["redisclosureNotice"] != nil,
                    "asked for is not agreed to")
                #expect(try await client.call(.post, "\(one)/agree", as: own, ifMatch: 1, "{}").status == 403)
                let agreed = try await client.call(.post, "\(one)/agree", as: "privacy-officer", ifMatch: 1, "{}")
                #expect(try agreed["status"] == "agreed")
                #expect(try await client.call(.get, location, as: partner)["redisclosureNotice"] == nil)
                #expect(try await client.call(.post, "\(one)/end", ifMatch: 2, "{}").status == 403, "not the office's")
                #expect(try await client.call(.post, "\(one)/end", as: own, ifMatch: 2, "{}").status == 200)
                #expect(try await client.call(.get, location, as: partner)["redisclosureNotice"] != nil)
                #expect(try await client.call(.post, "\(one)/agree", as: "supervisor", ifMatch: 3, "{}").status == 409)
            }
            let told = Statement(
                "test.told", "select topic from message_table.message where topic = 'restriction.changed.v1'")
            #expect(try await referring.look(told, as: String.self).count == 2, "the other services hear of it")
        }
    }

    @Test("a restriction against one of the agency's own people hides the person from them, and from nobody else")
    func againstColleague() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let (id, _) = try await referring.withConsent(from: hospital)
            let referrals = Statement("test.r", "select referral_id::text from referral.referral")
            let referral = try #require(try await referring.look(referrals, as: String.self).first)
            try await referring.calling { client in
                let path = "/v1/participants/\(id)/restrictions"
                let asked = try await client.call(
                    .post, path, as: "supervisor", #"{"recipient": {"kind": "person", "value": "coordinator"}}"#)
                let one = "\(path)/\(try #require(try asked["restrictionID"]))"
                #expect(try await client.call(.get, "/v1/referrals").items().count == 1)
                #expect(
                    try await client.call(.post, "\(one)/agree", as: "supervisor", ifMatch: 1, "{}").status == 200)
                for hidden in ["/v1/referrals/\(referral)", "/v1/participants/\(id)", path] {
                    #expect(try await client.call(.get, hidden).status == 404, "\(hidden)")
                    #expect(try await client.call(.get, hidden, as: "supervisor").status == 200, "\(hidden)")
                }
                #expect(try await client.call(.get, "/v1/referrals").items().isEmpty)
                #expect(try await client.call(.get, "/v1/referrals?status=accepted").items().isEmpty)
                #expect(try await client.call(.get, "/v1/referrals", as: "supervisor").items().count == 1)
            }
            let reasons = Statement(
                "test.why",
                "select distinct reason from referral.audit_event where decision = 'deny' and subject = 'coordinator'")
            #expect(try await referring.look(reasons, as: String.self) == ["restriction"])
        }
    }

    @Test("what was paid in full cannot be declined against a health plan; what is declined says why")
    func paidInFull() async throws {
        try await Referring.with { referring in
            let (id, _) = try await referring.withConsent(from: try await referring.hospital("First"))
            try await referring.calling { client in
                let path = "/v1/participants/\(id)/restrictions"
                func ask(_ paid: Bool) async throws -> String {
                    let asked = try await client.call(
                        .post, path, as: "participant:\(id)",
                        """
                        {"recipient": {"kind": "organisation-kind", "value": "health-plan"}, "purposes": ["HPAYMT"],
                         "isPaidInFull": \(paid)}
                        """)
                    return "\(path)/\(try #require(try asked["restrictionID"]))"
                }
                let (mandatory, other) = (try await ask(true), try await ask(false))
                let why = #"{"reason": "billing cannot do it"}"#
                let refused = try await client.call(
                    .post, "\(mandatory)/decline", as: "privacy-officer", ifMatch: 1, why)
                #expect(refused.status == 409 && refused.text.contains("must-be-agreed"))
                #expect(
                    try await client.call(.post, "\(other)/decline", as: "privacy-officer", ifMatch: 1, "{}").status
                        == 422)
                let declined = try await client.call(.post, "\(other)/decline", as: "privacy-officer", ifMatch: 1, why)
                #expect(try declined["reason"] == "billing cannot do it")
                let stored = Statement(
                    "test.sealed",
                    "select encode(reason, 'escape') from referral.restriction where reason is not null")
                #expect(try await referring.look(stored, as: String.self).allSatisfy { !$0.contains("billing") })
            }
        }
    }

    @Test("an amendment is asked for by the person, decided once, and a denial says why")
    func amendments() async throws {
        try await Referring.with { referring in
            let (id, _) = try await referring.withConsent(from: try await referring.hospital("First"))
            try await referring.calling { client in
                let (path, own) = ("/v1/participants/\(id)/amendments", "participant:\(id)")
                let body = #"{"dataClass": "identity", "request": "My name is Joan."}"#
                let asked = try await client.call(.post, path, as: own, key: "k", body)
                let again = try await client.call(.post, path, as: own, key: "k", body)
                #expect(asked.status == 201)
                #expect(try again.object() == asked.object(), "asked twice is asked once")
                let one = "\(path)/\(try #require(try asked["amendmentID"]))"
                #expect(
                    try await client.call(.post, "\(one)/deny", as: "privacy-officer", ifMatch: 1, "{}").status == 422)
                #expect(try await client.call(.post, "\(one)/accept", as: own, ifMatch: 1, "{}").status == 403)
                let accepted = try await client.call(.post, "\(one)/accept", as: "privacy-officer", ifMatch: 1, "{}")
                #expect(try accepted["status"] == "accepted")
                #expect(
                    try await client.call(
                        .post, "\(one)/deny", as: "supervisor", ifMatch: 2, #"{"reason": "no"}"#
                    ).status == 409)
                #expect(try await client.call(.get, path, as: own).items().count == 1)
                let other = "participant:\(ParticipantID.fixed(77))"
                #expect(try await client.call(.get, path, as: other).status == 404)
            }
        }
    }
}
