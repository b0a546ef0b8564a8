import Foundation
import JSON
import Models
import Testing

@testable import Operator

/// A referral that one agency sends on to another, both on the real executable, as their operators and coordinators would.
@Suite struct OnwardTests {
    private struct Scene: Sendable {
        let first: Journey
        let second: Journey
        let api: String

        func send(
            _ journey: Journey, _ role: String, _ method: String, _ path: String, _ body: JSONValue? = nil,
            ifMatch version: String? = nil, expecting: Set<Int> = [200, 201, 204]
        ) async throws -> Caller.Answer {
            try await journey.caller.send(
                method, "\(api)\(path)", token: try await journey.staffToken(role), body, ifMatch: version,
                expecting: expecting)
        }

        /// The two know each other: an address, a key, an id.
        func introduce() async throws -> String {
            let there = try await send(
                first, "operator", "POST", "/v1/partners", ["name": "Second Agency", "kind": "community"])
            let partner = try #require(there.body[["partnerID"]]?.string)
            let address: JSONObject = ["baseURL": .string("\(api)/fhir")]
            let server = try await send(first, "operator", "PUT", "/v1/partners/\(partner)/server", .object(address))
            let here = try await send(
                second, "operator", "POST", "/v1/partners",
                ["name": "First Agency", "kind": "community", "intakePolicy": "auto"])
            let client = try await send(
                second, "operator", "POST", "/v1/partners/\(try #require(here.body[["partnerID"]]?.string))/clients",
                ["jwks": try #require(server.body[["jwks"]])])
            var known = address
            known["clientID"] = client.body[["clientID"]]
            _ = try await send(
                first, "operator", "PUT", "/v1/partners/\(partner)/server", .object(known), ifMatch: "\"1\"")
            return partner
        }

        func refer() async throws -> (referral: String, participant: String) {
            let made = try await send(
                first, "coordinator", "POST", "/v1/referrals",
                [
                    "setting": "inpatient", "priority": "urgent",
                    "person": ["givenName": "Robin", "familyName": "Onwardly", "birthDate": "1990-05-17"],
                ])
            return (
                try #require(made.body[["referralID"]]?.string), try #require(made.body[["participantID"]]?.string)
            )
        }

        func arrived() async throws -> [JSONValue] {
            try await send(second, "coordinator", "GET", "/v1/referrals").body[["items"]]?.array ?? []
        }
    }

    @Test("killed in the moment of sending, it arrives once; taken back here, it is cancelled there")
    func killed() async throws {
        try await RunningSuite.with(services: ["referrals"]) { suite in
            let scene = Scene(
                first: try await suite.journey(), second: try await suite.journey(of: suite.addSecondAgency()),
                api: suite.addresses.referrals)
            let partner = try await scene.introduce()
            let (referral, participant) = try await scene.refer()
            let path = "/v1/referrals/\(referral)/onward"
            let body: JSONValue = ["partnerID": .string(partner)]
            _ = try await scene.send(scene.first, "coordinator", "POST", path, body, expecting: [403])
            _ = try await scene.send(
                scene.first, "coordinator", "POST", "/v1/participants/\(participant)/consents",
                [
                    "discloser": "The agency", "information": ["presence", "identity", "referral"],
                    "recipient": ["kind": "partner", "partnerID": .string(partner)], "purpose": "treatment",
                    "explainsRevocation": true, "signedBy": "participant", "signatureMethod": "paper",
                    "signedAt": .string((WallClock.system.now() - .seconds(60)).description),
                ])
            let asked = try await scene.send(scene.first, "coordinator", "POST", path, body)
            suite.kill("referrals")
            try await suite.start("referrals")
            let onward = try #require(asked.location)
            func state() async throws -> Caller.Answer {
                try await scene.send(scene.first, "coordinator", "GET", onward)
            }
            try await scene.first.eventually("the other agency to have it") {
                try await state().body[["status"]]?.string == "sent"
            }
            #expect(try await scene.arrived().map { $0[["status"]]?.string } == ["accepted"])
            let version = try #require(try await state().etag)
            _ = try await scene.send(scene.first, "coordinator", "POST", "\(onward)/take-back", ifMatch: version)
            try await scene.first.eventually("the other side to know") {
                try await state().body[["status"]]?.string == "cancelled"
            }
            #expect(try await scene.arrived().map { $0[["status"]]?.string } == ["cancelled"])
            let told = try await scene.send(
                scene.first, "privacy-officer", "GET", "/v1/participants/\(participant)/disclosures")
            let rows = told.body[["items"]]?.array ?? []
            #expect(rows.map { $0[["organisation"]]?.string } == ["Second Agency"], "accounted for once")
            #expect(suite.terminate("referrals") == 0)
        }
    }
}
