import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import Testing

@testable import Referrals

@Suite("Partners and their clients")
struct PartnersAPITests {
    @Test("operators register partners and their clients; only public keys are taken")
    func partners() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                let body = #"{"name": "General", "kind": "hospital", "webhookURL": "https://hooks.example/x"}"#
                #expect(try await client.call(.post, "/v1/partners", body).status == 403)
                let added = try await client.call(.post, "/v1/partners", as: "operator", body)
                #expect(added.status == 201)
                #expect(try added["webhookSecret"]?.hasPrefix("whsec_") == true)
                let read = try await client.call(.get, try #require(added.location), as: "operator")
                #expect(try read["webhookSecret"] == nil)
                #expect(try await client.call(.post, "/v1/partners", as: "operator", body).status == 409)
                let inward = try await client.call(
                    .post, "/v1/partners", as: "operator",
                    #"{"name": "Bad", "kind": "hospital", "webhookURL": "http://169.254.169.254/"}"#)
                #expect(inward.status == 422)
                let accents = "e" + String(repeating: "\u{301}", count: 500)
                let long = try await client.call(
                    .post, "/v1/partners", as: "operator", #"{"name": "\#(accents)", "kind": "hospital"}"#)
                #expect(try long.pointers() == ["/name"], "one character, and a thousand bytes")
                let clients = "\(try #require(added.location))/clients"
                let ec = #"{"kty": "EC", "crv": "P-384", "kid": "k", "x": "AA", "y": "AA"}"#
                let made = try await client.call(.post, clients, as: "operator", #"{"jwks": {"keys": [\#(ec)]}}"#)
                #expect(made.status == 201, "\(made.text)")
                let clientID = try #require(try made["clientID"])
                let registry = ClientRegistry(pool: referring.workers)
                #expect(try await registry.client(clientID)?.partnerID.description == (try added["partnerID"]))
                let privateKey =
                    #"{"jwks": {"keys": [{"kty": "EC", "crv": "P-384", "kid": "k", "x": "AA", "y": "AA", "d": "AA"}]}}"#
                let refused = try await client.call(.post, clients, as: "operator", privateKey)
                #expect(refused.status == 422)
                #expect(try refused.pointers() == ["/jwks/keys/0/d"])
                let rotated = try await client.call(
                    .put, "\(clients)/\(clientID)/keys", as: "operator", #"{"jwksURL": "https://keys.example/jwks"}"#)
                #expect(rotated.status == 204)
                #expect(try await registry.client(clientID)?.keys == .url("https://keys.example/jwks"))
                let digest = CertificateThumbprint(ofDER: [1])
                let certified = try await client.call(
                    .put, "\(clients)/\(clientID)/keys", as: "operator", #"{"certificateSHA256": "\#(digest)"}"#)
                #expect(certified.status == 204)
                #expect(try await registry.client(clientID)?.keys == .certificate(digest))
                for wrong in [
                    #"{"certificateSHA256": "x"}"#,
                    #"{"certificateSHA256": "\#(digest)", "jwksURL": "https://k.example/j"}"#,
                ] {
                    #expect(
                        try await client.call(.put, "\(clients)/\(clientID)/keys", as: "operator", wrong).status == 422)
                }
                #expect(try await client.call(.post, "\(clients)/\(clientID)/disable", as: "operator").status == 204)
                #expect(try await registry.client(clientID) == nil)
            }
        }
    }

    @Test("an assertion's jti counts once, also at once")
    func replay() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let clientID = try await referring.work {
                try await referring.store.addClient(
                    of: hospital, keys: .url("https://k.example/j"), scopes: ["a"], in: $0)
            }
            let registry = ClientRegistry(pool: referring.workers)
            let client = try #require(try await registry.client(clientID))
            let now = referring.clock.now
            let uses = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 1...8 {
                    group.addTask {
                        try await registry.use(
                            assertion: "jti-1", of: client, expiringAt: now + .seconds(300), now: now)
                    }
                }
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(uses.count { $0 } == 1)
            let later = now + .seconds(301)
            #expect(
                try await registry.use(assertion: "jti-1", of: client, expiringAt: later + .seconds(300), now: later))
        }
    }
}
