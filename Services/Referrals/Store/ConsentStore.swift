internal import Confidentiality
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension Statement {
    static let insertConsent = Statement(
        "consent.insert",
        """
        insert into referral.consent
          (agency_id, consent_id, participant_id, version, kind, discloser, information, recipient_kind,
           recipient_partner_id, recipient_name, recipient_onward, purpose, explains_revocation, expires_at,
           expiry_event, expiry_event_at, signed_by, signature_method, signer_authority, text_version, signed_at,
           warns_of_redisclosure, irrevocable_until, irrevocable_event, irrevocable_event_at, recorded_at, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
          $24, $25, $26, $27)
        """
    )

    static let listConsents = Statement(
        "consent.list",
        """
        select consent_id, participant_id, version, kind, discloser, information, recipient_kind,
          recipient_partner_id, recipient_name, recipient_onward, purpose, explains_revocation, expires_at, expiry_event,
          expiry_event_at, signed_by, signature_method, signer_authority, text_version, signed_at,
          warns_of_redisclosure, irrevocable_until, irrevocable_event, irrevocable_event_at, revoked_at,
          revocation_method, revoked_by
        from referral.consent
        where agency_id = $1 and participant_id = $2
        order by consent_id
        """
    )

    static let listConsentsOfSeveral = Statement(
        "consent.list_of_several",
        """
        select consent_id, participant_id, version, kind, discloser, information, recipient_kind,
          recipient_partner_id, recipient_name, recipient_onward, purpose, explains_revocation, expires_at, expiry_event,
          expiry_event_at, signed_by, signature_method, signer_authority, text_version, signed_at,
          warns_of_redisclosure, irrevocable_until, irrevocable_event, irrevocable_event_at, revoked_at,
          revocation_method, revoked_by
        from referral.consent
        where agency_id = $1 and participant_id = any($2)
        order by consent_id
        """
    )

    static let revokeConsent = Statement(
        "consent.revoke",
        """
        update referral.consent
        set version = $3, revoked_at = $4, revocation_method = $5, revoked_by = $6
        where agency_id = $1 and consent_id = $2
        """
    )

    static let expireConsent = Statement(
        "consent.expire",
        """
        update referral.consent
        set version = $3, expiry_event_at = $4
        where agency_id = $1 and consent_id = $2
        """
    )
}

extension Statement {
    static let participantOfConsent = Statement(
        "consent.participant",
        """
        select participant_id
        from referral.consent
        where agency_id = $1 and consent_id = $2
        """
    )
}

extension Store {
    /// Whose consent it is; nil where there is none.
    func participant(ofConsent id: ConsentID, in work: Work) async throws -> ParticipantID? {
        try await work.tx.query(.participantOfConsent, work.agencyID, id).first?.decode(ParticipantID.self)
    }

    /// All consents of a participant, in the order in which they were recorded.
    func consents(of participant: ParticipantID, in work: Work) async throws -> [Consent] {
        try await work.tx.query(.listConsents, work.agencyID, participant).map { try Consent(row: $0) }
    }

    /// Records a consent and says so. Its end, where it has an hour, brings it to mind again by a scheduled message.
    ///
    /// - Parameter partner: whom it names.
    func insert(
        _ consent: Consent, naming partner: Partner?, recordedBy subject: String, in work: Work
    ) throws {
        let recipient = consent.recipient.columns
        let (expiry, irrevocable) = (consent.expiry.columns, consent.irrevocableUntil.columns)
        work.tx.enqueue(
            .insertConsent, work.agencyID, consent.consentID, consent.participantID, consent.version,
            consent.kind.rawValue, consent.discloser, consent.information.map(\.rawValue).sorted(), recipient.kind,
            recipient.partnerID, recipient.name, recipient.onward, consent.purpose, consent.explainsRevocation,
            expiry.at,
            expiry.event, expiry.eventAt, consent.signature.signer, consent.signature.method,
            consent.signature.authority, consent.signature.textVersion, consent.signedAt, consent.warnsOfRedisclosure,
            irrevocable.at, irrevocable.event, irrevocable.eventAt, work.now, subject
        )
        try announce(consent, naming: partner?.kind, in: work)
        if let expiresAt = expiry.at, expiresAt > work.now {
            // A scheduled message belongs to no version: its handler reads the consent again.
            let ended = ConsentChanged(
                consent.terms, of: consent.participantID, version: nil,
                organisation: partner?.kind.organisationKind, changedAt: expiresAt)
            try work.tx.schedule(
                ended, id: consent.consentID.rawValue, dueAt: expiresAt, agency: work.agencyID, headers: work.headers
            )
        }
    }

    /// Records a consent of a locked participant, and shows the senders what it now lets them see.
    func record(
        _ consent: Consent, of participant: StoredParticipant, by subject: String, in work: Work
    ) async throws {
        let partner = try await partner(namedBy: consent, in: work)
        if partner == nil, consent.recipient.columns.partnerID != nil { throw StoreError(.noSuchPartner) }
        try insert(consent, naming: partner, recordedBy: subject, in: work)
        try await showAgain(participant, try await telling(of: participant.participantID, in: work), in: work)
    }

    /// Revokes a consent. From this transaction's end on nothing is disclosed under it.
    ///
    /// - Returns: the consent; unchanged when it was revoked before.
    /// - Throws: ``StoreError`` `notFound`.
    func revoke(
        _ id: ConsentID, of participant: StoredParticipant, _ method: Consent.Revocation.Method = .written,
        by subject: String, in work: Work
    ) async throws -> Consent {
        try await change(id, of: participant, in: work) { consent in
            guard try consent.revoke(at: work.now, method, recordedBy: subject) else { return false }
            work.tx.enqueue(
                .revokeConsent, work.agencyID, id, consent.version, consent.revocation?.at, method, subject)
            work.tx.unschedule(id: id.rawValue, agency: work.agencyID)
            return true
        }
    }

    /// Says that the event on which a consent expires has happened. From this transaction's end on nothing is disclosed
    /// under it.
    ///
    /// - Returns: the consent; unchanged when it was said before, or no event ends it.
    /// - Throws: ``StoreError`` `notFound`.
    func expire(_ id: ConsentID, of participant: StoredParticipant, in work: Work) async throws -> Consent {
        try await change(id, of: participant, in: work) { consent in
            guard consent.expire(at: work.now) else { return false }
            work.tx.enqueue(.expireConsent, work.agencyID, id, consent.version, work.now)
            return true
        }
    }

    /// Changes one of a locked participant's consents, tells the other services, and shows the senders what is left.
    private func change(
        _ id: ConsentID, of participant: StoredParticipant, in work: Work, _ change: (inout Consent) throws -> Bool
    ) async throws -> Consent {
        var telling = try await telling(of: participant.participantID, in: work)
        guard let index = telling.consents.firstIndex(where: { $0.consentID == id }) else {
            throw StoreError(.notFound)
        }
        guard try change(&telling.consents[index]) else { return telling.consents[index] }
        let consent = telling.consents[index]
        try announce(consent, naming: try await partner(namedBy: consent, in: work)?.kind, in: work)
        try await showAgain(participant, telling, in: work)
        return telling.consents[index]
    }

    /// The organisation that a consent names; nil where it names none.
    func partner(namedBy consent: Consent, in work: Work) async throws -> Partner? {
        guard let id = consent.recipient.columns.partnerID else { return nil }
        return try await partner(id, in: work)
    }
}
