import Foundation
import JSON
import Models
import Testing

@testable import Referrals

@Suite("A client's assertion")
struct ClientAssertionTests {
    private let client = TestClient()
    private let now = Instant(unixSeconds: 1_800_000_000)
    private let audience: Set<String> = ["\(PartnerServer.publicURL)/auth/token"]

    private func check(_ text: String, keys: JSONValue? = nil) async throws {
        let assertion = try ClientAssertion(text)
        let set = try #require(ClientKeySet(keys?.serialized() ?? client.keySet))
        guard await set.verifies(assertion) else { throw TokenRefusal.unknownClient }
        try assertion.check(audiences: audience, now: now)
    }

    @Test("a good one is taken")
    func good() async throws {
        try await check(try client.assertion(clientID: "c", at: now))
    }

    @Test(
        "what is wrong with its header or claims is refused",
        arguments: [
            ("alg", "none"), ("alg", "HS384"), ("alg", "RS384"), ("alg", "ES256"), ("alg", nil), ("kid", nil),
            ("kid", "other"), ("typ", nil), ("typ", "at+jwt"), ("crit", ["exp"]), ("b64", false),
        ] as [(String, JSONValue?)]
    )
    func header(_ name: String, _ value: JSONValue?) async throws {
        let text = try client.assertion(clientID: "c", at: now, header: { $0[[.member(name)]] = value })
        await #expect(throws: TokenRefusal.self) { try await check(text) }
    }

    @Test(
        "what is wrong with its claims is refused",
        arguments: [
            ("iss", "other"), ("sub", "other"), ("sub", nil), ("iss", nil), ("aud", "https://other.example/token"),
            ("aud", nil), ("aud", ["https://other.example"]), ("exp", nil), ("exp", "soon"), ("exp", 1_799_999_960),
            ("exp", 1_800_000_400), ("jti", nil), ("jti", ""), ("jti", 1), ("nbf", 1_800_000_100),
            ("iat", 1_800_000_100),
        ] as [(String, JSONValue?)]
    )
    func claims(_ name: String, _ value: JSONValue?) async throws {
        let text = try client.assertion(clientID: "c", at: now, claims: { $0[[.member(name)]] = value })
        await #expect(throws: TokenRefusal.self) { try await check(text) }
    }

    @Test("one audience of several is enough")
    func audiences() async throws {
        let url = JSONValue.string("\(PartnerServer.publicURL)/auth/token")
        try await check(
            try client.assertion(clientID: "c", at: now, claims: { $0[["aud"]] = ["https://other.example", url] })
        )
    }

    @Test("exactly one key must fit by kid and kty, and be for verifying")
    func keys() async throws {
        let text = try client.assertion(clientID: "c", at: now)
        let other = TestClient(keyID: "key-2")
        try await check(text, keys: ["keys": [other.publicKey(), client.publicKey()]])
        let refused: [JSONValue] = [
            ["keys": []],
            ["keys": [client.publicKey(), client.publicKey()]],
            ["keys": [TestClient().publicKey()]],
            ["keys": [other.publicKey()]],
            ["keys": [client.publicKey { $0[["use"]] = "enc" }]],
            ["keys": [client.publicKey { $0[["key_ops"]] = ["sign"] }]],
            ["keys": [client.publicKey { $0[["alg"]] = "ES256" }]],
            ["keys": [client.publicKey { $0[["kty"]] = "RSA" }]],
            ["keys": [client.publicKey { $0[["crv"]] = "P-256" }]],
            ["keys": [client.publicKey { $0[["x"]] = "AAAA" }]],
        ]
        for keys in refused {
            await #expect(throws: TokenRefusal.self, "\(keys)") { try await check(text, keys: keys) }
        }
        #expect(ClientKeySet((["keys": [client.publicKey { $0[["d"]] = "secret" }]] as JSONValue).serialized()) == nil)
        #expect(ClientKeySet(Array("<html>".utf8)) == nil)
    }

    @Test("a changed or cut text is refused, never a crash")
    func mutations() async throws {
        let text = try client.assertion(clientID: "c", at: now)
        for index in stride(from: 0, to: text.utf8.count, by: 7) {
            var bytes = Array(text.utf8)
            bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let changed = String(decoding: bytes, as: UTF8.self)
            await #expect(throws: TokenRefusal.self) { try await check(changed) }
            let cut = String(text.prefix(index))
            await #expect(throws: TokenRefusal.self) { try await check(cut) }
        }
    }

    @Test("the published example of SMART is verified with its published key", .enabled(if: Self.jose != nil))
    func publishedExample() async throws {
        let folder = try #require(Self.jose)
        let example = try JSONValue.parse(Self.read("\(folder)/smart/RS384.client_assertion.json"))
        let assertion = try ClientAssertion(try #require(example[["jwt"]]?.string))
        let keys = try #require(ClientKeySet(Self.read("\(folder)/smart/RS384.public.jwks.json")))
        #expect(await keys.verifies(assertion))
        #expect(throws: TokenRefusal.self) { try assertion.check(audiences: Set(assertion.audiences), now: now) }
        try assertion.check(audiences: Set(assertion.audiences), now: assertion.expiresAt - .seconds(60))
    }

    @Test("every forged signature of Wycheproof is refused", .enabled(if: Self.jose != nil))
    func wycheproof() async throws {
        let folder = try #require(Self.jose)
        let file = try JSONValue.parse(
            Self.read("\(folder)/wycheproof/json_web_signature.json"),
            limits: JSONLimits(bytes: 1 << 24, depth: 64, values: 1_000_000)
        )
        var seen = 0
        for group in file[["testGroups"]]?.array ?? [] {
            guard let key = group[["public"]] else { continue }
            for test in group[["tests"]]?.array ?? [] {
                guard let text = test[["jws"]]?.string, test[["result"]] == "invalid" else { continue }
                seen += 1
                // Their headers lack what an assertion needs, so that most are refused before the signature: both count.
                do throws(TokenRefusal) {
                    let assertion = try ClientAssertion(text)
                    let isVerified = await ClientKeySet((["keys": [key]] as JSONValue).serialized())?.verifies(
                        assertion)
                    #expect(isVerified != true, "\(test[["tcId"]] ?? .null)")
                } catch {
                    #expect(error.code == .invalidClient)
                }
            }
        }
        #expect(seen > 50)
    }

    private static let jose: String? = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = package.appending(path: "../shared/data/jose").path
        return FileManager.default.fileExists(atPath: folder) ? folder : nil
    }()

    private static func read(_ path: String) throws -> [UInt8] {
        Array(try #require(FileManager.default.contents(atPath: path)))
    }
}
