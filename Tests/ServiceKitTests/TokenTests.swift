import Crypto
import FoundationEssentials
import JWTKit
import Logging
import Models
import NIOConcurrencyHelpers
import TestKit
import Testing

@testable import ServiceKit

/// An issuer with a key of its own, whose clock and key set the test moves.
private final class Issuer: Sendable {
    struct Claims: JWTPayload {
        var iss = "https://id.test"
        var sub = "coordinator-1"
        var aud: [String] = ["peer-matching"]
        var exp = 1_000_600
        var nbf: Int?
        var agency_id: String? = AgencyID.north.description
        var role = "coordinator"
        var scope: String? = "a b"
        var partner_id: String?
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    let key = ES384PrivateKey()
    let now = NIOLockedValueBox(Instant(unixSeconds: 1_000_000))
    let reads = NIOLockedValueBox(0)
    let keyIDs = NIOLockedValueBox(["one"])

    func token(_ claims: Claims = Claims(), keyID: String? = "one", type: String? = "at+jwt") async throws -> String {
        let keys = await JWTKeyCollection().add(ecdsa: key, kid: "signer")
        var header = JWTHeader()
        header.typ = type
        let signed = try await keys.sign(claims, kid: "signer", header: header)
        // jwt-kit writes the signer's own name into the header; tests need others.
        var parts = signed.split(separator: ".").map(String.init)
        var fields: [String: String] = ["alg": "ES384"]
        fields["kid"] = keyID
        fields["typ"] = type
        parts[0] = Base64URL.encode(try JSONEncoder().encode(fields))
        let input = parts[0] + "." + parts[1]
        let signature = try await keys.getKey(for: "signer").sign(Array(input.utf8))
        return input + "." + Base64URL.encode(signature)
    }

    var keySet: [UInt8] {
        get throws {
            let parameters = try #require(key.parameters)
            func url(_ base64: String) -> String {
                base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            }
            let keys = keyIDs.withLockedValue { $0 }.map { id in
                """
                {"kty":"EC","crv":"P-384","use":"sig","kid":"\(id)","x":"\(url(parameters.x))","y":"\(url(parameters.y))"}
                """
            }
            return Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)
        }
    }

    func verifier(_ issuer: TokenIssuer = TokenIssuer(issuer: "https://id.test", jwksFile: "-", agencies: .all))
        -> TokenVerifier
    {
        TokenVerifier(
            service: "peer-matching", issuers: [issuer],
            clock: WallClock { self.now.withLockedValue { $0 } }, logger: .silent
        ) { _ in
            self.reads.withLockedValue { $0 += 1 }
            return try self.keySet
        }
    }
}

@Suite("Tokens") struct TokenTests {
    private let issuer = Issuer()

