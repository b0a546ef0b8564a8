internal import Crypto
internal import MessageTable
internal import Models
internal import Postgres
internal import ServiceKit

extension Statement {
    static let findClient = Statement(
        "client_registry.find",
        """
        select client_id, partner_id, jwks, jwks_url, certificate_sha256, scopes
        from referral.partner_client
        where agency_id = $1 and client_id = $2 and disabled_at is null
        """
    )

    /// Through the agencies, so that the index leads with them as every other does.
    static let findClientsByCertificate = Statement(
        "client_registry.find_by_certificate",
        """
        select c.client_id, c.partner_id, c.certificate_sha256, c.scopes, c.agency_id
        from handrail.agency a
        join referral.partner_client c on c.agency_id = a.agency_id and c.certificate_sha256 = $1
        where c.disabled_at is null
        limit 2
        """
    )

    static let useAssertion = Statement(
        "client_registry.use_assertion",
        """
        insert into referral.token_replay (agency_id, client_id, jti_digest, expires_at)
        values ($1, $2, $3, $4)
        on conflict (agency_id, client_id, jti_digest) do nothing
        """
    )

    static let forgetAssertions = Statement(
        "client_registry.forget_assertions",
        """
        delete from referral.token_replay
        where agency_id = $1 and expires_at < $2
        """
    )
}

/// The registered clients as the token endpoint sees them: before a token there is no agency, so it works as the
/// service's worker login, whose policies reach these two tables only.
struct ClientRegistry: Sendable {
    let pool: Pool

    /// A client that may ask for tokens.
    struct Client: Sendable {
        let agencyID: AgencyID
        let clientID: String
        let partnerID: PartnerID
        let keys: ClientKeys
        let scopes: [String]
    }

    /// The client, or nil when there is none or it is disabled.
    func client(_ clientID: String) async throws -> Client? {
        guard let agencyID = Self.agency(of: clientID),
            let row = try await pool.query(.findClient, agencyID, clientID).first
        else { return nil }
        let (id, partner, jwks, url, certificate, scopes) = try row.decode(
            (String, PartnerID, JSONB?, String?, String?, [String]).self)
        let certified = certificate.flatMap { CertificateThumbprint($0) }.map(ClientKeys.certificate)
        guard let keys = jwks.map({ ClientKeys.inline($0.bytes) }) ?? url.map(ClientKeys.url) ?? certified else {
            return nil
        }
        return Client(agencyID: agencyID, clientID: id, partnerID: partner, keys: keys, scopes: scopes)
    }

    /// The clients that a certificate is registered for, at most two: more than one is not known by it.
    func clients(certified thumbprint: CertificateThumbprint) async throws -> [Client] {
        try await pool.query(.findClientsByCertificate, thumbprint.description).map { row in
            let (id, partner, certificate, scopes, agency) = try row.decode(
                (String, PartnerID, String, [String], AgencyID).self)
            let keys = CertificateThumbprint(certificate).map(ClientKeys.certificate) ?? .certificate(thumbprint)
            return Client(agencyID: agency, clientID: id, partnerID: partner, keys: keys, scopes: scopes)
        }
    }

    /// Marks an assertion as used.
    ///
    /// - Returns: false when it was used before: a replay.
    func use(assertion jti: String, of client: Client, expiringAt: Instant, now: Instant) async throws -> Bool {
        let digest = Hexadecimal.encode(SHA256.hash(data: Array(jti.utf8)))
        _ = try await pool.query(.forgetAssertions, client.agencyID, now)
        return try await pool.query(.useAssertion, client.agencyID, client.clientID, digest, expiringAt).affected == 1
    }

    private static func agency(of clientID: String) -> AgencyID? {
        clientID.split(separator: ".", maxSplits: 1).first.flatMap { AgencyID(String($0)) }
    }
}
