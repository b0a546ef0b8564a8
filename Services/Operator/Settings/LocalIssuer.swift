import Crypto
import FoundationEssentials
import JWTKit
import Models

/// Signs tokens on a developer's machine, in place of an agency's identity provider.
///
/// Refused unless `HANDRAIL_ENV=local`: whoever has this key is everybody.
struct LocalIssuer: Sendable {
    static let issuer = "handrail-local"
    static let keyID = "local-1"
    static let audience = "handrail"

    private let keys: JWTKeyCollection

    init(_ settings: OperatorSettings) async throws {
        guard settings["HANDRAIL_ENV"] == "local" else {
            throw OperatorSettings.Mistake(description: "tokens are only made where HANDRAIL_ENV=local")
        }
        guard let pem = try settings.secret("HANDRAIL_LOCAL_ISSUER_KEY_FILE") else {
            throw OperatorSettings.Mistake(description: "HANDRAIL_LOCAL_ISSUER_KEY_FILE is not set")
        }
        keys = JWTKeyCollection()
        await keys.add(ecdsa: try ES384PrivateKey(pem: pem), kid: JWKIdentifier(string: Self.keyID))
    }

    /// A token for one of the agency's own people, for five minutes.
    func staffToken(
        _ role: String, agency: AgencyID, peer: PeerID? = nil, at now: Instant
    ) async throws -> String {
        try await token(
            LocalClaims(
                sub: "local-\(role)", iat: now.unixSeconds, exp: now.unixSeconds + 300,
                agency_id: agency.description, role: role, scope: "", peer_id: peer?.description))
    }

    /// A token with these claims beside the usual ones.
    func token(_ claims: LocalClaims) async throws -> String {
        try await keys.sign(claims, kid: JWKIdentifier(string: Self.keyID))
    }
}

/// The claims of a local token; the names are those that the services read.
struct LocalClaims: JWTPayload {
    var iss = LocalIssuer.issuer
    var aud = LocalIssuer.audience
    var sub: String
    var iat: Int64
    var exp: Int64
    var agency_id: String
    var role: String
    var scope: String
    var peer_id: String?
    var partner_id: String?
    var participant_id: String?

    func verify(using _: some JWTAlgorithm) {}
}
