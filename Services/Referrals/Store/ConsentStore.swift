internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let insertConsent = Statement(
        "consent.insert",
        """
        insert into referral.consent
          (agency_id, consent_id, participant_id, version, kind, discloser, information, recipient_kind,
           recipient_partner_id, recipient_name, purpose, explains_revocation, expires_at, expiry_event,
           expiry_event_at, signed_by, signature_method, signed_at, warns_of_redisclosure, revoked_at, recorded_at,
           recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
        """
    )

    static let listConsents = Statement(
        "consent.list",
        """
        select consent_id, participant_id, version, kind, discloser, information, recipient_kind,
          recipient_partner_id, recipient_name, purpose, explains_revocation, expires_at, expiry_event,
          expiry_event_at, signed_by, signature_method, signed_at, warns_of_redisclosure, revoked_at
        from referral.consent
        where agency_id = $1 and participant_id = $2
        order by consent_id
        """
    )

    static let listConsentsOfSeveral = Statement(
        "consent.list_of_several",
        """
        select consent_id, participant_id, version, kind, discloser, information, recipient_kind,
          recipient_partner_id, recipient_name, purpose, explains_revocation, expires_at, expiry_event,
          expiry_event_at, signed_by, signature_method, signed_at, warns_of_redisclosure, revoked_at
        from referral.consent
        where agency_id = $1 and participant_id = any($2)
        order by consent_id
        """
    )

    static let revokeConsent = Statement(
        "consent.revoke",
        """
        update referral.consent
        set version = $3, revoked_at = $4
        where agency_id = $1 and consent_id = $2
        """
    )
}

extension Store {
    /// All consents of a participant, in the order in which they were recorded.
    func consents(of participant: ParticipantID, in work: Work) async throws -> [Consent] {
        try await work.tx.query(.listConsents, work.agencyID, participant).map { try Consent(row: $0) }
    }

    /// Records a consent and says so. Its end, where it has an hour, is announced by a scheduled message.
    func insert(_ consent: Consent, recordedBy subject: String, in work: Work) throws {
        let recipient = consent.recipient.columns
        var (expiresAt, event, eventAt): (Instant?, String?, Instant?) = (nil, nil, nil)
        switch consent.expiry {
        case .none: break
        case .at(let instant): expiresAt = instant
        case .event(let text, let happenedAt): (event, eventAt) = (text, happenedAt)
        }
        work.tx.enqueue(
            .insertConsent, work.agencyID, consent.consentID, consent.participantID, consent.version, consent.kind,
            consent.discloser, consent.information.map(\.rawValue).sorted(), recipient.kind, recipient.partnerID,
            recipient.name, consent.purpose, consent.explainsRevocation, expiresAt, event, eventAt,
            consent.signature.signer, consent.signature.method, consent.signedAt, consent.warnsOfRedisclosure,
            consent.revokedAt, work.now, subject
        )
        try announce(consent, in: work)
        if let expiresAt, expiresAt > work.now {
            var ended = ConsentChanged(consent, isActive: false, at: expiresAt)
            // A scheduled message belongs to no version: its handler reads the consent again.
            ended.version = nil
            try work.tx.schedule(
                ended, id: consent.consentID.rawValue, dueAt: expiresAt, agency: work.agencyID, headers: work.headers
            )
        }
    }

    /// Records a consent of a locked participant, and shows the senders what it now lets them see.
    func record(
        _ consent: Consent, of participant: StoredParticipant, by subject: String, in work: Work
    ) async throws {
        if case .partner(let id) = consent.recipient, try await partner(id, in: work) == nil {
            throw StoreError(.noSuchPartner)
        }
        try insert(consent, recordedBy: subject, in: work)
        try await showAgain(
            participant, consents: try await consents(of: participant.participantID, in: work), in: work
        )
    }

    /// Revokes a consent. From this transaction's end on nothing is disclosed under it.
    ///
    /// - Returns: the consent; unchanged when it was revoked before.
    /// - Throws: ``StoreError`` `notFound`.
    func revoke(_ id: ConsentID, of participant: StoredParticipant, in work: Work) async throws -> Consent {
        var consents = try await consents(of: participant.participantID, in: work)
        guard let index = consents.firstIndex(where: { $0.consentID == id }) else { throw StoreError(.notFound) }
        guard consents[index].revoke(at: work.now) else { return consents[index] }
        let consent = consents[index]
        try await work.tx.execute(.revokeConsent, work.agencyID, id, consent.version, consent.revokedAt)
        work.tx.unschedule(id: id.rawValue, agency: work.agencyID)
        try announce(consent, in: work)
        try await showAgain(participant, consents: consents, in: work)
        return consent
    }

    private func announce(_ consent: Consent, in work: Work) throws {
        try work.publish(ConsentChanged(consent, isActive: consent.isActive(at: work.now), at: work.now))
    }
}

extension ConsentChanged {
    init(_ consent: Consent, isActive: Bool, at instant: Instant) {
        self.init(
            consentID: consent.consentID, participantID: consent.participantID, version: consent.version,
            recipientID: consent.recipient.columns.partnerID, isActive: isActive, changedAt: instant
        )
    }
}

extension Consent.Recipient {
    /// The three columns of a recipient.
    var columns: (kind: String, partnerID: PartnerID?, name: String?) {
        switch self {
        case .partner(let id): ("partner", id, nil)
        case .treatmentPaymentOperations: ("treatment-payment-operations", nil, nil)
        case .named(let name): ("named", nil, name)
        }
    }

    fileprivate init(kind: String, partnerID: PartnerID?, name: String?) {
        switch (kind, partnerID, name) {
        case ("partner", .some(let id), _): self = .partner(id)
        case ("treatment-payment-operations", _, _): self = .treatmentPaymentOperations
        default: self = .named(name ?? kind)
        }
    }
}

extension Consent {
    init(row: Row) throws {
        let expiry: Expiry
        let eventText: String? = try row.column("expiry_event")
        let expiresAt: Instant? = try row.column("expires_at")
        if let eventText {
            expiry = .event(eventText, happenedAt: try row.column("expiry_event_at"))
        } else {
            expiry = expiresAt.map(Expiry.at) ?? .none
        }
        let information: [String] = try row.column("information")
        self.init(
            consentID: try row.column("consent_id"), participantID: try row.column("participant_id"),
            version: try row.column("version"), kind: try row.column("kind"), discloser: try row.column("discloser"),
            // A class that a later version records is one this version never discloses.
            information: Set(information.compactMap(InformationClass.init)),
            recipient: Recipient(
                kind: try row.column("recipient_kind"), partnerID: try row.column("recipient_partner_id"),
                name: try row.column("recipient_name")
            ),
            purpose: try row.column("purpose"), explainsRevocation: try row.column("explains_revocation"),
            expiry: expiry,
            signature: Signature(signer: try row.column("signed_by"), method: try row.column("signature_method")),
            signedAt: try row.column("signed_at"), warnsOfRedisclosure: try row.column("warns_of_redisclosure"),
            revokedAt: try row.column("revoked_at")
        )
    }
}
