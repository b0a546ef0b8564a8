import FoundationEssentials
import JSON
import Models
import NIOCore
import TestKit
import Testing

@testable import Operator

/// An agency without an identity provider, from its first account to work in another service, on the real executables.
@Suite struct SystemSignInTests {
    @Test("accounts are added by the command, their owners sign in, and every service takes their tokens")
    func accounts() async throws {
        try await RunningSuite.with(services: ["referrals"]) { suite in
            let issuer = suite.addresses.referrals
            // A password takes a third of a second to hash in release, and many times that in a debug build that
            // shares two cores with every other test.
            let caller = Caller(patience: .seconds(120))
            // As in production: no local issuer, the command signs with the key of referrals itself.
            var environment = suite.environment
            environment["HANDRAIL_REFERRALS_PUBLIC_URL"] = issuer
            func handrail(_ arguments: String...) async throws -> String {
                let done = try await BuiltExecutable("handrail").run(
                    ["account"] + arguments + ["--agency", suite.agency.description], environment: environment)
                #expect(done.code == 0, "\(done.output)")
                return done.output
            }
            try suite.trustReferrals()
            try await suite.start("scheduling")
            func told(_ text: String, _ name: String) -> String? {
                text.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: " ").last.map(String.init)
            }
            let added = try await handrail(
                "add", "--login", "alex", "--role", "peer", "--peer", "0193a1b0-0000-7000-8000-00000000000a")
            let (id, first) = (try #require(told(added, "account")), try #require(told(added, "password")))
            func auth(_ path: String, _ password: String, _ more: JSONObject = [:]) async throws -> Caller.Answer {
                var body: JSONObject = [
                    "agencyID": .string(suite.agency.description), "login": "alex", "password": .string(password),
                ]
                for member in more.members { body[member.name] = member.value }
                return try await caller.send(
                    "POST", "\(issuer)/auth/\(path)", token: nil, .object(body), expecting: [200, 204, 401])
            }
            let own = "correct horse battery"
            #expect(try await auth("password", first, ["newPassword": .string(own)]).status == 204)
            let signedIn = try await auth("sign-in", own)
            #expect(signedIn.status == 200)
            let token = try #require(signedIn.body["accessToken"]?.string)
            let programmes = try await caller.send(
                "GET", "\(suite.addresses.scheduling)/v1/programmes", token: token)
            #expect(programmes.status == 200)
            #expect(try await handrail("list").contains("\(id)  peer  alex"))
            let again = try await handrail("reset", id)
            #expect(told(again, "password") != first)
            #expect(try await auth("sign-in", own).status == 401)
            #expect(try await handrail("disable", id).contains("disabled"))
            #expect(try await handrail("list").contains("disabled"))
            #expect(try !suite.logs(of: "referrals").contains("alex"))
        }
    }
}
