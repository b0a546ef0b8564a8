internal import Crypto
internal import FoundationEssentials
internal import JSON
internal import Models
internal import ServiceKit

/// Signs the tokens that partners' clients and the owners of accounts work with (RFC 9068), by the service's own key:
/// ES384.
struct AccessTokens: Sendable {
    /// SMART Backend Services: no token lives longer.
    static let life = Duration.seconds(300)

    /// What people's tokens are for: every service, unlike partners'.
    static let everyService = "handrail"

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
    ///
    /// - Parameter certificate: without which the token is no good.
    func token(
        client: String, of partner: PartnerID, in agency: AgencyID, scopes: [String], id: UUID, at now: Instant,
        boundTo certificate: CertificateThumbprint? = nil
    ) throws -> String {
        var claims = claims(of: client, for: audience, id, now)
        claims["agency_id"] = .string(agency.description)
        claims["role"] = "partner"
        claims["scope"] = .string(scopes.joined(separator: " "))
        claims["partner_id"] = .string(partner.description)
        claims["cnf"] = certificate.map { ["x5t#S256": .string($0.description)] }
        return try signed(claims)
    }

    /// A token for the owner of an account.
    func token(of principal: Principal, id: UUID, at now: Instant) throws -> String {
        var claims = claims(of: principal.subject, for: Self.everyService, id, now)
        claims["agency_id"] = .string(principal.agencyID.description)
        claims["role"] = .string(principal.role.rawValue)
        claims["peer_id"] = principal.peerID.map { .string($0.description) }
        claims["participant_id"] = principal.participantID.map { .string($0.description) }
        return try signed(claims)
    }

    private func claims(of subject: String, for audience: String, _ id: UUID, _ now: Instant) -> JSONObject {
        [
            "iss": .string(issuer),
            "sub": .string(subject),
            "aud": .string(audience),
            "exp": .number(JSONNumber(Int((now + Self.life).unixSeconds))),
            "iat": .number(JSONNumber(Int(now.unixSeconds))),
            "jti": .string(id.uuidString.lowercased()),
        ]
    }

    private func signed(_ claims: JSONObject) throws -> String {
        let header: JSONObject = ["typ": "at+jwt", "alg": "ES384", "kid": .string(key.publicKey.keyID)]
        return try CompactToken.signed(header: header, claims: claims) { input in
            Array(try key.signature(for: input).rawRepresentation)
        }
    }

    /// The public key by which others verify the tokens, as a JWK set.
    var publicKeys: JSONValue { ["keys": [key.publicKey.webKey(id: key.publicKey.keyID)]] }
}
