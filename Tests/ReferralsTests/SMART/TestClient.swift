import Crypto
import FoundationEssentials
import JSON
import Models
import ServiceKit

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
        var json = key.publicKey.webKey(id: keyID)
        json[["use"]] = nil
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
        return try CompactToken.signed(header: header.object ?? [:], claims: claims.object ?? [:]) { input in
            Array(try key.signature(for: input).rawRepresentation)
        }
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
