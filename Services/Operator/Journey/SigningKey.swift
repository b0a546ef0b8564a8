import Crypto
import FoundationEssentials
import JSON
import Models
import ServiceKit

/// A key pair of a partner's client, as a hospital's integrator would make one.
struct SigningKey: Sendable {
    private let key = P384.Signing.PrivateKey()
    private let id: String

    init(id: String) {
        self.id = id
    }

    /// The public half as a JSON Web Key (RFC 7517), to be registered.
    var publicKey: JSONValue { key.publicKey.webKey(id: id) }

    /// A client assertion (SMART Backend Services): who the client is, for this token endpoint, for a minute, once.
    func assertion(of client: String, for tokenURL: String, at now: Instant) throws -> String {
        try CompactToken.signed(
            header: ["typ": "JWT", "alg": "ES384", "kid": .string(id)],
            claims: [
                "iss": .string(client), "sub": .string(client), "aud": .string(tokenURL),
                "exp": .number(JSONNumber(Int(now.unixSeconds + 60))), "iat": .number(JSONNumber(Int(now.unixSeconds))),
                "jti": .string(UUID().uuidString),
            ]
        ) { input in Array(try key.signature(for: input).rawRepresentation) }
    }
}
