public import Models

/// Whether a disclosure to somebody outside the agency is permitted by a consent that is in force now.
///
/// Asked at the time of each disclosure, never stored: revocation counts at once, and a queued webhook asks again when
/// it is sent. Everything that no consent permits is refused (42 CFR 2.13(a)).
public enum ConsentRule {
    /// What somebody wants to know.
    public struct Question: Hashable, Sendable {
        public let recipient: PartnerID
        public let purpose: Consent.Purpose
        public let information: Set<InformationClass>

        public init(recipient: PartnerID, purpose: Consent.Purpose, information: Set<InformationClass>) {
            self.recipient = recipient
            self.purpose = purpose
            self.information = information
        }

        /// What the sender of a referral wants: how it goes, for the treatment that it gives.
        public static func progress(to partner: PartnerID) -> Question {
            Question(recipient: partner, purpose: .treatment, information: [.referral])
        }
    }

    /// The answer, with the consent that it rests on.
    public enum Answer: Hashable, Sendable {
        case permitted(by: ConsentID)
        case refused(Refusal)

        /// The consent that permits it; nil when refused.
        public var consentID: ConsentID? {
            if case .permitted(let id) = self { id } else { nil }
        }
    }

    /// Why not: of several consents the one that came nearest.
    public enum Refusal: Int, CaseIterable, Comparable, Hashable, Sendable {
        case none, recipient, purpose, information, deficient, notYet, expired, revoked

        public static func < (left: Refusal, right: Refusal) -> Bool { left.rawValue < right.rawValue }
    }

    /// Asks all consents of one participant.
    public static func ask(_ question: Question, of consents: [Consent], at instant: Instant) -> Answer {
        var nearest = Refusal.none
        for consent in consents {
            guard let refusal = refusal(of: consent, to: question, at: instant) else {
                return .permitted(by: consent.consentID)
            }
            nearest = max(nearest, refusal)
        }
        return .refused(nearest)
    }

    /// Why this consent does not permit it; nil when it does.
    static func refusal(of consent: Consent, to question: Question, at instant: Instant) -> Refusal? {
        // A class of recipients is enough for the law, but the sender of a referral is told only where it is named:
        // presence in the service is itself protected.
        guard consent.recipient == .partner(question.recipient) else { return .recipient }
        guard consent.purpose.covers(question.purpose) else { return .purpose }
        guard consent.information.isSuperset(of: question.information) else { return .information }
        return consent.refusal(at: instant)
    }
}

extension Consent.Purpose {
    /// Whether a consent for this purpose covers a disclosure for the other one.
    public func covers(_ other: Consent.Purpose) -> Bool {
        switch self {
        case .treatmentPaymentOperations:
            switch other {
            case .treatmentPaymentOperations, .treatment, .payment, .operations: true
            case .patientRequest, .research, .legalProceeding, .criminalJustice: false
            }
        // "At the request of the patient" names no limit but the recipient and the information.
        case .patientRequest: other != .legalProceeding && other != .research
        default: self == other
        }
    }
}
