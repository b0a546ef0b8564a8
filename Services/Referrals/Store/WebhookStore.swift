internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let findWebhook = Statement(
        "partner.find_webhook",
        """
        select webhook_url, webhook_secret, earlier_webhook_secret, earlier_webhook_ends_at
        from referral.partner
        where agency_id = $1 and partner_id = $2 and status = 'active' and webhook_url is not null
        """
    )

    static let lockWebhook = Statement(
        "partner.lock_webhook",
        """
        select version, webhook_url, webhook_secret
        from referral.partner
        where agency_id = $1 and partner_id = $2
        for no key update
        """
    )

    /// One that stays needs no new secret; without an address there is none.
    static let setWebhook = Statement(
        "partner.set_webhook",
        """
        update referral.partner
        set version = version + 1, webhook_url = $3, webhook_secret = $4, changed_at = $5,
          earlier_webhook_secret = case when $4 is not null then earlier_webhook_secret end,
          earlier_webhook_ends_at = case when $4 is not null then earlier_webhook_ends_at end
        where agency_id = $1 and partner_id = $2
        """
    )

    static let rotateWebhookSecret = Statement(
        "partner.rotate_webhook_secret",
        """
        update referral.partner
        set version = version + 1, webhook_secret = $3, earlier_webhook_secret = webhook_secret,
          earlier_webhook_ends_at = $4, changed_at = $5
        where agency_id = $1 and partner_id = $2
        """
    )

    static let dropEarlierWebhookSecret = Statement(
        "partner.drop_earlier_webhook_secret",
        """
        update referral.partner
        set earlier_webhook_secret = null, earlier_webhook_ends_at = null
        where agency_id = $1 and partner_id = $2 and earlier_webhook_ends_at <= $3
        """
    )

    static let listWebhookSecrets = Statement(
        "partner.list_webhook_secrets",
        """
        select partner_id, webhook_secret, earlier_webhook_secret, earlier_webhook_ends_at
        from referral.partner
        where agency_id = $1 and webhook_secret is not null
        for no key update
        """
    )

    static let resealWebhookSecrets = Statement(
        "partner.reseal_webhook_secrets",
        """
        update referral.partner
        set webhook_secret = $3, earlier_webhook_secret = $4
        where agency_id = $1 and partner_id = $2
        """
    )
}

/// Where webhooks go, and what signs them.
struct WebhookTarget: Hashable, Sendable {
    let url: String
    let secret: [UInt8]
    /// The one before, for a day after a rotation.
    var earlierSecret: [UInt8]?

    /// The present one first.
    var secrets: [[UInt8]] { [secret] + (earlierSecret.map { [$0] } ?? []) }

    /// For how long the secret before signs too.
    static let overlap: Duration = .seconds(24 * 3600)

    static func newSecret() -> [UInt8] { (0..<32).map { _ in .random(in: .min ... .max) } }
}

extension Store {
    /// Where and with which secrets a partner's webhooks go; nil when it has none, or is disabled. A secret whose day is over
    /// is forgotten.
    func webhook(of partner: PartnerID, in work: Work) async throws -> WebhookTarget? {
        guard let row = try await work.tx.query(.findWebhook, work.agencyID, partner).first else { return nil }
        let (url, sealed, earlier, endsAt) = try row.decode((String, [UInt8], [UInt8]?, Instant?).self)
        var target = WebhookTarget(url: url, secret: try vault.openSecret(sealed, of: partner, in: work.agencyID))
        if let earlier, let endsAt {
            if endsAt > work.now {
                target.earlierSecret = try vault.openSecret(earlier, of: partner, in: work.agencyID)
            } else {
                work.tx.enqueue(.dropEarlierWebhookSecret, work.agencyID, partner, work.now)
            }
        }
        return target
    }

    /// Says where a partner's webhooks go; nowhere, where it polls.
    ///
    /// - Returns: a new secret, which is told this once, where it had none.
    /// - Throws: ``StoreError`` `notFound`, `stale`.
    func setWebhook(
        _ url: String?, of partner: PartnerID, expecting version: Int, in work: Work
    ) async throws -> [UInt8]? {
        let known = try await lockWebhook(of: partner, expecting: version, in: work)
        guard url != nil, known.sealed == nil else {
            // What was told for an address that is given up is not used for the next one.
            try await work.tx.execute(
                .setWebhook, work.agencyID, partner, url, url == nil ? nil : known.sealed, work.now)
            return nil
        }
        let secret = WebhookTarget.newSecret()
        try await work.tx.execute(
            .setWebhook, work.agencyID, partner, url, try vault.sealSecret(secret, of: partner, in: work.agencyID),
            work.now)
        return secret
    }

    /// Gives a partner's webhooks a new secret, beside which the present one signs for a day. One that was still running out
    /// ends at once: so a second rotation ends what has leaked.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`, `noWebhook`.
    func rotateWebhookSecret(
        of partner: PartnerID, expecting version: Int, in work: Work
    ) async throws -> [UInt8] {
        let known = try await lockWebhook(of: partner, expecting: version, in: work)
        guard known.url != nil else { throw StoreError(.noWebhook) }
        let secret = WebhookTarget.newSecret()
        try await work.tx.execute(
            .rotateWebhookSecret, work.agencyID, partner,
            try vault.sealSecret(secret, of: partner, in: work.agencyID), work.now + WebhookTarget.overlap, work.now)
        return secret
    }

    /// Brings the secrets under the ring's current key, and forgets those whose day is over.
    func resealWebhookSecrets(in work: Work) async throws {
        for row in try await work.tx.query(.listWebhookSecrets, work.agencyID) {
            let (id, sealed, earlier, endsAt) = try row.decode((PartnerID, [UInt8], [UInt8]?, Instant?).self)
            let isOver = endsAt.map { $0 <= work.now } ?? false
            if isOver { work.tx.enqueue(.dropEarlierWebhookSecret, work.agencyID, id, work.now) }
            let kept = isOver ? nil : earlier
            let isCurrent = [sealed, kept].compactMap(\.self).allSatisfy {
                KeyRing.keyID(of: $0) == vault.ring.currentID
            }
            if isCurrent { continue }
            work.tx.enqueue(
                .resealWebhookSecrets, work.agencyID, id, try reseal(sealed, of: id, in: work),
                try kept.map { try reseal($0, of: id, in: work) })
        }
    }

    private func reseal(_ sealed: [UInt8], of partner: PartnerID, in work: Work) throws -> [UInt8] {
        try vault.sealSecret(
            try vault.openSecret(sealed, of: partner, in: work.agencyID), of: partner, in: work.agencyID)
    }

    /// What a change of a partner is based on; it waits for whoever changes it now.
    func lockWebhook(
        of partner: PartnerID, expecting version: Int, in work: Work
    ) async throws -> (url: String?, sealed: [UInt8]?) {
        guard let row = try await work.tx.query(.lockWebhook, work.agencyID, partner).first else {
            throw StoreError(.notFound)
        }
        let (present, url, sealed) = try row.decode((Int, String?, [UInt8]?).self)
        guard present == version else { throw StoreError(.stale) }
        return (url, sealed)
    }
}
