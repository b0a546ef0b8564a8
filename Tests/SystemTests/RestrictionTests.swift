import Foundation
import JSON
import TestKit
import Testing

@testable import Operator

/// What a participant asked not to be done, through the running suite.
@Suite struct RestrictionTests {
    @Test("whom a participant asked to be kept out finds nothing of them in any service, and others still do")
    func keptOut() async throws {
        try await RunningSuite.with { suite in
            let journey = try await suite.journey()
            try await journey.play()
            // The subject of a token of the local issuer is named after the role.
            let (cousin, supervisor) = (
                try await journey.staffToken("coordinator"), try await journey.staffToken("supervisor")
            )
            let caller = Caller()
            let found = try await caller.send("GET", "\(suite.addresses.referrals)/v1/referrals", token: supervisor)
            let participant = try #require(found.body[["items", 0, "participantID"]]?.string)
            let lists = [
                "\(suite.addresses.matching)/v1/matches?participantID=\(participant)",
                "\(suite.addresses.scheduling)/v1/plans?participantID=\(participant)",
                "\(suite.addresses.referrals)/v1/referrals",
            ]
            let timeline = "\(suite.addresses.outcomes)/v1/participants/\(participant)/timeline"
            for url in lists {
                #expect(try await Self.mentions(participant, url, cousin), "before, \(url)")
            }

            let path = "\(suite.addresses.referrals)/v1/participants/\(participant)/restrictions"
            let asked = try await caller.send(
                "POST", path, token: supervisor,
                ["recipient": ["kind": "person", "value": "local-coordinator"]])
            let id = try #require(asked.body[["restrictionID"]]?.string)
            _ = try await caller.send("POST", "\(path)/\(id)/agree", token: supervisor, [:], ifMatch: "\"1\"")

            for url in lists {
                try await journey.eventually("the restriction to hold") {
                    try await !Self.mentions(participant, url, cousin)
                }
                #expect(try await Self.mentions(participant, url, supervisor), "others still do, \(url)")
            }
            try await journey.eventually("the restriction to hold in outcomes") {
                try await Caller(attempts: 1).send("GET", timeline, token: cousin, expecting: [200, 404])
                    .status == 404
            }
            _ = try await caller.send("GET", timeline, token: supervisor)
        }
    }

    private static func mentions(_ participant: String, _ url: String, _ token: String) async throws -> Bool {
        let answer = try await Caller().send("GET", url, token: token)
        return answer.body[["items"]]?.items.contains { $0["participantID"]?.string == participant } ?? false
    }
}
