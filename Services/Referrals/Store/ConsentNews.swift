internal import Confidentiality
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension Statement {
    static let pageOfConsents = Statement(
        "consent.page",
        """
        select c.consent_id, c.participant_id, c.version, c.kind, c.discloser, c.information, c.recipient_kind,
          c.recipient_partner_id, c.recipient_name, c.recipient_onward, c.purpose, c.explains_revocation, c.expires_at,
          c.expiry_event, c.expiry_event_at, c.signed_by, c.signature_method, c.signer_authority, c.text_version,
          c.signed_at, c.warns_of_redisclosure, c.irrevocable_until, c.irrevocable_event, c.irrevocable_event_at,
          c.revoked_at, c.revocation_method, c.revoked_by, p.kind as partner_kind
        from referral.consent as c
        left join referral.partner as p on p.agency_id = $1 and p.partner_id = c.recipient_partner_id
        where c.agency_id = $1 and c.consent_id > $2
        order by c.consent_id
        limit $3
        """
    )
}

extension Store {
    /// Tells the other services the terms of a consent as they now are: they decide by the same function.
    ///
    /// - Parameter kind: what the organisation is that the consent names; nil where it names none.
    func announce(_ consent: Consent, naming kind: Partner.Kind?, in work: Work) throws {
        try work.publish(
            ConsentChanged(
                consent.terms, of: consent.participantID, version: consent.version,
                organisation: kind?.organisationKind, changedAt: work.now))
    }

    /// Tells of consents that were recorded before their terms travelled, some at a time. Told again it changes nothing:
    /// versions are the same, and of two messages at once the newer version counts.
    ///
    /// - Returns: how many; and where the next step begins, nil when all are told.
    func announceConsents(
        after start: ConsentID?, atMost limit: Int, in work: Work
    ) async throws -> (count: Int, next: ConsentID?) {
        let rows = try await work.tx.query(.pageOfConsents, work.agencyID, start ?? .first, limit)
        var last: ConsentID?
        for row in rows {
            let consent = try Consent(row: row)
            try announce(consent, naming: try row.column("partner_kind"), in: work)
            last = consent.consentID
        }
        return (rows.count, rows.count < limit ? nil : last)
    }
}
