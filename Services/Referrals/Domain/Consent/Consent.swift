public import Confidentiality
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
    public var information: Set<DataClass>
    /// 4: who may receive it.
    public var recipient: Recipient
    /// 5: what for.
    public var purpose: Purpose
    /// 6: whether the person was told that, and how, it can be revoked.
    public var explainsRevocation: Bool
    /// 7: when it ends.
    public var expiry: Term
    /// 8: who signed, and how.
    public var signature: Signature
    /// 9: when it was signed; in force from then.
    public var signedAt: Instant
    /// 10: for treatment, payment and health care operations: the warning about redisclosure, and what a refusal means.
    public var warnsOfRedisclosure: Bool
    /// Until when it cannot be revoked: only a consent to the criminal justice system can say so (42 CFR 2.35(c)).
    public var irrevocableUntil: Term
    /// How it was revoked; nothing is disclosed under it from then on.
    public var revocation: Revocation?

    public init(
        consentID: ConsentID, participantID: ParticipantID, version: Int = 1, kind: Kind = .disclosure,
        discloser: String, information: Set<DataClass>, recipient: Recipient, purpose: Purpose,
        explainsRevocation: Bool, expiry: Term, signature: Signature, signedAt: Instant, warnsOfRedisclosure: Bool,
        irrevocableUntil: Term = .none, revocation: Revocation? = nil
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
        self.irrevocableUntil = irrevocableUntil
        self.revocation = revocation
    }

    /// Whether another one is the same paper: what it says, who signed it and when, whatever became of it since.
    public func saysTheSame(as other: Consent) -> Bool {
        (kind, discloser, information, recipient) == (other.kind, other.discloser, other.information, other.recipient)
            && (purpose, expiry, signature, signedAt) == (other.purpose, other.expiry, other.signature, other.signedAt)
    }

    /// Consents that the rule keeps apart: none of these is ever combined with another.
    public typealias Kind = ConsentTerms.Kind

    /// Who may receive.
    public enum Recipient: Hashable, Sendable {
        /// A partner organisation of the agency.
        case partner(PartnerID)
        /// An exchange (42 CFR 2.24), with those to whom it may pass on: participants by name, or the class of those who
        /// treat the person.
        case intermediary(PartnerID, onward: String)
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

    /// A point in time, or an event. "None" is allowed.
    public enum Term: Hashable, Sendable {
        case none
        case at(Instant)
        /// On an event in words ("the end of the treatment"); the instant is set once it has happened.
        case event(String, happenedAt: Instant?)

        /// When it is or was, as far as a clock can say.
        public var instant: Instant? {
            switch self {
            case .none: nil
            case .at(let instant): instant
            case .event(_, let happenedAt): happenedAt
            }
        }
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
        /// By what right a representative signs: `parent`, `guardian`, `personal-representative` (42 CFR 2.14, 2.15).
        public let authority: String?
        /// The version of the text that was signed; nil where it came from elsewhere and nobody here has it.
        public let textVersion: String?

        public init(signer: Signer, method: Method, authority: String? = nil, textVersion: String? = nil) {
            self.signer = signer
            self.method = method
            self.authority = authority
            self.textVersion = textVersion
        }
    }

    /// How a consent was taken back.
    public struct Revocation: Hashable, Sendable {
        /// In writing is what a consent to treatment, payment and operations asks for (42 CFR 2.31(a)(6)); what was said
        /// counts here at once, too.
        public enum Method: String, Codable, CaseIterable, Hashable, Sendable {
            case written, oral, electronic
        }

        public let at: Instant
        public let method: Method
        /// The subject of the token with which it was recorded.
        public let recordedBy: String

        public init(at: Instant, method: Method, recordedBy: String) {
            self.at = at
            self.method = method
            self.recordedBy = recordedBy
        }
    }
}
