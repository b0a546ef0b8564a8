import FHIR
import HTTPTypes
import JSON
import Models
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("The token endpoint")
struct TokenEndpointTests {
    private static let scopes = ["system/ServiceRequest.c", "system/Task.rus"]

    private struct Registered: Sendable {
        let sender: Sender
        let clientID: String
        let client: TestClient
        let server: PartnerServer

        func ask(_ assertion: String, scope: String = "system/ServiceRequest.c system/Task.rus") async throws
            -> Sender.Answer
        {
            try await sender.send(
                .post, "/auth/token", TestClient.form(assertion: assertion, scope: scope),
                type: "application/x-www-form-urlencoded"
            )
        }

        func assertion(jti: String = "\(UInt64.random(in: .min ... .max))") throws -> String {
            try client.assertion(clientID: clientID, at: server.referring.clock.now, jti: jti)
        }
    }

    private static func with(
        url: String? = nil, _ body: @escaping @Sendable (Registered) async throws -> Void
    ) async throws {
        try await PartnerServer.with(realTokens: true) { server in
            let sender = try await server.hospital()
            let client = TestClient()
            let keys: ClientKeys = url.map(ClientKeys.url) ?? .inline(client.keySet)
            let id = try await server.referring.work { work in
                try await server.referring.store.addClient(of: sender.partnerID, keys: keys, scopes: scopes, in: work)
            }
            try await body(Registered(sender: sender, clientID: id, client: client, server: server))
        }
    }

    @Test("a token is given, lives five minutes at most, and opens the door")
    func grant() async throws {
        try await Self.with { registered in
            let answer = try await registered.ask(try registered.assertion())
            #expect(answer.status == .ok)
            #expect(answer.json[["token_type"]] == "bearer")
            #expect(answer.json[["expires_in"]] == 300)
            #expect(answer.json[["scope"]] == "system/ServiceRequest.c system/Task.rus")
            #expect(answer.headers[.cacheControl] == "no-store")
            let token = try #require(answer.json[["access_token"]]?.string)
            let bundle = try SampleReferral.bundle().serialized()
            let posted = try await registered.sender.send(.post, "/fhir", bundle, token: token)
            #expect(posted.status == .ok)
            let paths = try Sender.paths(posted)
            #expect(try await registered.sender.send(.get, paths[3], token: token).status == .ok)
            #expect(try await registered.sender.send(.get, paths[0], token: token).status == .forbidden)
            registered.server.referring.clock.advance(by: .seconds(331))
            #expect(try await registered.sender.send(.get, paths[3], token: token).status == .unauthorized)
        }
    }

    @Test("an assertion is taken once, also by two at the same moment")
    func replay() async throws {
        try await Self.with { registered in
            let assertion = try registered.assertion()
            let answers = try await withThrowingTaskGroup(of: Sender.Answer.self) { group in
                for _ in 0..<4 { group.addTask { try await registered.ask(assertion) } }
                return try await group.reduce(into: [Sender.Answer]()) { $0.append($1) }
            }
            #expect(answers.filter { $0.status == .ok }.count == 1)
            let refused = answers.filter { $0.status == .unauthorized }
            #expect(refused.count == 3)
            #expect(refused.allSatisfy { $0.json[["error"]] == "invalid_client" })
        }
    }

