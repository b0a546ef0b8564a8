internal import JSON
internal import ServiceKit

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
        guard fitting.count == 1, let key = await VerificationKey(.object(fitting[0])) else { return false }
        return key.verifies(assertion.token)
    }
}
