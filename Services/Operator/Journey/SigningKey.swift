import Crypto
import FoundationEssentials
import JSON
import JWTKit
import Models

/// A key pair of a partner's client, as a hospital's integrator would make one.
struct SigningKey: Sendable {
    private let key: P384.Signing.PrivateKey
    private let id: String

    init(id: String) {
        key = P384.Signing.PrivateKey()
        self.id = id
    }

    /// The public half as a JSON Web Key (RFC 7517), to be registered.
    var publicKey: JSONValue {
        let point = key.publicKey.rawRepresentation
        return [
            "kty": "EC", "crv": "P-384", "alg": "ES384", "use": "sig", "kid": .string(id),
            "x": .string(Base64URL.text(point.prefix(48))), "y": .string(Base64URL.text(point.suffix(48))),
        ]
    }

    /// A client assertion (SMART Backend Services): who the client is, for this token endpoint, for a minute, once.
    func assertion(of client: String, for tokenURL: String, at now: Instant) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: try ES384PrivateKey(pem: key.pemRepresentation), kid: JWKIdentifier(string: id))
        return try await keys.sign(
            Assertion(
                iss: client, sub: client, aud: tokenURL, exp: now.unixSeconds + 60, iat: now.unixSeconds,
                jti: UUID().uuidString), kid: JWKIdentifier(string: id))
    }

    private struct Assertion: JWTPayload {
        var iss: String
        var sub: String
        var aud: String
        var exp: Int64
        var iat: Int64
        var jti: String

        func verify(using _: some JWTAlgorithm) {}
    }
}

/// Base64 for URLs, without padding (RFC 4648 §5).
enum Base64URL {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(
            Data(bytes).base64EncodedString().compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}
