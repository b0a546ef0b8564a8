/// A consent was given, was revoked, or has expired by an event: all that a decision needs of it, so that each service
/// decides by the same function. That a date has passed is no change: the date is in the terms.
///
/// Its key is the consent's own, so that nothing else can hold it up. What a consent says in words stays where it is.
public struct ConsentChanged: Event {
    public static let topic = "consent.changed.v2"

    /// Who may receive.
    public enum RecipientKind: String, Codable, CaseIterable, Hashable, Sendable {
        case organisation
        /// An exchange, for those whom the consent names behind it (42 CFR 2.24).
        case intermediary
        /// "My treating providers, health plans, third-party payers, and people helping to operate this program".
        case treatmentPaymentOperations = "treatment-payment-operations"
        /// Somebody in the paper's words.
        case inWords = "in-words"
    }

    public var consentID: ConsentID
    public var participantID: ParticipantID
    /// Nil where it is only a reminder to look again.
    public var version: Int?
    public var kind: Carried<ConsentKind>
    public var recipientKind: Carried<RecipientKind>
    /// The organisation that may receive; nil where the consent names none.
    public var recipientID: PartnerID?
    /// What that organisation is to the law, by its code: others have no register of organisations.
    public var organisationKind: String?
    /// What it may be told for.
    public var purposes: [Carried<PurposeOfUse>]
    /// What it may be told.
    public var classes: [Carried<DataClass>]
    public var signedAt: Instant
    public var expiresAt: Instant?
    public var revokedAt: Instant?
    /// An element of 42 CFR 2.31(a) is missing: then it is no consent.
    public var isDeficient: Bool
    public var changedAt: Instant

    public var key: String { consentID.description }

    public init(
        consentID: ConsentID, participantID: ParticipantID, version: Int?, kind: Carried<ConsentKind>,
        recipientKind: Carried<RecipientKind>, recipientID: PartnerID?, organisationKind: String?,
        purposes: [Carried<PurposeOfUse>], classes: [Carried<DataClass>], signedAt: Instant, expiresAt: Instant?,
        revokedAt: Instant?, isDeficient: Bool, changedAt: Instant
    ) {
        self.consentID = consentID
        self.participantID = participantID
        self.version = version
        self.kind = kind
        self.recipientKind = recipientKind
        self.recipientID = recipientID
        self.organisationKind = organisationKind
        self.purposes = purposes
        self.classes = classes
        self.signedAt = signedAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.isDeficient = isDeficient
        self.changedAt = changedAt
    }
}

/// Something was told to somebody outside the programme, for the accounting of disclosures (42 CFR 2.25, 45 CFR 164.528),
/// which `referrals` keeps. It has happened: what becomes of the consent afterwards changes nothing.
public struct DisclosureMade: Event {
    public static let topic = "disclosure.made.v1"

    public var disclosureID: DisclosureID
    public var participantID: ParticipantID
    public var version: Int?
    /// The organisation that was told.
    public var recipientID: PartnerID
    /// What was told; a class of a newer service is accounted for by its code.
    public var classes: [Carried<DataClass>]
    public var purpose: Carried<PurposeOfUse>
    /// Nil where the law asks for none: care, its payment and operations of a covered entity that is no Part 2 programme.
    public var consentID: ConsentID?
    /// Of the notice that went with it (42 CFR 2.32).
    public var noticeVersion: String
    /// The subject of the token of whoever told.
    public var disclosedBy: String
    /// By which operation.
    public var operationID: String
    public var disclosedAt: Instant

    public var key: String { disclosureID.description }

    public init(
        disclosureID: DisclosureID, participantID: ParticipantID, version: Int, recipientID: PartnerID,
        classes: [Carried<DataClass>], purpose: Carried<PurposeOfUse>, consentID: ConsentID?, noticeVersion: String,
        disclosedBy: String, operationID: String, disclosedAt: Instant
    ) {
        self.disclosureID = disclosureID
        self.participantID = participantID
        self.version = version
        self.recipientID = recipientID
        self.classes = classes
        self.purpose = purpose
        self.consentID = consentID
        self.noticeVersion = noticeVersion
        self.disclosedBy = disclosedBy
        self.operationID = operationID
        self.disclosedAt = disclosedAt
    }
}
