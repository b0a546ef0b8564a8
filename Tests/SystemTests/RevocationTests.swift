import JSON
import Testing

@testable import Operator

/// A consent that is revoked (42 CFR 2.31(a)(6)), on the real executables.
@Suite struct RevocationTests {
    @Test("once a revocation is answered, the hospital's next question learns no more than accepted or rejected")
    func atOnce() async throws {
        try await RunningSuite.with(services: ["referrals", "peer-matching"]) { suite in
            let journey = try await suite.journey()
            let referrals = suite.addresses.referrals
            let supervisor = try await journey.staffToken("supervisor")
            let hospital = try await journey.registerHospital("Mercy", intakePolicy: "review")
            _ = try await journey.peerOnCall()
            let token = try await journey.token(of: hospital)
            let task = try await journey.refer(from: hospital, token)
            let referral = try await journey.accept(from: hospital)
            _ = try await journey.acknowledge(try await journey.match(of: referral))
            try await journey.eventually("the Task to be in progress") {
                try await journey.status(of: task, token) == "in-progress"
            }

            let consents = "\(referrals)/v1/participants/\(referral.participantID)/consents"
            let given = try await Caller().send("GET", consents, token: supervisor)
            let consent = try #require(given.body[["items", 0, "consentID"]]?.string)
            _ = try await Caller().send("POST", "\(consents)/\(consent)/revoke", token: supervisor, [:])
            #expect(try await journey.status(of: task, token) == "accepted")
            let history = try await Caller().send("GET", "\(task)/_history", token: token)
            #expect(history.body[["entry", 0, "resource", "status"]] == "accepted")
        }
    }
}
