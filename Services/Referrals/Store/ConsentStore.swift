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
        where agency_id = $1 and participant_id = any($2)
        order by consent_id
        """
    )

    /// Those that count for each of some participants: whatever id of the person they were recorded under. The arrays repeat
    /// what the joins say: by them the planner goes straight to the rows.
    static let listConsentsOfSeveral = Statement(
        "consent.list_of_several",
        """
        with asked as (
          select known.participant_id, coalesce(merge.into_id, known.participant_id) as root_id
          from unnest($2::uuid[]) as known (participant_id)
          left join referral.participant_merge as merge
            on merge.agency_id = $1
            and merge.participant_id = any($2)
            and merge.participant_id = known.participant_id
        ), person as (
          select participant_id as asked_id, root_id as known_as
          from asked
          union all
          select asked.participant_id, merge.participant_id
          from asked
          join referral.participant_merge as merge
            on merge.agency_id = $1
            and merge.into_id = any(array(select root_id from asked))
            and merge.into_id = asked.root_id
        )
        select person.asked_id, c.consent_id, c.participant_id, c.version, c.kind, c.discloser, c.information,
          c.recipient_kind, c.recipient_partner_id, c.recipient_name, c.recipient_onward, c.purpose,
          c.explains_revocation, c.expires_at, c.expiry_event, c.expiry_event_at, c.signed_by, c.signature_method,
          c.signer_authority, c.text_version, c.signed_at, c.warns_of_redisclosure, c.irrevocable_until,
          c.irrevocable_event, c.irrevocable_event_at, c.revoked_at, c.revocation_method, c.revoked_by
        from person
        join referral.consent as c on c.agency_id = $1 and c.participant_id = person.known_as
        order by c.consent_id
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

    /// All consents of a person, in the order in which they were recorded.
    func consents(of person: PersonIDs, in work: Work) async throws -> [Consent] {
        try await work.tx.query(.listConsents, work.agencyID, person.all).map { try Consent(row: $0) }
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

    /// Records a consent of a locked person, and shows the senders what it now lets them see.
    func record(
        _ consent: Consent, of person: StoredPerson, by subject: String, in work: Work
    ) async throws {
        let partner = try await partner(namedBy: consent, in: work)
        if partner == nil, consent.recipient.columns.partnerID != nil { throw StoreError(.noSuchPartner) }
        try insert(consent, naming: partner, recordedBy: subject, in: work)
        try await showAgain(person, in: work)
    }

    /// Revokes a consent. From this transaction's end on nothing is disclosed under it.
    ///
    /// - Returns: the consent; unchanged when it was revoked before.
    /// - Throws: ``StoreError`` `notFound`.
    func revoke(
        _ id: ConsentID, of person: StoredPerson, _ method: Consent.Revocation.Method = .written,
        by subject: String, in work: Work
    ) async throws -> Consent {
        try await change(id, of: person, in: work) { consent in
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
    func expire(_ id: ConsentID, of person: StoredPerson, in work: Work) async throws -> Consent {
        try await change(id, of: person, in: work) { consent in
            guard consent.expire(at: work.now) else { return false }
            work.tx.enqueue(.expireConsent, work.agencyID, id, consent.version, work.now)
            return true
        }
    }

    /// Changes one of a locked person's consents, tells the other services, and shows the senders what is left.
    private func change(
        _ id: ConsentID, of person: StoredPerson, in work: Work, _ change: (inout Consent) throws -> Bool
    ) async throws -> Consent {
        let consents = try await consents(of: person.ids, in: work)
        guard var consent = consents.first(where: { $0.consentID == id }) else { throw StoreError(.notFound) }
        guard try change(&consent) else { return consent }
        try announce(consent, naming: try await partner(namedBy: consent, in: work)?.kind, in: work)
        try await showAgain(person, in: work)
        return consent
    }

    /// The organisation that a consent names; nil where it names none.
    func partner(namedBy consent: Consent, in work: Work) async throws -> Partner? {
        guard let id = consent.recipient.columns.partnerID else { return nil }
        return try await partner(id, in: work)
    }
}
