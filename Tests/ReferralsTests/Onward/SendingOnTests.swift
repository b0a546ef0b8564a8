import FHIR
import FoundationEssentials
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

/// A referral that is sent on to another agency, over the other one's real door.
@Suite("Sending referrals on") struct SendingOnTests {
    @Test("it arrives once with name, consent, labels and notice, is accounted for, and its answer comes back")
    func journey() async throws {
        try await SendingOn.with { sending in
            _ = try await sending.consent()
            let asked = try await sending.ask(#","note":"Prefers mornings.","priority":"urgent""#, key: "once-1")
            #expect(asked.status == 201, "\(asked.text)")
            let again = try await sending.ask(#","note":"Prefers mornings.","priority":"urgent""#, key: "once-1")
            #expect(again.location == asked.location, "asked twice, it is one")
            #expect(try await sending.arrived() == [])
            try await sending.deliver()
            #expect(try await sending.arrived() == ["accepted"])
            #expect(try await sending.accounted() == ["identity presence referral consent sendReferralOn"])
            let names = try await sending.second.referring.work { work -> [String?] in
                let rows = try await work.tx.query(
                    Statement("test.people", "select participant_id from referral.participant"))
                let id = try rows[0].decode(ParticipantID.self)
                let person = try await sending.second.referring.store.person(id, in: work)
                return [person?.identity.givenName, person?.identity.familyName]
            }
            #expect(names == [PersonIdentity.jane.givenName, PersonIdentity.jane.familyName])
            let bundle = try JSONValue.parse(try #require(sending.line.bundles.first?.body))
            let text = String(decoding: bundle.serialized(), as: UTF8.self)
            #expect(text.contains("42 CFR part 2") && text.contains("Prefers mornings."))
            #expect(!text.contains(sending.participantID.description), "our own id of the person stays with us")
            #expect((bundle[["meta", "security"]]?.array ?? []).contains { $0[["code"]]?.string == "42CFRPart2" })
            #expect(try await Self.status(sending, asked) == "sent")
            sending.referring.clock.advance(by: .seconds(601))
            try await sending.deliver()
            #expect(try await Self.status(sending, asked) == "accepted")
            let board = try await sending.referring.calling {
                try await $0.call(.get, "/v1/onward-referrals?status=accepted")
            }
            #expect(try board.items().count == 1 && !board.text.contains("mornings"))
        }
    }

    private static func status(_ sending: SendingOn, _ asked: Answer) async throws -> String? {
        try await sending.read(asked.location)["status"]
    }

    @Test("what goes out is valid FHIR R4 by a validator that nobody here wrote")
    func valid() async throws {
        let validator = try #require(IndependentValidator.shared, "Python with fhir.resources 6.1.0")
        try await SendingOn.with { sending in
            _ = try await sending.consent([.presence, .identity, .referral, .medication])
            _ = try await sending.ask(#","service":"methadone""#)
            try await sending.deliver()
            let body = try #require(sending.line.bundles.first?.body)
            let bundle = try JSONValue.parse(body)
            #expect(try validator.faults(in: ["onward": body]) == [])
            let types = (bundle[["entry"]]?.array ?? []).compactMap { $0[["resource", "resourceType"]]?.string }
            #expect(types == ["Patient", "Consent", "ServiceRequest", "Task"])
            let code = bundle[["entry", 2, "resource", "code", "coding", 0, "code"]]?.string
            #expect(code == "methadone")
        }
    }

    @Test("without a consent that names the other agency for all of it nothing is queued; the refusal is on record")
    func noConsent() async throws {
        try await SendingOn.with { sending in
            #expect(try await sending.ask().status == 403)
            _ = try await sending.consent([.referral])
            #expect(try await sending.ask().status == 403, "the name would go, too")
            _ = try await sending.consent()
            #expect(try await sending.ask(#","service":"methadone""#).status == 403, "medication is a class of its own")
            #expect(try await sending.ask().status == 201)
            #expect(try await sending.ask().status == 409, "it is under way")
            try await sending.deliver()
            #expect(sending.line.bundles.count == 1)
        }
    }

    @Test("a consent that is revoked after it was queued holds it back, and nothing goes out")
    func revoked() async throws {
        try await SendingOn.with { sending in
            let consent = try await sending.consent()
            let asked = try await sending.ask()
            try await sending.referring.work { work in
                let person = try await sending.referring.store.lockPerson(sending.participantID, in: work)
                _ = try await sending.referring.store.revoke(consent, of: person, by: "coordinator", in: work)
            }
            try await sending.deliver()
            #expect(try await Self.status(sending, asked) == "withheld")
            #expect(sending.line.requests.isEmpty)
            #expect(try await sending.accounted() == [])
        }
    }

    @Test("an answer that is lost makes no second referral there, and no second row in the accounting here")
    func answerLost() async throws {
        try await SendingOn.with { sending in
            _ = try await sending.consent()
            let asked = try await sending.ask()
            sending.line.fail(.answerLost, .lostOnTheWay, .status(503))
            for _ in 0..<4 {
                try await sending.deliver()
                sending.referring.clock.advance(by: .seconds(3 * 3600))
            }
            #expect(sending.line.bundles.count == 4)
            #expect(try await sending.arrived() == ["accepted"])
            #expect(try await sending.accounted().count == 1)
            #expect(try await Self.status(sending, asked) == "sent")
        }
    }

    @Test("taken back while nobody knows whether it arrived, it is cancelled there", arguments: [true, false])
    func takenBack(_ arrived: Bool) async throws {
        try await SendingOn.with { sending in
            _ = try await sending.consent()
            let asked = try await sending.ask()
            sending.line.fail(arrived ? .answerLost : .lostOnTheWay)
            try await sending.deliver()
            let location = try #require(asked.location)
            let back = try await sending.referring.calling { client in
                try await client.call(.post, "\(location)/take-back", ifMatch: 1)
            }
            #expect(try back.status == 200 && back["status"] == "queued", "\(back.text)")
            sending.referring.clock.advance(by: .seconds(90))
            try await sending.deliver()
            #expect(try await Self.status(sending, asked) == "cancelled")
            #expect(try await sending.arrived() == ["cancelled"])
        }
    }

    @Test("one that has not gone out yet goes nowhere once it is taken back")
    func takenBackBefore() async throws {
        try await SendingOn.with { sending in
            _ = try await sending.consent()
            let location = try #require(try await sending.ask().location)
            let stale = try await sending.referring.calling {
                try await $0.call(.post, "\(location)/take-back", ifMatch: 7)
            }
            #expect(stale.status == 412)
            let back = try await sending.referring.calling {
                try await $0.call(.post, "\(location)/take-back", ifMatch: 1)
            }
            #expect(try back["status"] == "cancelled")
            try await sending.deliver()
            #expect(sending.line.requests.isEmpty)
        }
    }

    @Test("what the other side cannot read is not sent again; a server that is away is asked again, and then given up")
    func undelivered() async throws {
        try await SendingOn.with { sending in
            _ = try await sending.consent()
            let refused = try await sending.ask()
            sending.line.fail(.status(422))
            try await sending.deliver()
            #expect(try await sending.read(refused.location)["status"] == "undelivered")
            let away = try await sending.ask()
            #expect(away.status == 201, "after that it may be sent again")
            sending.line.fail(
                .lostOnTheWay, .lostOnTheWay, .lostOnTheWay, .lostOnTheWay, .lostOnTheWay, .lostOnTheWay)
            for _ in 0..<8 {
                try await sending.deliver()
                sending.referring.clock.advance(by: .seconds(15 * 3600))
            }
            let end = try await sending.read(away.location)
            #expect(try end["status"] == "undelivered" && end["fault"] == "no answer")
            #expect(try await sending.arrived() == [])
        }
    }

    @Test("looks that fail are given up one by one; the loop stays open, and hears of the end when the server is back")
    func looksFail() async throws {
        try await SendingOn.with { sending in
            _ = try await sending.consent()
            let asked = try await sending.ask()
            try await sending.deliver()
            for _ in 0..<8 { sending.line.fail(.status(500)) }
            for _ in 0..<14 {
                sending.referring.clock.advance(by: .seconds(15 * 3600))
                try await sending.deliver()
            }
            let read = try await sending.read(asked.location)
            #expect(try read["status"] == "accepted", "\(read.text)")
            #expect(try read["fault"] == nil)
        }
    }

    @Test("a partner without a server, or whose server does not know the agency yet, cannot be sent to")
    func unknownServer() async throws {
        try await SendingOn.with(registered: false) { sending in
            _ = try await sending.consent()
            #expect(try await sending.ask().pointers() == ["/partnerID"])
            try await sending.referring.calling { client in
                let path = "/v1/partners/\(sending.partnerID)/server"
                #expect(try await client.call(.get, path, as: "operator").status == 404)
                for base in [
                    "http://clinic.example/fhir", "https://user@clinic.example", "https://clinic.example/?x=1",
                ] {
                    let refused = try await client.call(.put, path, as: "operator", #"{"baseURL":"\#(base)"}"#)
                    #expect(try refused.pointers() == ["/baseURL"], "\(base)")
                }
                let body = #"{"baseURL":"https://clinic.example/fhir"}"#
                #expect(try await client.call(.put, path, as: "operator", body).status == 200)
                #expect(try await client.call(.put, path, as: "operator", body).status == 412, "it is there already")
                let before = try await client.call(.get, path, as: "operator")
                let renewed = try await client.call(
                    .put, path, as: "operator", ifMatch: 1, #"{"baseURL":"https://clinic.example/fhir","newKey":true}"#)
                #expect(try before.object()["jwks"] != renewed.object()["jwks"])
                #expect(!renewed.text.contains(#""d":"#), "the private key stays here")
            }
            #expect(try await sending.ask().pointers() == ["/partnerID"])
        }
    }
}
