import Foundation
import JSON
import Models
import TestKit
import Testing

@testable import Operator

/// The closed loop outwards, through the running suite.
@Suite struct LinkageTests {
    @Test("from a need over an admission and a question that comes due to a need that is met, also through a crash")
    func loop() async throws {
        try await RunningSuite.with { suite in
            let (journey, caller, base) = (try await suite.journey(), Caller(), suite.addresses.referrals)
            let hospital = try await journey.registerHospital("General", intakePolicy: "review")
            _ = try await journey.peerOnCall()
            _ = try await journey.refer(from: hospital, try await journey.token(of: hospital))
            let referral = try await journey.accept(from: hospital)
            let peer = try await journey.acknowledge(try await journey.match(of: referral))
            let token = try await journey.staffToken("peer", peer: peer)
            let person = "\(base)/v1/participants/\(referral.participantID)"
            try await journey.eventually("the peer to be known as theirs") {
                try await Caller(attempts: 1).send("GET", person, token: token, expecting: [200, 404]).status == 200
            }

            let need = try await caller.send(
                "POST", "\(person)/needs", token: token, ["kind": "medication-treatment"])
            let needID = try #require(need.body[["needID"]]?.string)
            let offered = try await caller.send(
                "POST", "\(base)/v1/needs/\(needID)/linkages", token: token,
                ["service": "buprenorphine", "level": 3, "provider": "The clinic on the hill"])
            let linkage = "\(base)/v1/linkages/\(try #require(offered.body[["linkageID"]]?.string))"
            // Heard of later, as it often is: the first question is due at once.
            let start = WallClock.system.now() - .seconds(8 * 86_400)
            _ = try await caller.send(
                "POST", "\(linkage)/admit", token: token, ["startedAt": .string(start.description)],
                ifMatch: offered.etag)
            suite.kill("referrals")
            try await suite.start("referrals")

            let due = "\(base)/v1/linkages?due=checks"
            try await journey.eventually("the peer to be told whom to ask") {
                let list = try await caller.send("GET", due, token: token).body[["items"]]?.items ?? []
                return list.map { $0["days"]?.integer } == [7]
            }
            let timeline = "\(suite.addresses.outcomes)/v1/participants/\(referral.participantID)/timeline"
            let supervisor = try await journey.staffToken("supervisor")
            try await journey.eventually("the medication to stand on the timeline") {
                let events = try await caller.send("GET", timeline, token: supervisor).body[["items"]]?.items ?? []
                return events.contains {
                    $0["kind"]?.string == "medication-started"
                        && $0["detail"]?["modality"]?.string == "buprenorphine"
                }
            }
            let sustained = try await caller.send(
                "POST", "\(linkage)/check", token: token, ["days": 7, "answer": "sustained"], ifMatch: "\"2\"")
            #expect(sustained.body[["status"]]?.string == "sustained")
            #expect(try await caller.send("GET", due, token: token).body[["items"]]?.items.isEmpty == true)
            _ = try await caller.send("POST", "\(linkage)/meet-need", token: token, ifMatch: sustained.etag)
            let needs = try await caller.send("GET", "\(person)/needs", token: token).body[["items"]]?.items ?? []
            #expect(needs.map { $0["outcome"]?.string } == ["met"])
            #expect(try !suite.logs().contains("on the hill"), "what is written about somebody is in no log")
        }
    }
}
