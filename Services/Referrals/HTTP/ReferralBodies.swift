internal import Confidentiality
internal import Models
internal import ReferralsDomain

/// `POST /v1/referrals`: setting and priority are enough.
struct ReferralBody: Decodable, Sendable {
    var setting: Setting
    var priority: Priority
    var programme: ProgrammeCode?
    var callback: String?
    var languages: [String]?
    var peerGenderWish: String?
    var takesMedication: Bool?
    /// When somebody leaves prison or jail, or the court lets them go.
    var releaseOn: CivilDate?
    /// The sender's own number for it.
    var placerIdentifier: String?
    /// Which organisation phoned it in; only for the agency's own people, a partner's is in its token.
    var partnerID: PartnerID?
    var person: PersonBody?
    var consent: ConsentBody?

    var request: ReferralRequest {
        ReferralRequest(
            setting: setting, priority: priority, programme: programme, callback: callback, languages: languages ?? [],
            peerGenderWish: peerGenderWish, takesMedication: takesMedication, releaseOn: releaseOn
        )
    }

    /// What is wrong with it.
    func faults(today: CivilDate) -> [Fault] {
        var found = request.faults
        if let placerIdentifier, !(1...200).contains(placerIdentifier.count) {
            found.append(Fault("/placerIdentifier", "1 to 200 characters"))
        }
        if let person { found += person.identity(scope: "").faults(today: today) }
        return found
    }
}

/// Who it is about, as far as the sender says.
struct PersonBody: Decodable, Sendable {
    var givenName: String?
    var familyName: String?
    var birthDate: CivilDate?
    var phone: String?
    /// Whether a message on that phone is safe; others may hear it.
    var phoneIsSafe: Bool?
    var address: String?
    var postalCode: String?
    var gender: AdministrativeGender?
    var identifiers: [IdentifierBody]?

    struct IdentifierBody: Decodable, Sendable {
        /// The URI of the system that makes the value unique; without one it is unique to the sender.
        var system: String?
        var value: String
    }

    /// - Parameter scope: the system of identifiers that name none: the sender's own.
    func identity(scope: String) -> PersonIdentity {
        PersonIdentity(
            givenName: givenName, familyName: familyName, birthDate: birthDate, phone: phone,
            phoneIsSafe: phoneIsSafe ?? false, address: address, postalCode: postalCode, gender: gender,
            identifiers: (identifiers ?? []).map { .init(system: $0.system ?? scope, value: $0.value) }
        )
    }
}

/// A consent with the elements of 42 CFR 2.31(a).
struct ConsentBody: Decodable, Sendable {
    var kind: Consent.Kind?
    var discloser: String
    var information: [DataClass]
    var recipient: RecipientBody
    var purpose: Consent.Purpose
    var explainsRevocation: Bool
    var warnsOfRedisclosure: Bool?
    var expiresAt: Instant?
    var expiryEvent: String?
    var signedBy: Consent.Signature.Signer
    var signatureMethod: Consent.Signature.Method
    /// By what right a representative signs.
    var signerAuthority: String?
    /// The version of the text that was signed.
    var textVersion: String?
    var signedAt: Instant
    /// For a consent to the criminal justice system: until when, or until which event, it cannot be revoked.
    var irrevocableUntil: Instant?
    var irrevocableUntilEvent: String?

    struct RecipientBody: Decodable, Sendable {
        enum Kind: String, Decodable, Sendable {
            /// Whoever sends this request.
            case sender
            case partner
            /// An exchange, with those to whom it may pass on.
            case intermediary
            case treatmentPaymentOperations = "treatment-payment-operations"
            case named
        }
        var kind: Kind
        var partnerID: PartnerID?
        var name: String?
        var onward: String?
    }

