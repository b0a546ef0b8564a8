import FoundationEssentials
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Operator

/// A rotation while the suite runs, on the real executables.
@Suite struct KeyRotationTests {
    private static let wrappings = Statement(
        "test.wrappings", "select distinct encode(data_key, 'escape') from referral.participant")

    private static let referral: JSONValue = [
        "setting": "emergency-department", "priority": "stat",
        "person": ["givenName": "Dulcinea", "familyName": "Quixote", "birthDate": "1988-02-29"],
    ]

    @Test("identities from before a new key are read after it, renewed, and read without the old one")
    func rotation() async throws {
        try await RunningSuite.with(services: ["referrals"]) { suite in
            let caller = Caller()
            let issuer = try await LocalIssuer(suite.settings)
            func call(_ role: String, _ method: String, _ path: String, _ body: JSONValue? = nil) async throws
                -> JSONValue
            {
                let token = try await issuer.staffToken(role, agency: suite.agency, at: WallClock.system.now())
                return try await caller.send(method, suite.addresses.referrals + path, token: token, body).body
            }
            func restart() async throws {
                #expect(suite.terminate("referrals") == 0)
                try await suite.start("referrals")
            }
            func wrappings() async throws -> [String] {
                try await suite.database.withPool {
                    try await $0.query(Self.wrappings).map { try $0.decode(String.self) }
                }
            }
            _ = try await call("coordinator", "POST", "/v1/referrals", Self.referral)
            let listed = try await call("coordinator", "GET", "/v1/referrals")
            let person = "/v1/participants/\(try #require(listed[["items", 0, "participantID"]]?.string))"

            let rotated = try await BuiltExecutable("handrail").run(
                ["keys", "rotate", suite.folder.path, "--id", "second"], environment: suite.environment)
            #expect(rotated.code == 0, "\(rotated.output)")
            #expect(rotated.output.contains("\(suite.agency)  1 keys renewed"), "\(rotated.output)")
            #expect(try await wrappings().allSatisfy { $0.contains("second") })
            let read = try await call("coordinator", "GET", person)
            #expect(read["familyName"] == "Quixote")
            let again = try await BuiltExecutable("handrail").run(
                ["keys", "renew", suite.folder.path], environment: suite.environment)
            #expect(again.output.contains("\(suite.agency)  0 keys renewed"), "\(again.output)")

            try suite.keepOnlyCurrentRingKey()
            try await restart()
            let after = try await call("coordinator", "GET", person)
            #expect(after == read)
        }
    }
}