    @Test("refusals are OAuth's")
    func refusals() async throws {
        try await Self.with { registered in
            let good = try registered.assertion()
            func form(_ text: String) async throws -> Sender.Answer {
                try await registered.sender.send(
                    .post, "/auth/token", Array(text.utf8), type: "application/x-www-form-urlencoded"
                )
            }
            let type = "client_assertion_type=\(TokenRequest.assertionType)"
            let table: [(String, Sender.Answer, Int, String)] = [
                ("nothing", try await form("a=b"), 400, "invalid_request"),
                ("password", try await form("grant_type=password"), 400, "unsupported_grant_type"),
                ("no assertion", try await form("grant_type=client_credentials&scope=a"), 400, "invalid_request"),
                (
                    "no scope", try await form("grant_type=client_credentials&\(type)&client_assertion=\(good)"), 400,
                    "invalid_scope"
                ),
                ("twice", try await form("grant_type=client_credentials&grant_type=x"), 400, "invalid_request"),
                ("secret", try await form("grant_type=client_credentials&client_secret=x"), 400, "invalid_request"),
                ("no JWT", try await registered.ask("abc"), 401, "invalid_client"),
                ("other scope", try await registered.ask(good, scope: "system/Patient.r"), 400, "invalid_scope"),
                (
                    "other client",
                    try await registered.ask(
                        try registered.client.assertion(
                            clientID: "\(registered.clientID)x", at: registered.server.referring.clock.now)),
                    401, "invalid_client"
                ),
                (
                    "other key",
                    try await registered.ask(
                        try TestClient().assertion(
                            clientID: registered.clientID, at: registered.server.referring.clock.now)),
                    401, "invalid_client"
                ),
                (
                    "JSON",
                    try await registered.sender.send(.post, "/auth/token", Array("{}".utf8), type: "application/json"),
                    415, "invalid_request"
                ),
            ]
            for (what, answer, status, error) in table {
                #expect(answer.status.code == status, "\(what)")
                #expect(answer.json[["error"]]?.string == error, "\(what)")
            }
            // A refusal for its scope did not use the assertion up.
            #expect(try await registered.ask(good).status == .ok)
        }
    }

    @Test("a disabled client gets nothing")
    func disabled() async throws {
        try await Self.with { registered in
            try await registered.server.referring.work { work in
                try await registered.server.referring.store.disableClient(
                    registered.clientID, of: registered.sender.partnerID, in: work
                )
            }
            #expect(try await registered.ask(try registered.assertion()).status == .unauthorized)
        }
    }

    @Test("keys at a URL are fetched, kept as long as they may be, and fetched again for a new key")
    func keysAtURL() async throws {
        let url = "https://hospital.example/jwks.json"
        try await Self.with(url: url) { registered in
            let (server, clock) = (registered.server, registered.server.referring.clock)
            #expect(try await registered.ask(try registered.assertion()).status == .unauthorized)
            server.keySets.publish(registered.client.keySet, at: url, lifetime: .seconds(120))
            clock.advance(by: .seconds(11))
            #expect(try await registered.ask(try registered.assertion()).status == .ok)
            #expect(try await registered.ask(try registered.assertion()).status == .ok)
            #expect(server.keySets.fetches == 2)
            clock.advance(by: .seconds(121))
            #expect(try await registered.ask(try registered.assertion()).status == .ok)
            #expect(server.keySets.fetches == 3)
            let next = TestClient(keyID: "key-2")
            server.keySets.publish(next.keySet, at: url, lifetime: .seconds(120))
            clock.advance(by: .seconds(11))
            let answer = try await registered.ask(try next.assertion(clientID: registered.clientID, at: clock.now))
            #expect(answer.status == .ok)
            let jku = try next.assertion(
                clientID: registered.clientID, at: clock.now, header: { $0[["jku"]] = "https://evil.example/jwks" }
            )
            #expect(try await registered.ask(jku).status == .unauthorized)
        }
    }

    @Test(
        "discovery says where and how",
        arguments: ["/.well-known/smart-configuration", "/fhir/.well-known/smart-configuration"])
    func discovery(_ path: String) async throws {
        try await PartnerServer.with { server in
            let answer = try await server.hospital().get(path)
            #expect(answer.status == .ok)
            #expect(answer.json[["token_endpoint"]]?.string == "\(PartnerServer.publicURL)/auth/token")
            #expect(answer.json[["token_endpoint_auth_signing_alg_values_supported"]] == ["RS384", "ES384"])
            #expect(answer.json[["grant_types_supported"]] == ["client_credentials"])
        }
    }
}
