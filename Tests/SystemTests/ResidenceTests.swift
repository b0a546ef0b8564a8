import Foundation
import JSON
import TestKit
import Testing

@testable import Operator

/// A bed in a recovery residence, through the running suite.
@Suite struct ResidenceTests {
    private static let house: JSONValue = [
        "name": "Hope House", "operatedBy": "Hope, Inc.", "type": "M",
        "position": ["latitude": 40, "longitude": -75],
        "serves": [["gender": "any", "household": "single"]],
        "medications": ["buprenorphine": "yes", "methadone": "yes", "extendedReleaseNaltrexone": "yes"],
        "weeklyCents": 18_000, "depositCents": 0, "hasScholarship": true, "smoking": "outside",
        "allowsPets": false, "accessibility": ["step-free"], "rules": ["meetings"], "county": "Mercer",
        "returnToUsePolicy": "We talk, and nobody leaves at night.",
        "safeExitPlan": "A place for the night, naloxone, their medication, and a call to the peer.",
    ]
    private static let single: JSONValue = ["gender": "any", "household": "single"]

    @Test("applied, moved in, a second one refused the bed, moved out, the next one named; both days in the timeline")
    func bed() async throws {
        try await RunningSuite.with { suite in
            let (journey, caller) = (try await suite.journey(), Caller())
            let (base, staff) = (suite.addresses.referrals, try await journey.staffToken("coordinator"))
            func post(
                _ path: String, _ body: JSONValue, ifMatch: String? = nil, expecting: Set<Int> = [200, 201]
            ) async throws -> Caller.Answer {
                try await caller.send(
                    "POST", "\(base)\(path)", token: staff, body, ifMatch: ifMatch, expecting: expecting)
            }
            let made = try await post("/v1/residences", Self.house)
            let residence = try #require(made.body[["residenceID"]]?.string)
            let beds = "/v1/residences/\(residence)/beds"
            let bed = try #require(
                try await post(beds, ["label": "1A", "kind": Self.single]).body[["bedID"]]?.string)
            var (people, paths): ([String], [String]) = ([], [])
            for name in ["Kelanberg", "Okafor"] {
                let referred = try await post(
                    "/v1/referrals",
                    [
                        "setting": "inpatient", "priority": "routine",
                        "person": ["familyName": .string(name), "givenName": "Robin"],
                    ])
                let person = try #require(referred.body[["participantID"]]?.string)
                let applied = try await post(
                    "/v1/participants/\(person)/placements",
                    ["residenceID": .string(residence), "wish": Self.single, "note": "a quiet room"])
                people.append(person)
                paths.append(try #require(applied.location))
            }
            let given: JSONValue = ["bedID": .string(bed)]
            _ = try await post("\(paths[0])/accept", given, ifMatch: "\"1\"")
            _ = try await post("\(paths[0])/move-in", [:], ifMatch: "\"2\"")
            let refused = try await post("\(paths[1])/accept", given, ifMatch: "\"1\"", expecting: [409])
            #expect(refused.body[["type"]]?.string?.hasSuffix("bed-taken") == true)
            let full = try await Self.found(base, staff, caller)
            #expect(full.isEmpty, "no bed is open")
            let out: JSONValue = ["reason": "planned", "nextPlace": "own-home"]
            _ = try await post("\(paths[0])/move-out", out, ifMatch: "\"3\"")
            #expect(try await Self.found(base, staff, caller) == [residence])
            let next = try await caller.send("GET", "\(base)\(beds)/\(bed)/next", token: staff)
            #expect(next.body[["items", 0, "participantID"]]?.string == people[1])
            _ = try await post("\(paths[1])/accept", given, ifMatch: "\"1\"")

            let timeline = "\(suite.addresses.outcomes)/v1/participants/\(people[0])/timeline"
            let supervisor = try await journey.staffToken("supervisor")
            try await journey.eventually("both days in the timeline") {
                let lines = try await Caller(attempts: 1).send(
                    "GET", timeline, token: supervisor, expecting: [200, 404])
                let kinds = Set(lines.body[["items"]]?.items.compactMap { $0["kind"]?.string } ?? [])
                return kinds.isSuperset(of: ["residence-entered", "residence-left"])
            }
            #expect(!(try suite.logs()).contains("quiet room"))
        }
    }

    private static func found(_ base: String, _ token: String, _ caller: Caller) async throws -> [String] {
        let url = "\(base)/v1/residences/search?near=40,-75&gender=any&open=true"
        let answer = try await caller.send("GET", url, token: token)
        return answer.body[["items"]]?.items.compactMap { $0["residenceID"]?.string } ?? []
    }
}