    @Test("a good token says who is asking")
    func good() async throws {
        let principal = await issuer.verifier().principal(of: try await issuer.token())
        #expect(
            principal
                == Principal(
                    agencyID: .north, subject: "coordinator-1", role: .coordinator, scopes: ["a", "b"]
                ))
    }

    @Test("a token of another issuer, audience, time, type or role is refused")
    func refused() async throws {
        var wrong: [(String, Issuer.Claims)] = []
        func claims(_ what: String, _ change: (inout Issuer.Claims) -> Void) {
            var claims = Issuer.Claims()
            change(&claims)
            wrong.append((what, claims))
        }
        claims("issuer") { $0.iss = "https://other.test" }
        claims("audience") { $0.aud = ["scheduling"] }
        claims("no audience") { $0.aud = [] }
        claims("expired") { $0.exp = 999_969 }
        claims("not yet") { $0.nbf = 1_000_031 }
        claims("no agency") { $0.agency_id = nil }
        claims("agency that is no id") { $0.agency_id = "north" }
        claims("unknown role") { $0.role = "king" }
        claims("partner without its organisation") { $0.role = "partner" }
        claims("peer without its peer") { $0.role = "peer" }
        claims("organisation that is no id") { $0.partner_id = "x" }
        claims("no subject") { $0.sub = "" }
        let verifier = issuer.verifier()
        for (what, claims) in wrong {
            let principal = await verifier.principal(of: try await issuer.token(claims))
            #expect(principal == nil, "\(what)")
        }
        let identity = await verifier.principal(of: try await issuer.token(type: "id+jwt"))
        #expect(identity == nil)
        let unknownKey = await verifier.principal(of: try await issuer.token(keyID: "two"))
        #expect(unknownKey == nil)
    }

    @Test("a changed header, payload or signature is refused")
    func tampered() async throws {
        let parts = try await issuer.token().split(separator: ".").map(String.init)
        let payload = try #require(Base64URL.decode(parts[1].utf8))
        let supervisor = String(decoding: payload, as: UTF8.self).replacing("coordinator\"", with: "supervisor\"")
        let none = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
        let critical = Base64URL.encode(Array(#"{"alg":"ES384","kid":"one","crit":["exp"]}"#.utf8))
        let verifier = issuer.verifier()
        for token in [
            [parts[0], Base64URL.encode(Array(supervisor.utf8)), parts[2]], [none, parts[1], ""],
            [none, parts[1], parts[2]], [critical, parts[1], parts[2]], [parts[0], parts[1], ""],
            [parts[0], parts[1], String(parts[2].reversed())], [parts[0], parts[1]], parts + ["x"],
            [parts[0], parts[1], parts[2] + "="], [String(repeating: "A", count: 9000), parts[1], parts[2]],
        ] {
            let principal = await verifier.principal(of: token.joined(separator: "."))
            #expect(principal == nil)
        }
    }

    @Test("a verified token is remembered until it expires, at most 300 seconds")
    func cached() async throws {
        var claims = Issuer.Claims()
        claims.exp = 1_000_100
        let (short, long) = (try await issuer.token(claims), try await issuer.token())
        let verifier = issuer.verifier()
        for token in [short, long] { _ = await verifier.principal(of: token) }
        #expect(issuer.reads.withLockedValue { $0 } == 1)
        // The key is gone from the set: only what is remembered still counts.
        issuer.keyIDs.withLockedValue { $0 = ["two"] }
        issuer.now.withLockedValue { $0 = Instant(unixSeconds: 1_000_099) }
        #expect(await verifier.principal(of: short) != nil)
        issuer.now.withLockedValue { $0 = Instant(unixSeconds: 1_000_299) }
        #expect(await verifier.principal(of: short) == nil)
        #expect(await verifier.principal(of: long) != nil)
        issuer.now.withLockedValue { $0 = Instant(unixSeconds: 1_000_300) }
        #expect(await verifier.principal(of: long) == nil)
    }

    @Test("a new key is found when a token names it, but not asked for at every guess")
    func rotation() async throws {
        let verifier = issuer.verifier()
        _ = await verifier.principal(of: try await issuer.token())
        issuer.keyIDs.withLockedValue { $0 = ["one", "two"] }
        #expect(await verifier.principal(of: try await issuer.token(keyID: "two")) == nil)
        issuer.now.withLockedValue { $0 = Instant(unixSeconds: 1_000_030) }
        #expect(await verifier.principal(of: try await issuer.token(keyID: "two")) != nil)
        for guess in 0..<20 { _ = await verifier.principal(of: try await issuer.token(keyID: "\(guess)")) }
        #expect(issuer.reads.withLockedValue { $0 } == 2)
    }

    @Test("whoever comes while the keys are being read waits for them, and is not turned away")
    func readOnce() async throws {
        let token = try await issuer.token()
        for _ in 0..<50 {
            let verifier = issuer.verifier()
            let isKnown = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<64 { group.addTask { await verifier.principal(of: token) != nil } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(isKnown == Array(repeating: true, count: 64))
        }
        #expect(issuer.reads.withLockedValue { $0 } == 50)
    }

    @Test("an issuer may ask for an audience of its own")
    func ownAudience() async throws {
        let verifier = issuer.verifier(
            TokenIssuer(issuer: "https://id.test", jwksFile: "-", audience: "suite", agency: .north))
        #expect(await verifier.principal(of: try await issuer.token()) == nil)
        var claims = Issuer.Claims()
        claims.aud = ["x", "suite"]
        #expect(await verifier.principal(of: try await issuer.token(claims)) != nil)
    }

    @Test("the cache stays within its bound")
    func bounded() {
        var cache = TokenCache(largest: 10)
        let now = Instant(unixSeconds: 0)
        for number in 0..<100 as Range<UInt8> {
            cache.keep(.coordinator, of: [number], until: now + .seconds(60), at: now)
            #expect(cache.count <= 10)
            #expect(cache.find([number], at: now) != nil)
        }
        cache.keep(.coordinator, of: [200], until: now, at: now)
        #expect(cache.find([200], at: now) == nil)
    }
}
