public import Confidentiality
public import Models

/// An element of 42 CFR 2.31 that a consent lacks or breaks. A deficient consent is no consent (2.31(c)).
public enum ConsentDeficiency: String, CaseIterable, Hashable, Sendable {
    case discloser, information, recipient, revocationExplanation, redisclosureWarning
    /// Counselling notes together with something else.
    case counsellingNotesCombined
    /// A legal proceeding together with another purpose.
    case legalProceedingCombined
    /// An expiry in words, without words.
    case expiryEvent
    /// An exchange, without those to whom it may pass on.
    case onwardRecipients
    /// A consent to the criminal justice system together with another purpose.
    case criminalJusticeCombined
    /// Irrevocable, though it is not to the criminal justice system.
    case irrevocable

    /// The property of the request that is to blame.
    public var property: String {
        switch self {
        case .discloser: "discloser"
        case .information, .counsellingNotesCombined: "information"
        case .recipient: "recipient"
        case .revocationExplanation: "explainsRevocation"
        case .redisclosureWarning: "warnsOfRedisclosure"
        case .legalProceedingCombined: "purpose"
        case .expiryEvent: "expiryEvent"
        case .onwardRecipients: "recipient"
        case .criminalJusticeCombined: "purpose"
        case .irrevocable: "irrevocableUntil"
        }
    }

    /// What to tell whoever recorded it.
    public var explanation: String {
        switch self {
        case .discloser: "42 CFR 2.31(a)(2): name who may disclose, or the class of those who may"
        case .information: "42 CFR 2.31(a)(3): say what may be disclosed"
        case .recipient: "42 CFR 2.31(a)(4): name who may receive it"
        case .revocationExplanation: "42 CFR 2.31(a)(6): the person must be told that and how it can be revoked"
        case .redisclosureWarning:
            "42 CFR 2.31(a)(4), (10): for treatment, payment and operations the person must be warned of redisclosure"
        case .counsellingNotesCombined: "42 CFR 2.31(b): counselling notes need a consent of their own"
        case .legalProceedingCombined:
            "42 CFR 2.31(d): a consent for a legal proceeding cannot be combined with any other"
        case .expiryEvent: "42 CFR 2.31(a)(7): say on what event it expires"
        case .onwardRecipients:
            "42 CFR 2.31(a)(4)(ii): name those to whom the exchange may pass on, or the class of those who treat the person"
        case .criminalJusticeCombined: "42 CFR 2.35: a consent to the criminal justice system stands by itself"
        case .irrevocable: "42 CFR 2.35(c): only a consent to the criminal justice system may be irrevocable for a time"
        }
    }
}

extension Consent {
    /// What it lacks; empty for a consent that can be relied on.
    public var deficiencies: [ConsentDeficiency] {
        var found: [ConsentDeficiency] = []
        if discloser.nonBlank == nil { found.append(.discloser) }
        if information.isEmpty { found.append(.information) }
        if case .named(let name) = recipient, name.nonBlank == nil { found.append(.recipient) }
        if !explainsRevocation { found.append(.revocationExplanation) }
        if purpose == .treatmentPaymentOperations || recipient == .treatmentPaymentOperations, !warnsOfRedisclosure {
            found.append(.redisclosureWarning)
        }
        let holdsNotes = information.contains(.counsellingNote)
        if holdsNotes != (kind == .counsellingNotes) || (holdsNotes && information.count > 1) {
            found.append(.counsellingNotesCombined)
        }
        if (purpose == .legalProceeding) != (kind == .legalProceeding) { found.append(.legalProceedingCombined) }
        if (purpose == .criminalJustice) != (kind == .criminalJustice) { found.append(.criminalJusticeCombined) }
        if case .event(let text, _) = expiry, text.nonBlank == nil { found.append(.expiryEvent) }
        if case .intermediary(_, let onward) = recipient, onward.nonBlank == nil { found.append(.onwardRecipients) }
        if irrevocableUntil != .none, kind != .criminalJustice { found.append(.irrevocable) }
        return found
    }

    /// What a decision needs of it.
    public var terms: ConsentTerms {
        ConsentTerms(
            consentID: consentID, kind: kind, recipient: recipient.terms, purposes: purpose.purposesOfUse,
            classes: information, signedAt: signedAt, expiresAt: expiry.instant, revokedAt: revocation?.at,
            isDeficient: !deficiencies.isEmpty
        )
    }

    /// Whether it is in force: signed, not expired, not revoked, and not deficient.
    public func isActive(at instant: Instant) -> Bool { terms.refusal(at: instant) == nil }

    /// Why it cannot be taken back.
    public enum RevocationRefusal: Error, Hashable, Sendable {
        /// Not before this; nil where it waits for an event that has not been reported.
        case irrevocable(until: Instant?)
    }

    /// Revokes it. A second revocation changes nothing: the first one counts.
    ///
    /// - Returns: whether it changed.
    /// - Throws: ``RevocationRefusal`` while a consent to the criminal justice system cannot be revoked.
    public mutating func revoke(
        at instant: Instant, _ method: Revocation.Method, recordedBy subject: String
    ) throws(RevocationRefusal) -> Bool {
        guard revocation == nil else { return false }
        if irrevocableUntil != .none {
            let end = irrevocableUntil.instant
            guard let end, end <= instant else { throw .irrevocable(until: end) }
        }
        revocation = Revocation(at: instant, method: method, recordedBy: subject)
        version += 1
        return true
    }

    /// Says that the event on which it expires has happened. Said twice, the first counts.
    ///
    /// - Returns: whether it changed; never where no event ends it.
    public mutating func expire(at instant: Instant) -> Bool {
        guard case .event(let text, nil) = expiry else { return false }
        expiry = .event(text, happenedAt: instant)
        version += 1
        return true
    }
}

extension Consent.Recipient {
    var terms: ConsentTerms.Recipient {
        switch self {
        case .partner(let id): .organisation(id)
        case .intermediary(let id, _): .intermediary(id)
        case .treatmentPaymentOperations: .treatmentPaymentOperations
        case .named: .inWords
        }
    }
}

extension Consent.Purpose {
    /// For what a disclosure under it may be.
    public var purposesOfUse: Set<PurposeOfUse> {
        switch self {
        case .treatmentPaymentOperations: [.treatment, .emergencyTreatment, .payment, .operations]
        case .treatment: [.treatment, .emergencyTreatment]
        case .payment: [.payment]
        case .operations: [.operations]
        // "At the request of the patient" names no limit but the recipient and the information.
        case .patientRequest:
            [.treatment, .emergencyTreatment, .payment, .operations, .patientRequest, .publicHealth]
        case .research: [.research]
        // A person reads the consent and answers for it: no program discloses for a proceeding (42 CFR 2.61–2.67).
        case .legalProceeding: []
        case .criminalJustice: [.justice]
        }
    }
}
