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
        if case .event(let text, _) = expiry, text.nonBlank == nil { found.append(.expiryEvent) }
        return found
    }

    /// Whether it is in force: signed, not expired, not revoked, and not deficient.
    public func isActive(at instant: Instant) -> Bool {
        refusal(at: instant) == nil
    }

    /// Why it is not in force; nil when it is.
    func refusal(at instant: Instant) -> ConsentRule.Refusal? {
        if let revokedAt, revokedAt <= instant { return .revoked }
        if signedAt > instant { return .notYet }
        if let end = expiredAt, end <= instant { return .expired }
        return deficiencies.isEmpty ? nil : .deficient
    }

    /// When it expires or expired, as far as a clock can say.
    public var expiredAt: Instant? {
        switch expiry {
        case .none: nil
        case .at(let instant): instant
        case .event(_, let happenedAt): happenedAt
        }
    }

    /// Revokes it. A second revocation changes nothing: the first one counts.
    ///
    /// - Returns: whether it changed.
    public mutating func revoke(at instant: Instant) -> Bool {
        guard revokedAt == nil else { return false }
        revokedAt = instant
        version += 1
        return true
    }
}