    /// - Parameters:
    ///   - sender: the partner who sends it; nil for the agency's own people.
    ///   - pointer: where in the body it stands.
    /// - Throws: ``Faults`` when the recipient is not whole, or the elements do not make a consent.
    func draft(sender: PartnerID?, ownOnly: Bool, now: Instant, at pointer: String) throws(Faults) -> ConsentDraft {
        let recipient = try self.recipient.recipient(sender: sender, ownOnly: ownOnly, at: "\(pointer)/recipient")
        guard expiresAt == nil || expiryEvent == nil else {
            throw Faults([Fault("\(pointer)/expiryEvent", "either expiresAt or expiryEvent")])
        }
        guard signedAt <= now + .seconds(300) else {
            throw Faults([Fault("\(pointer)/signedAt", "not in the future")])
        }
        try checkSignature(at: pointer)
        let expiry = Consent.Term(at: expiresAt, event: expiryEvent)
        let irrevocable = Consent.Term(at: irrevocableUntil, event: irrevocableUntilEvent)
        let body = self
        let draft = ConsentDraft { id, participant in
            Consent(
                consentID: id, participantID: participant, kind: body.kind ?? .disclosure, discloser: body.discloser,
                information: Set(body.information), recipient: recipient, purpose: body.purpose,
                explainsRevocation: body.explainsRevocation, expiry: expiry,
                signature: .init(
                    signer: body.signedBy, method: body.signatureMethod, authority: body.signerAuthority,
                    textVersion: body.textVersion),
                // A sender's clock may be ahead of ours.
                signedAt: min(body.signedAt, now), warnsOfRedisclosure: body.warnsOfRedisclosure ?? false,
                irrevocableUntil: irrevocable
            )
        }
        try Faults.check(
            draft.consent(.first, .first).deficiencies.map { Fault("\(pointer)/\($0.property)", $0.explanation) }
        )
        return draft
    }

    private func checkSignature(at pointer: String) throws(Faults) {
        var found: [Fault] = []
        if irrevocableUntil != nil, irrevocableUntilEvent != nil {
            found.append(Fault("\(pointer)/irrevocableUntilEvent", "either irrevocableUntil or irrevocableUntilEvent"))
        }
        if signedBy == .representative, !(1...100).contains(signerAuthority?.count ?? 0) {
            found.append(
                Fault("\(pointer)/signerAuthority", "42 CFR 2.14, 2.15: say by what right, in 1 to 100 characters"))
        }
        if let textVersion, !(1...100).contains(textVersion.count) {
            found.append(Fault("\(pointer)/textVersion", "1 to 100 characters"))
        }
        try Faults.check(found)
    }
}

extension Consent.Term {
    fileprivate init(at instant: Instant?, event: String?) {
        if let instant {
            self = .at(instant)
        } else {
            self = event.map { .event($0, happenedAt: nil) } ?? .none
        }
    }
}

extension ConsentBody.RecipientBody {
    fileprivate func recipient(
        sender: PartnerID?, ownOnly: Bool, at pointer: String
    ) throws(Faults) -> Consent.Recipient {
        switch kind {
        case .sender:
            guard let sender else { throw Faults([Fault("\(pointer)/kind", "sender is for partners")]) }
            return .partner(sender)
        case .partner:
            guard let partnerID else { throw Faults([Fault("\(pointer)/partnerID", "which partner")]) }
            // A partner cannot hand in a consent for another one: it would learn which ids exist.
            guard !ownOnly else { throw Faults([Fault("\(pointer)/kind", "sender, or a recipient in words")]) }
            return .partner(partnerID)
        case .intermediary:
            guard let partnerID, !ownOnly else { throw Faults([Fault("\(pointer)/partnerID", "which exchange")]) }
            guard let onward, (1...1000).contains(onward.count) else {
                throw Faults([Fault("\(pointer)/onward", "to whom it may pass on, in 1 to 1000 characters")])
            }
            return .intermediary(partnerID, onward: onward)
        case .treatmentPaymentOperations: return .treatmentPaymentOperations
        case .named:
            guard let name, (1...300).contains(name.count) else {
                throw Faults([Fault("\(pointer)/name", "1 to 300 characters")])
            }
            return .named(name)
        }
    }
}

/// What is wrong with a request beyond its shape, all of it at once.
struct Faults: Error {
    let all: [Fault]

    init(_ all: [Fault]) {
        self.all = all
    }

    /// - Throws: itself unless the list is empty.
    static func check(_ faults: [Fault]) throws(Faults) {
        if !faults.isEmpty { throw Faults(faults) }
    }
}

/// `POST …/reject`, `…/hold`, `…/cancel`.
struct ReasonBody: Decodable, Sendable {
    var reason: String

    func checked() throws(Faults) -> String {
        guard (1...500).contains(reason.count) else { throw Faults([Fault("/reason", "1 to 500 characters")]) }
        return reason
    }
}

/// `POST …/close`.
struct CloseBody: Decodable, Sendable {
    var reason: ClosingReason
    var note: String?
}
