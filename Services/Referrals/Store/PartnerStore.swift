internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension Statement {
    static let insertPartner = Statement(
        "partner.insert",
        """
        insert into referral.partner
          (agency_id, partner_id, version, name, kind, intake_policy, status, webhook_url, webhook_secret, created_at,
           changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
        """
    )

    static let findPartner = Statement(
        "partner.find",
        """
        select partner_id, version, name, kind, intake_policy, status, webhook_url
        from referral.partner
        where agency_id = $1 and partner_id = $2
        """
    )

    /// Who changes what hangs on a partner waits for whoever does so now. Does not hold up what is sent: referrals refer to the
    /// partner's key, which stays.
    static let lockPartner = Statement(
        "partner.lock",
        """
        select partner_id, version, name, kind, intake_policy, status, webhook_url
        from referral.partner
        where agency_id = $1 and partner_id = $2
        for no key update
        """
    )

    static let isClientActive = Statement(
        "partner_client.is_active",
        """
        select partner_id = $2 and disabled_at is null
        from referral.partner_client
        where agency_id = $1 and client_id = $3
        """
    )

    static let setPartnerStatus = Statement(
        "partner.set_status",
        """
        update referral.partner
        set version = version + 1, status = $3, changed_at = $4
        where agency_id = $1 and partner_id = $2
        """
    )

    static let insertClient = Statement(
        "partner_client.insert",
        """
        insert into referral.partner_client
          (agency_id, client_id, partner_id, jwks, jwks_url, certificate_sha256, scopes, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """
    )

    static let rotateClient = Statement(
        "partner_client.rotate",
        """
        update referral.partner_client
        set jwks = $4, jwks_url = $5, certificate_sha256 = $6
        where agency_id = $1 and partner_id = $2 and client_id = $3 and disabled_at is null
        """
    )

    static let disableClient = Statement(
        "partner_client.disable",
        """
        update referral.partner_client
        set disabled_at = coalesce(disabled_at, $4)
        where agency_id = $1 and partner_id = $2 and client_id = $3
        """
    )

    static let disableClients = Statement(
        "partner_client.disable_all",
        """
        update referral.partner_client
        set disabled_at = coalesce(disabled_at, $3)
        where agency_id = $1 and partner_id = $2
        """
    )
}

/// By what a client is known: its public keys, or the certificate that it comes with.
enum ClientKeys: Hashable, Sendable {
    /// A JWK set, as JSON.
    case inline([UInt8])
    /// The address of one.
    case url(String)
    /// The digest of a certificate.
    case certificate(CertificateThumbprint)

    var jwks: JSONB? { if case .inline(let bytes) = self { JSONB(bytes) } else { nil } }
    var address: String? { if case .url(let text) = self { text } else { nil } }
    var thumbprint: String? { if case .certificate(let digest) = self { digest.description } else { nil } }
}

extension Store {
    /// Registers an organisation.
    ///
    /// - Returns: the secret with which its webhooks are signed, which is told this once; nil without a webhook.
    /// - Throws: ``StoreError`` `nameTaken`.
    func add(_ partner: Partner, in work: Work) async throws -> [UInt8]? {
        let secret = partner.webhookURL.map { _ in WebhookTarget.newSecret() }
        let sealed = try secret.map { try vault.sealSecret($0, of: partner.partnerID, in: work.agencyID) }
        do {
            try await work.tx.execute(
                .insertPartner, work.agencyID, partner.partnerID, partner.version, partner.name, partner.kind,
                partner.intakePolicy, partner.status, partner.webhookURL, sealed, work.now
            )
        } catch {
            guard error.isUniqueViolation, error.constraint == "partner_name_key" else { throw error }
            throw StoreError(.nameTaken)
        }
        return secret
    }

    func partner(_ id: PartnerID, in work: Work) async throws -> Partner? {
        try await work.tx.query(.findPartner, work.agencyID, id).first.map { try Partner(row: $0) }
    }

    /// Stops an organisation: its clients get no tokens, its requests and webhooks end.
    func disable(_ partner: PartnerID, in work: Work) async throws {
        guard
            try await work.tx.execute(
                .setPartnerStatus, work.agencyID, partner, Partner.Status.disabled, work.now
            ) == 1
        else { throw StoreError(.notFound) }
        try await work.tx.execute(.disableClients, work.agencyID, partner, work.now)
    }

    /// Adds a client of a partner.
    ///
    /// - Returns: its `client_id`: `<agency id>.<random id>`, because the token endpoint must find the agency before it
    ///   can look for the client.
    func addClient(of partner: PartnerID, keys: ClientKeys, scopes: [String], in work: Work) async throws -> String {
        guard let found = try await self.partner(partner, in: work) else { throw StoreError(.notFound) }
        guard found.status == .active else { throw StoreError(.noSuchPartner) }
        let clientID = "\(work.agencyID).\(ids.new(PartnerID.self))"
        try await work.tx.execute(
            .insertClient, work.agencyID, clientID, partner, keys.jwks, keys.address, keys.thumbprint, scopes, work.now
        )
        return clientID
    }

    /// Replaces a client's keys.
    func rotateClient(_ clientID: String, of partner: PartnerID, keys: ClientKeys, in work: Work) async throws {
        let touched = try await work.tx.execute(
            .rotateClient, work.agencyID, partner, clientID, keys.jwks, keys.address, keys.thumbprint
        )
        guard touched == 1 else { throw StoreError(.notFound) }
    }

    /// The partner, held until the transaction ends; nil where it or its client is disabled.
    func lockPartner(_ id: PartnerID, through client: String, in work: Work) async throws -> Partner? {
        // The second statement sees what was committed while the first one waited.
        let answers = try await work.tx.together(
            Question(.lockPartner, work.agencyID, id), Question(.isClientActive, work.agencyID, id, client))
        guard let partner = try answers[0].first.map({ try Partner(row: $0) }), partner.status == .active,
            try answers[1].first?.decode(Bool.self) ?? false
        else { return nil }
        return partner
    }

    /// Stops one client, and what it subscribed to.
    func disableClient(_ clientID: String, of partner: PartnerID, in work: Work) async throws {
        // Whoever subscribes at this moment was here first, and is found below; or waits, and is refused.
        _ = try await work.tx.query(.lockPartner, work.agencyID, partner)
        guard try await work.tx.execute(.disableClient, work.agencyID, partner, clientID, work.now) == 1 else {
            throw StoreError(.notFound)
        }
        try await stopSubscriptions(ofClient: clientID, of: partner, in: work)
    }
}

extension Partner {
    init(row: Row) throws {
        let (id, version, name, kind, policy, status, url) = try row.decode(
            (PartnerID, Int, String, Partner.Kind, IntakePolicy, Partner.Status, String?).self
        )
        self.init(
            partnerID: id, version: version, name: name, kind: kind, intakePolicy: policy, status: status,
            webhookURL: url
        )
    }
}
