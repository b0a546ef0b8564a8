import Foundation
import JSON
import Models
import Testing

@testable import Operator

/// The main journey of somebody whose every particular is a mark, and of a second referral that comes to nothing.
struct MarkedJourney: Sendable {
    let journey: Journey
    let outsider: Outsider
    /// Where the hospital is told of changes.
    let webhookURL: String

    /// What the bad requests need of it.
    struct Played: Sendable {
        let hospitalToken: String
        let peer: PeerID
        let ids: [String]
        /// What one of the agency's own people reads of the person.
        let person: JSONValue
    }

    private var referrals: String { journey.addresses.referrals }

    func play() async throws -> Played {
        let hospital = try await registerHospital()
        _ = try await journey.peerOnCall()
        let token = try await journey.token(of: hospital)
        let task = try await refer(hospital, token)
        let referral = try await journey.accept(from: hospital)
        let match = try await journey.match(of: referral)
        let peer = try await journey.acknowledge(match)
        try await journey.atBedside(match, peer)
        let plan = try await journey.plan(of: referral)
        try await recordContact(referral, plan, peer)
        _ = try await journey.assess(referral, peer)
        let person = try await read(
            "/v1/participants/\(referral.participantID)", as: journey.staffToken("coordinator"))
        try await close(referral)
        try await journey.eventually("the Task to be completed") {
            try await journey.status(of: task, token) == "completed"
        }
        try await secondReferral(token)
        for path in ["/fhir/Task", "/fhir/Task?_include=Task:focus&_count=1", "/v1/referrals?limit=1"] {
            _ = try await read(path, as: token)
        }
        _ = try await read("/v1/referrals?limit=1", as: journey.staffToken("coordinator"))
        return Played(
            hospitalToken: token, peer: peer,
            ids: [
                referral.referralID, referral.participantID, match, plan.planID, hospital.partnerID,
                String(task.split(separator: "/").last ?? ""),
            ], person: person)
    }

    private func read(_ path: String, as token: String) async throws -> JSONValue {
        let answer = try await outsider.send("GET", referrals + path, token: token)
        #expect(answer.status == 200, "\(path)")
        return try answer.json
    }

    private func registerHospital() async throws -> Journey.Hospital {
        let token = try await journey.staffToken("operator")
        let key = SigningKey(id: "key-1")
        let partner = try await journey.caller.send(
            "POST", "\(referrals)/v1/partners", token: token,
            ["name": "General Hospital", "kind": "hospital", "webhookURL": .string(webhookURL)])
        let partnerID = try journey.text(partner.body, ["partnerID"])
        let client = try await journey.caller.send(
            "POST", "\(referrals)/v1/partners/\(partnerID)/clients", token: token, ["jwks": ["keys": [key.publicKey]]])
        return Journey.Hospital(
            name: "General Hospital", partnerID: partnerID, clientID: try journey.text(client.body, ["clientID"]),
            key: key)
    }

    /// By FHIR, after an overdose.
    private func refer(_ hospital: Journey.Hospital, _ token: String) async throws -> String {
        var bundle = ReferralBundle(
            family: Mark.familyName.text, given: Mark.givenName.text, birthDate: Mark.birthDate.text,
            recordNumber: Mark.recordNumber.text, orderNumber: Mark.orderNumber.text, hospital: hospital.name,
            authoredAt: journey.clock.now()
        ).json
        let note: JSONValue = [["text": .string(Mark.freeText.text)]]
        bundle[["entry", 0, "resource", "telecom"]] = [
            ["system": "phone", "value": .string(Mark.phone.text), "use": "mobile"],
            ["system": "email", "value": .string(Mark.email.text)],
        ]
        bundle[["entry", 0, "resource", "address"]] = [["line": [.string(Mark.address.text)], "city": "Springfield"]]
        bundle[["entry", 3, "resource", "note"]] = note
        bundle[["entry", 4, "resource", "note"]] = note
        let answer = try await outsider.send(
            "POST", "\(referrals)/fhir", token: token, headers: [("X-Request-Id", Mark.misplaced.text)],
            body: String(decoding: bundle.serialized(), as: UTF8.self), type: "application/fhir+json")
        let locations = try answer.json[["entry"]]?.items.compactMap { $0[["response", "location"]]?.string } ?? []
        let task = try #require(locations.first { $0.contains("Task/") }, "\(answer.status)")
        let id = task.split(separator: "/_history")[0].split(separator: "Task/").last ?? ""
        return "\(referrals)/fhir/Task/\(id)"
    }

    private func recordContact(
        _ referral: Journey.Accepted, _ plan: Journey.StartedPlan, _ peer: PeerID
    ) async throws {
        let body: JSONValue = [
            "participantID": .string(referral.participantID), "planID": .string(plan.planID), "mode": "phone",
            "outcome": "reached", "occurredAt": .string(journey.clock.now().description),
            "note": .string(Mark.contactNote.text),
        ]
        let answer = try await outsider.send(
            "POST", "\(journey.addresses.scheduling)/v1/contacts", token: journey.staffToken("peer", peer: peer),
            headers: [("Idempotency-Key", Mark.recordNumber.text)],
            body: String(decoding: body.serialized(), as: UTF8.self))
        #expect(answer.status == 201)
    }

    private func close(_ referral: Journey.Accepted) async throws {
        let token = try await journey.staffToken("coordinator")
        let url = "\(referrals)/v1/referrals/\(referral.referralID)"
        try await journey.eventually("the referral to hold still") {
            let current = try await journey.caller.send("GET", url, token: token)
            let closed = try await outsider.send(
                "POST", "\(url)/close", token: token,
                headers: [("Idempotency-Key", UUID().uuidString), ("If-Match", current.etag ?? "")],
                body: #"{"reason":"need-met","note":"\#(Mark.freeText.text)"}"#)
            return closed.status == 200
        }
    }

    /// By JSON, from a ward, and rejected with a reason in somebody's words.
    private func secondReferral(_ token: String) async throws {
        let person: JSONValue = [
            "givenName": .string(Mark.givenName.text), "familyName": .string(Mark.familyName.text),
            "birthDate": .string(Mark.birthDate.text), "phone": .string(Mark.phone.text),
            "address": .string(Mark.address.text), "identifiers": [["value": .string(Mark.recordNumber.text)]],
        ]
        let body: JSONValue = [
            "setting": "inpatient", "priority": "routine", "callback": .string(Mark.callback.text),
            "placerIdentifier": .string(Mark.orderNumber.text + "-2"), "person": person,
        ]
        let created = try await outsider.send(
            "POST", "\(referrals)/v1/referrals", token: token, headers: [("Idempotency-Key", Mark.misplaced.text)],
            body: String(decoding: body.serialized(), as: UTF8.self))
        #expect(created.status == 201, "\(String(decoding: created.body, as: UTF8.self))")
        let coordinator = try await journey.staffToken("coordinator")
        let list = try await journey.caller.send(
            "GET", "\(referrals)/v1/referrals?status=requested", token: coordinator)
        let id = try #require(list.body[["items", 0, "referralID"]]?.string)
        let url = "\(referrals)/v1/referrals/\(id)"
        let current = try await journey.caller.send("GET", url, token: coordinator)
        let rejected = try await outsider.send(
            "POST", "\(url)/reject", token: coordinator,
            headers: [("Idempotency-Key", UUID().uuidString), ("If-Match", current.etag ?? "")],
            body: #"{"reason":"\#(Mark.freeText.text)"}"#)
        #expect(rejected.status == 200)
    }
}
