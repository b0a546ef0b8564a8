import Crypto
import FoundationEssentials
import JSON
import JWTKit
import Models

@testable import Referrals

/// A client with a key of its own, as a hospital's integration engine would be.
struct TestClient: Sendable {
    let key: P384.Signing.PrivateKey
    let keyID: String

    init(keyID: String = "key-1") {
        key = P384.Signing.PrivateKey()
        self.keyID = keyID
    }

    /// The public key as the client registers it.
    func publicKey(_ change: (inout JSONValue) -> Void = { _ in }) -> JSONValue {
        let point = Array(key.publicKey.rawRepresentation)
        var json: JSONValue = [
            "kty": "EC", "crv": "P-384", "alg": "ES384", "kid": .string(keyID),
            "x": .string(AccessTokens.base64URL(point.prefix(48))),
            "y": .string(AccessTokens.base64URL(point.suffix(48))),
        ]
        change(&json)
        return json
    }

    var keySet: [UInt8] { (["keys": [publicKey()]] as JSONValue).serialized() }

    /// A signed assertion, good unless changed.
    func assertion(
        clientID: String, at now: Instant, jti: String = "\(UInt64.random(in: .min ... .max))",
        header changeHeader: (inout JSONValue) -> Void = { _ in },
        claims changeClaims: (inout JSONValue) -> Void = { _ in }
    ) throws -> String {
        var header: JSONValue = ["alg": "ES384", "kid": .string(keyID), "typ": "JWT"]
        var claims: JSONValue = [
            "iss": .string(clientID), "sub": .string(clientID),
            "aud": .string("\(PartnerServer.publicURL)/auth/token"),
            "exp": .number(JSONNumber(Int(now.unixSeconds) + 240)), "jti": .string(jti),
        ]
        changeHeader(&header)
        changeClaims(&claims)
        let input =
            "\(AccessTokens.base64URL(header.serialized())).\(AccessTokens.base64URL(claims.serialized()))"
        let signature = try key.signature(for: Array(input.utf8))
        return "\(input).\(AccessTokens.base64URL(Array(signature.rawRepresentation)))"
    }

    static func form(assertion: String, scope: String = "system/ServiceRequest.c system/Task.rus") -> [UInt8] {
        let fields = [
            ("grant_type", "client_credentials"), ("scope", scope),
            ("client_assertion_type", TokenRequest.assertionType), ("client_assertion", assertion),
        ]
        return Array(
            fields.map { "\($0)=\($1.replacing(" ", with: "+").replacing(":", with: "%3A"))" }
                .joined(separator: "&").utf8)
    }
}
