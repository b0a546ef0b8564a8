import Foundation
import JSON
import TestKit
import Testing

@testable import Operator

/// Two participants who turn out to be one person, through the running suite.
@Suite struct MergeTests {
    /// As each of two hospitals writes her.
    private static func person(_ given: String, _ number: String) -> JSONValue {
        [
            "givenName": .string(given), "familyName": "Kelanberg", "birthDate": "1984-03-12",
            "phone": "609-555-0143", "postalCode": "08611", "gender": "female",
            "identifiers": [["system": .string("urn:hospital:\(number)"), "value": "900"]],
        ]
    }

    @Test("what is asked for under one id holds under the other in every service, until the merge is taken back")
    func oneThenTwo() async throws {
        try await RunningSuite.with { suite in
            let (journey, caller) = (try await suite.journey(), Caller())
            let (cousin, supervisor) = (
                try await journey.staffToken("coordinator"), try await journey.staffToken("supervisor")
            )
            let base = suite.addresses.referrals
            var ids: [String] = []
            for (given, number) in [("Rosa", "1"), ("Carmen", "2")] {
                let hospital = try await journey.registerHospital("Hospital \(number)", intakePolicy: "auto")
                let referred = try await caller.send(
                    "POST", "\(base)/v1/referrals", token: supervisor,
                    [
                        "setting": "inpatient", "priority": "routine", "partnerID": .string(hospital.partnerID),
                        "person": Self.person(given, number),
                    ])
                ids.append(try #require(referred.body[["participantID"]]?.string))
            }
            let (older, younger) = (ids[0], ids[1])
            #expect(older != younger)
            let matches = "\(suite.addresses.matching)/v1/matches?participantID=\(younger)"
            try await journey.eventually("a proposal for the younger one") {
                try await Self.mentions(younger, matches, cousin)
            }

            let restrictions = "\(base)/v1/participants/\(older)/restrictions"
            let asked = try await caller.send(
                "POST", restrictions, token: supervisor,
                ["recipient": ["kind": "person", "value": "local-coordinator"]])
            let restriction = try #require(asked.body[["restrictionID"]]?.string)
            _ = try await caller.send(
                "POST", "\(restrictions)/\(restriction)/agree", token: supervisor, [:], ifMatch: "\"1\"")
            #expect(try await Self.mentions(younger, matches, cousin), "they are two")

            let reviews = try await caller.send("GET", "\(base)/v1/identity-reviews", token: supervisor)
            let review = try #require(reviews.body[["items", 0, "reviewID"]]?.string)
            _ = try await caller.send(
                "POST", "\(base)/v1/identity-reviews/\(review)/decide", token: supervisor, ["decision": "same"])
            try await journey.eventually("what is asked for to hold under the other id") {
                try await !Self.mentions(younger, matches, cousin)
            }
            #expect(try await Self.mentions(younger, matches, supervisor), "others still find them")
            let read = try await caller.send("GET", "\(base)/v1/participants/\(younger)", token: supervisor)
            #expect(read.body[["participantIDs"]]?.items.compactMap(\.string) == [older, younger])

            _ = try await caller.send(
                "POST", "\(base)/v1/participants/\(younger)/unmerge", token: supervisor, ifMatch: "\"2\"")
            try await journey.eventually("them to be two again") {
                try await Self.mentions(younger, matches, cousin)
            }
        }
    }

    private static func mentions(_ participant: String, _ url: String, _ token: String) async throws -> Bool {
        let answer = try await Caller(attempts: 1).send("GET", url, token: token, expecting: [200, 404])
        return answer.body[["items"]]?.items.contains { $0["participantID"]?.string == participant } ?? false
    }
}
