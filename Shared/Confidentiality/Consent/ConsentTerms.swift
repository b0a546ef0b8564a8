public import Models

/// What a decision needs of a written consent (42 CFR 2.31): whom it names, what for, what, and from when to when.
public struct ConsentTerms: Hashable, Sendable {
    /// Consents that the rule keeps apart: none of these is ever combined with another.
    public typealias Kind = ConsentKind

    /// Who may receive.
    public enum Recipient: Hashable, Sendable {
        case organisation(PartnerID)
        /// An exchange, for those whom the consent names behind it (42 CFR 2.24).
        case intermediary(PartnerID)
        /// "My treating providers, health plans, third-party payers, and people helping to operate this program".
        case treatmentPaymentOperations
        /// Somebody in the paper's words: a person reads it, no program decides by it.
        case inWords
    }

    public var consentID: ConsentID
    public var kind: Kind
    public var recipient: Recipient
    public var purposes: Set<PurposeOfUse>
    public var classes: Set<DataClass>
    /// In force from here.
    public var signedAt: Instant
    /// When it expires or expired, as far as a clock can say.
    public var expiresAt: Instant?
    public var revokedAt: Instant?
    /// Whether an element of 42 CFR 2.31(a) is missing: then it is no consent (2.31(c)).
    public var isDeficient: Bool

    public init(
        consentID: ConsentID, kind: Kind = .disclosure, recipient: Recipient, purposes: Set<PurposeOfUse>,
        classes: Set<DataClass>, signedAt: Instant, expiresAt: Instant? = nil, revokedAt: Instant? = nil,
        isDeficient: Bool = false
    ) {
        self.consentID = consentID
        self.kind = kind
        self.recipient = recipient
        self.purposes = purposes
        self.classes = classes
        self.signedAt = signedAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.isDeficient = isDeficient
    }

    /// Why it is not in force; nil when it is.
    public func refusal(at instant: Instant) -> Refusal? {
        if let revokedAt, revokedAt <= instant { return .consentRevoked }
        if signedAt > instant { return .consentNotYet }
        if let expiresAt, expiresAt <= instant { return .consentExpired }
        return isDeficient ? .consentDeficient : nil
    }

    /// Whether it names this requester, or a class to which the requester belongs.
    func names(_ organisation: Organisation, who relationship: Relationship) -> Bool {
        switch recipient {
        case .organisation(let id): id == organisation.partnerID && organisation.kind != .intermediary
        case .intermediary(let id): id == organisation.partnerID && organisation.kind == .intermediary
        // A class is enough for the law; who belongs to it is known of those who treat the person, and of health plans.
        case .treatmentPaymentOperations:
            organisation.kind == .healthPlan || organisation.kind == .provider && relationship == .sender
        case .inWords: false
        }
    }

    /// What it lets through of these classes for a purpose; consents of one kind never cover what needs another.
    func covered(of asked: Set<DataClass>) -> Set<DataClass> {
        // That somebody is a participant is told with anything that is told about them.
        let named = asked.intersection(classes.union([.presence]))
        return kind == .counsellingNotes
            ? named.intersection([.presence, .counsellingNote]) : named.subtracting([.counsellingNote])
    }

    /// Whether it is for this purpose.
    func isFor(_ purpose: PurposeOfUse) -> Bool {
        switch kind {
        // Never by a program: a person reads the order or the consent, and answers for it (42 CFR 2.61–2.67).
        case .legalProceeding: false
        case .criminalJustice: purpose == .justice
        case .disclosure, .counsellingNotes: purpose != .justice && purposes.contains(purpose)
        }
    }
}
