public import Confidentiality
public import MessageTable
public import Models
public import Postgres

/// What a service knows of participants' consents: kept up to date by messages, read for each disclosure. A consent that it
/// never heard of is none.
///
/// Tables without a schema: each login's search path is its own service's schema.
public enum ConsentProjection {
    /// Keeps what messages say; an older version changes nothing.
    @Sendable
    public static func handle(_ event: ConsentChanged, _ context: HandlerContext) async throws {
        try await save(event, in: context.transaction, of: context.agencyID)
    }

    /// Keeps what messages of an older version say.
    @Sendable
    public static func handle(_ event: ConsentChangedV1, _ context: HandlerContext) async throws {
        try await save(event, in: context.transaction, of: context.agencyID)
    }

    /// Keeps that a consent is in force no more, as a process of an older version says it: its terms stay as they are known,
    /// and one that is given that way stays unknown until its terms are told.
    public static func save(
        _ event: ConsentChangedV1, in transaction: Transaction, of agency: AgencyID
    ) async throws {
        guard let version = event.version, !event.isActive else { return }
        try await transaction.execute(end, agency, event.consentID, version, event.changedAt)
    }

    /// Keeps a consent as it now is.
    public static func save(_ event: ConsentChanged, in transaction: Transaction, of agency: AgencyID) async throws {
        // A reminder that a date has come says nothing new: the date is in the terms.
        guard let version = event.version else { return }
        try await transaction.execute(
            save, agency, event.consentID, version, event.participantID, event.kind.text, event.recipientKind.text,
            event.recipientID, event.organisationKind, event.purposes.map(\.text).sorted(),
            event.classes.map(\.text).sorted(), event.signedAt, event.expiresAt, event.revokedAt, event.isDeficient
        )
    }

    /// A participant's consents, given under any id of the person, for a round trip with other questions; answered by ``read(_:)``.
    static func question(of participant: ParticipantID, in agency: AgencyID) -> Question {
        Question(find, agency, participant)
    }

    /// One consent, with the organisation that it names.
    struct Known: Hashable, Sendable {
        let terms: ConsentTerms
        /// Nil where it names none, or what the organisation is to the law is not known here.
        let organisation: Organisation?
    }

    /// Those of them that this version understands: by a kind or a recipient of a newer one nothing is let through.
    static func read(_ rows: Rows) throws -> [Known] {
        try rows.compactMap { row in
            let recipientID: PartnerID? = try row.column("recipient_id")
            let recipientKind: String = try row.column("recipient_kind")
            guard let kind = ConsentTerms.Kind(rawValue: try row.column("kind")),
                let recipient = recipient(ConsentChanged.RecipientKind(rawValue: recipientKind), recipientID)
            else { return nil }
            let organisationKind: String? = try row.column("organisation_kind")
            let (purposes, classes): ([String], [String]) = (
                try row.column("purposes"), try row.column("data_classes")
            )
            let terms = ConsentTerms(
                consentID: try row.column("consent_id"), kind: kind, recipient: recipient,
                purposes: Set(purposes.compactMap(PurposeOfUse.init)), classes: Set(classes.compactMap(DataClass.init)),
                signedAt: try row.column("signed_at"), expiresAt: try row.column("expires_at"),
                revokedAt: try row.column("revoked_at"), isDeficient: try row.column("is_deficient"))
            return Known(
                terms: terms,
                organisation: recipientID.flatMap { id in
                    organisationKind.flatMap(Organisation.Kind.init).map { Organisation(partnerID: id, kind: $0) }
                })
        }
    }

    private static func recipient(
        _ kind: ConsentChanged.RecipientKind?, _ id: PartnerID?
    ) -> ConsentTerms.Recipient? {
        switch (kind, id) {
        case (.organisation, .some(let id)): .organisation(id)
        case (.intermediary, .some(let id)): .intermediary(id)
        case (.treatmentPaymentOperations, _): .treatmentPaymentOperations
        case (.inWords, _): .inWords
        case (.organisation, nil), (.intermediary, nil), (nil, _): nil
        }
    }

    private static let save = Statement(
        "consent_terms.save",
        """
        insert into consent_terms as known
            (agency_id, consent_id, version, participant_id, kind, recipient_kind, recipient_id, organisation_kind,
             purposes, data_classes, signed_at, expires_at, revoked_at, is_deficient)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict (agency_id, consent_id) do update
        set version = excluded.version, participant_id = excluded.participant_id, kind = excluded.kind,
            recipient_kind = excluded.recipient_kind, recipient_id = excluded.recipient_id,
            organisation_kind = excluded.organisation_kind, purposes = excluded.purposes,
            data_classes = excluded.data_classes, signed_at = excluded.signed_at, expires_at = excluded.expires_at,
            revoked_at = excluded.revoked_at, is_deficient = excluded.is_deficient
        where known.version < excluded.version
        """
    )

    private static let end = Statement(
        "consent_terms.end",
        """
        update consent_terms
        set version = $3, revoked_at = coalesce(revoked_at, $4)
        where agency_id = $1 and consent_id = $2 and version < $3
        """
    )

    /// Of whom a plan test asks.
    static let find = Statement(
        "consent_terms.find",
        """
        select consent_id, kind, recipient_kind, recipient_id, organisation_kind, purposes, data_classes, signed_at,
            expires_at, revoked_at, is_deficient
        from consent_terms
        where agency_id = $1 and participant_id = any ((select participant_group($1, $2))::uuid[])
        order by consent_id
        """
    )
}

extension ConsentChanged {
    /// The terms of a consent, as others decide by them.
    ///
    /// - Parameters:
    ///   - version: nil for a reminder to look again.
    ///   - organisation: what the named recipient is to the law.
    public init(
        _ terms: ConsentTerms, of participantID: ParticipantID, version: Int?, organisation: Organisation.Kind?,
        changedAt: Instant
    ) {
        let (kind, recipientID): (RecipientKind, PartnerID?) =
            switch terms.recipient {
            case .organisation(let id): (.organisation, id)
            case .intermediary(let id): (.intermediary, id)
            case .treatmentPaymentOperations: (.treatmentPaymentOperations, nil)
            case .inWords: (.inWords, nil)
            }
        self.init(
            consentID: terms.consentID, participantID: participantID, version: version, kind: .known(terms.kind),
            recipientKind: .known(kind), recipientID: recipientID, organisationKind: organisation?.rawValue,
            purposes: terms.purposes.map(\.rawValue).sorted().map { Carried($0) },
            classes: terms.classes.map(\.rawValue).sorted().map { Carried($0) }, signedAt: terms.signedAt,
            expiresAt: terms.expiresAt, revokedAt: terms.revokedAt, isDeficient: terms.isDeficient,
            changedAt: changedAt
        )
    }
}
