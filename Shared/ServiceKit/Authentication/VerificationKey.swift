internal import FoundationEssentials
public import JSON
internal import JWTKit

/// A public key of an issuer, with the algorithms that it may be used with.
///
/// The algorithm comes from the key, never from the token alone: a token whose header names another algorithm than the
/// key has is refused, which closes the confusion of RSA keys with HMAC secrets and of `none` with anything.
public struct VerificationKey: Sendable {
    /// `kid`: the name under which tokens refer to it.
    public let keyID: String?
    private let verifiers: [String: any JWTAlgorithm]

    /// Reads a JSON Web Key (RFC 7517) for RS256 or RS384, ES256 or ES384; SMART Backend Services asks for RS384 and
    /// ES384. Nil where the key is not for verifying signatures, or of a kind or strength that is not accepted: RSA below
    /// 2048 bits (RFC 7518 §3.3) or above 8192 (each check would cost us more than it costs the sender), curves other
    /// than P-256 and P-384, secrets.
    public init?(_ key: JSONValue) async {
        guard Self.isForVerifying(key) else { return nil }
        let candidates: [String]
        switch (key["kty"]?.string, key["crv"]?.string) {
        case ("RSA", _):
            guard let modulus = key["n"]?.string.flatMap({ Base64URL.decode($0.utf8) }),
                (256...1024).contains(modulus.drop(while: { $0 == 0 }).count)
            else { return nil }
            candidates = ["RS256", "RS384"]
        case ("EC", "P-256"): candidates = ["ES256"]
        case ("EC", "P-384"): candidates = ["ES384"]
        default: return nil
        }
        var verifiers: [String: any JWTAlgorithm] = [:]
        for name in candidates where key["alg"].map({ $0.string == name }) ?? true {
            verifiers[name] = await Self.verifier(key, name)
        }
        guard !verifiers.isEmpty else { return nil }
        keyID = key["kid"]?.string
        self.verifiers = verifiers
    }

    /// True where the signature is over this token's header and payload, by this key and an algorithm of it.
    public func verifies(_ token: CompactToken) -> Bool {
        guard let verifier = token.algorithm.flatMap({ verifiers[$0] }) else { return false }
        do {
            return try verifier.verify(token.signature, signs: token.signingInput)
        } catch {
            // A signature of the wrong length or form throws; it is as wrong as any other.
            return false
        }
    }

    private static func isForVerifying(_ key: JSONValue) -> Bool {
        if let use = key["use"], use.string != "sig" { return false }
        if let operations = key["key_ops"], !operations.items.contains(.string("verify")) { return false }
        return true
    }

    private static func verifier(_ key: JSONValue, _ name: String) async -> (any JWTAlgorithm)? {
        guard let algorithm = JWK.Algorithm(rawValue: name) else { return nil }
        let identifier = JWKIdentifier(string: "key")
        let jwk: JWK =
            key["kty"]?.string == "RSA"
            ? .rsa(algorithm, identifier: identifier, modulus: key["n"]?.string, exponent: key["e"]?.string)
            : .ecdsa(
                algorithm, identifier: identifier, x: key["x"]?.string, y: key["y"]?.string,
                curve: name == "ES256" ? .p256 : .p384
            )
        do {
            return try await JWTKeyCollection().add(jwk: jwk).getKey(for: identifier, alg: name)
        } catch {
            // A key that cannot be read verifies nothing; the others of its set still do.
            return nil
        }
    }
}
