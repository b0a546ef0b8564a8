public import Crypto
public import JSON

extension P384.Signing.PublicKey {
    /// The key as a JSON Web Key with what it needs and nothing else (RFC 7518 §6.2.1): `crv`, `kty`, `x`, `y`.
    public var webKey: JSONObject {
        let point = Array(rawRepresentation)
        return [
            "crv": "P-384", "kty": "EC", "x": .string(Base64URL.encode(point.prefix(48))),
            "y": .string(Base64URL.encode(point.suffix(48))),
        ]
    }

    /// The key as it is published for verifying signatures by ES384, under an id.
    public func webKey(id: String) -> JSONValue {
        var key = webKey
        (key["alg"], key["use"], key["kid"]) = ("ES384", "sig", .string(id))
        return .object(key)
    }
}
