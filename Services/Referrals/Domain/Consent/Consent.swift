public import Models

/// A participant's written consent to a disclosure, with the elements that 42 CFR 2.31(a) requires (FACTS §8.2).
///
/// The patient's name (element 1) is the participant. Elements that a paper says in words are kept in words.
public struct Consent: Hashable, Sendable {
    public let consentID: ConsentID
    public let participantID: ParticipantID
    public var version: Int
    public var kind: Kind
    /// 2: who may disclose, by name or class.
    public var discloser: String
    /// 3: what may be disclosed.
    public var information: Set<InformationClass>
    /// 4: who may receive it.
    public var recipient: Recipient
    /// 5: what for.
    public var purpose: Purpose
    /// 6: whether the person was told that, and how, it can be revoked.
    public var explainsRevocation: Bool
    /// 7: when it ends.
    public var expiry: Expiry
    /// 8: who signed, and how.
    public var signature: Signature
    /// 9: when it was signed; in force from then.
    public var signedAt: Instant
    /// 10: for treatment, payment and health care operations: the warning about redisclosure, and what a refusal means.
    public var warnsOfRedisclosure: Bool
    /// When it was revoked; nothing is disclosed under it from then on.
    public var revokedAt: Instant?

    public init(
        consentID: ConsentID, participantID: ParticipantID, version: Int = 1, kind: Kind = .disclosure,
        discloser: String, information: Set<InformationClass>, recipient: Recipient, purpose: Purpose,
        explainsRevocation: Bool, expiry: Expiry, signature: Signature, signedAt: Instant, warnsOfRedisclosure: Bool,
        revokedAt: Instant? = nil
    ) {
        self.consentID = consentID
        self.participantID = participantID
        self.version = version
        self.kind = kind
        self.discloser = discloser
        self.information = information
        self.recipient = recipient
        self.purpose = purpose
        self.explainsRevocation = explainsRevocation
        self.expiry = expiry
        self.signature = signature
        self.signedAt = signedAt
        self.warnsOfRedisclosure = warnsOfRedisclosure
        self.revokedAt = revokedAt
    }

    /// Consents that the rule keeps apart: none of these is ever combined with another.
    public enum Kind: String, Codable, CaseIterable, Hashable, Sendable {
        case disclosure
        /// Counselling notes need a consent of their own (42 CFR 2.31(b)).
        case counsellingNotes = "counselling-notes"
        /// Use in a proceeding against the person (42 CFR 2.31(d)).
        case legalProceeding = "legal-proceeding"
        /// To those who referred from the criminal justice system (42 CFR 2.35).
        case criminalJustice = "criminal-justice"
    }

    /// Who may receive.
    public enum Recipient: Hashable, Sendable {
        /// A partner organisation of the agency.
        case partner(PartnerID)
        /// "My treating providers, health plans, third-party payers, and people helping to operate this program".
        case treatmentPaymentOperations
        /// Somebody else, in the paper's words.
        case named(String)
    }

    /// What for.
    public enum Purpose: String, Codable, CaseIterable, Hashable, Sendable {
        case treatmentPaymentOperations = "treatment-payment-operations"
        case treatment, payment, operations
        case patientRequest = "patient-request"
        case research
        case legalProceeding = "legal-proceeding"
        case criminalJustice = "criminal-justice"
    }

    /// When it ends. "None" is allowed.
    public enum Expiry: Hashable, Sendable {
        case none
        case at(Instant)
        /// On an event in words ("the end of the treatment"); the instant is set once it has happened.
        case event(String, happenedAt: Instant?)
    }

    /// The signature.
    public struct Signature: Hashable, Sendable {
        /// Who signed.
        public enum Signer: String, Codable, CaseIterable, Hashable, Sendable {
            case participant, representative
        }
        /// On what.
        public enum Method: String, Codable, CaseIterable, Hashable, Sendable {
            case paper, electronic
        }

        public let signer: Signer
        public let method: Method

        public init(signer: Signer, method: Method) {
            self.signer = signer
            self.method = method
        }
    }
}

/// The classes of what is known about a participant, from which a consent and each disclosure choose (FACTS §8.6).
public enum InformationClass: String, Codable, CaseIterable, Hashable, Sendable {
    /// How the referral goes: its status and business status, and why.
    case referral
    case contact, note
    case counsellingNote = "counselling-note"
    case assessment, medication, justice
    case hiv
    case violence
    case location
    /// Name, birth date, phone, address, identifiers.
    case identity
}
