internal import JSON
internal import JWTKit

/// The public keys that a client registered (RFC 7517).
struct ClientKeySet: Sendable {
    private let keys: [JSONObject]

    /// Nil where it is no JWK set, or holds a private or shared key: whoever publishes one has lost it.
    init?(_ bytes: [UInt8]) {
        // SAFETY: a set that cannot be read has no keys, whatever the reason; the caller says that it has none.
        guard let json = try? JSONValue.parse(bytes, limits: JSONLimits(bytes: 1 << 16, depth: 8, values: 5000)),
            let keys = json[["keys"]]?.array, keys.count <= 100
        else { return nil }
        self.keys = keys.compactMap(\.object)
        let secret = ["d", "p", "q", "k"]
        guard !self.keys.contains(where: { key in secret.contains { key[$0] != nil } }) else { return nil }
    }

    /// Whether it has a key of this kid: if not, the set that we hold may be old.
    func has(_ keyID: String) -> Bool { keys.contains { $0["kid"]?.string == keyID } }

    /// Whether exactly one key fits by kid and kty, and the signature is by it.
    func verifies(_ assertion: ClientAssertion) async -> Bool {
        let fitting = keys.filter {
            $0["kid"]?.string == assertion.keyID && $0["kty"]?.string == assertion.algorithm.keyType
        }
        guard fitting.count == 1, Self.isForVerifying(fitting[0], by: assertion.algorithm),
            let verifier = await Self.verifier(fitting[0], assertion.algorithm)
        else { return false }
        do {
            return try verifier.verify(assertion.signature, signs: assertion.signingInput)
        } catch {
            // A signature of a wrong length throws; it is as wrong as any other.
            return false
        }
    }

    private static func isForVerifying(_ key: JSONObject, by algorithm: ClientAssertion.Algorithm) -> Bool {
        if let use = key["use"], use.string != "sig" { return false }
        if let operations = key["key_ops"], operations.array?.contains("verify") != true { return false }
        if let named = key["alg"], named.string != algorithm.rawValue { return false }
        switch algorithm {
        case .es384: return key["crv"]?.string == "P-384"
        case .rs384:
            // RFC 7518 §3.3: 2048 bits or more. Above 8192 each check would cost us more than it costs the sender.
            let modulus = key["n"]?.string.flatMap { ClientAssertion.bytes($0) }?.drop { $0 == 0 } ?? []
            return (256...1024).contains(modulus.count)
        }
    }

    private static func verifier(
        _ key: JSONObject, _ algorithm: ClientAssertion.Algorithm
    ) async -> (any JWTAlgorithm)? {
        let keyID = JWKIdentifier(string: "client")
        let jwk: JWK =
            switch algorithm {
            case .rs384: .rsa(.rs384, identifier: keyID, modulus: key["n"]?.string, exponent: key["e"]?.string)
            case .es384:
                .ecdsa(.es384, identifier: keyID, x: key["x"]?.string, y: key["y"]?.string, curve: .p384)
            }
        do {
            return try await JWTKeyCollection().add(jwk: jwk).getKey(for: keyID, alg: algorithm.rawValue)
        } catch {
            // A key that cannot be read verifies nothing.
            return nil
        }
    }
}
