internal import Crypto
internal import FoundationEssentials
internal import JSON
internal import Models

/// Signs the tokens that partners' clients work with (RFC 9068), by the service's own key: ES384.
struct AccessTokens: Sendable {
    /// SMART Backend Services: no token lives longer.
    static let life = Duration.seconds(300)

    private let issuer: String
    private let audience: String
    private let key: P384.Signing.PrivateKey

    /// - Parameters:
    ///   - issuer: as the services' configuration names it.
    ///   - audience: the service that takes the tokens.
    ///   - pem: an EC private key on P-384, PKCS #8 or SEC 1.
    /// - Throws: what swift-crypto throws of a key that is none.
    init(issuer: String, audience: String, pem: String) throws {
        self.issuer = issuer
        self.audience = audience
        key = try P384.Signing.PrivateKey(pemRepresentation: pem)
    }

    /// A token for a client of a partner.
    func token(
        client: String, of partner: PartnerID, in agency: AgencyID, scopes: [String], id: UUID, at now: Instant
    ) throws -> String {
        let header: JSONValue = ["typ": "at+jwt", "alg": "ES384", "kid": .string(keyID)]
        let claims: JSONValue = [
            "iss": .string(issuer),
            "sub": .string(client),
            "aud": .string(audience),
            "exp": .number(JSONNumber(Int((now + Self.life).unixSeconds))),
            "iat": .number(JSONNumber(Int(now.unixSeconds))),
            "jti": .string(id.uuidString.lowercased()),
            "agency_id": .string(agency.description),
            "role": "partner",
            "scope": .string(scopes.joined(separator: " ")),
            "partner_id": .string(partner.description),
        ]
        let input = "\(Self.base64URL(header.serialized())).\(Self.base64URL(claims.serialized()))"
        let signature = try key.signature(for: Array(input.utf8))
        return "\(input).\(Self.base64URL(Array(signature.rawRepresentation)))"
    }

    /// The public key by which others verify the tokens, as a JWK set.
    var publicKeys: JSONValue {
        ["keys": [.object(publicKey(["use": "sig", "alg": "ES384", "kid": .string(keyID)]))]]
    }

    /// The thumbprint of the public key (RFC 7638), so that a new key has a new id by itself.
    private var keyID: String {
        Self.base64URL(SHA256.hash(data: JSONValue.object(publicKey([:])).canonical()))
    }

    private func publicKey(_ more: JSONObject) -> JSONObject {
        let point = Array(key.publicKey.rawRepresentation)
        var json: JSONObject = [
            "kty": "EC",
            "crv": "P-384",
            "x": .string(Self.base64URL(point.prefix(48))),
            "y": .string(Self.base64URL(point.suffix(48))),
        ]
        for member in more.members { json[member.name] = member.value }
        return json
    }

    static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        let base64 = Data(Array(bytes)).base64EncodedString()
        return String(base64.compactMap { $0 == "=" ? nil : $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }
}
