internal import Confidentiality
internal import FHIR
internal import JSON
internal import Models
internal import ReferralsDomain

/// A FHIR Consent as one of 42 CFR 2.31, where it permits the agency to tell somebody how the referral goes.
///
/// A deficient consent is no consent (2.31(c)): it is kept as received and permits nothing, and the referral is taken all
/// the same, because somebody in need must not wait for a form. FHIR has no element for the explanation of revocation
/// and the warning of redisclosure: they stand in the policy that the Consent must name (invariant ppc-1), and the sender
/// who calls it active answers for them.
struct ConsentFromFHIR {
    let consent: R4.Consent
    /// What it came with; nil for one that came by itself.
    var incoming: IncomingReferral?
    let sender: Partner
    /// Organisations that its sender sent before, each under the id by which it names them.
    var organizations: [FHIRDocument] = []

    /// Nil for one that permits nothing; ``shortcomings(at:)`` says why.
    func draft(receivedAt now: Instant) -> ConsentDraft? {
        guard shortcomings(at: now).isEmpty else { return nil }
        return draft(signedAt: min(consent.dateTime?.start ?? now, now))
    }

    /// Why it permits nothing, for whoever wrote it; empty for a consent that can be relied on now. Never repeats what
    /// was received.
    func shortcomings(at now: Instant) -> [R4.Issue] {
        var found: [R4.Issue] = []
        func note(_ kind: R4.Issue.Kind, _ text: String, at element: String) {
            found.append(R4.Issue(kind, "\(text) It permits nothing.", at: [element], severity: .warning))
        }
        if consent.status != .active { note(.businessRule, "The consent is not active.", at: "Consent.status") }
        if !consent.scope.has("patient-privacy", in: "http://terminology.hl7.org/CodeSystem/consentscope") {
            note(.businessRule, "Only a consent of scope patient-privacy permits a disclosure.", at: "Consent.scope")
        }
        if isDenied { note(.businessRule, "The consent denies the disclosure.", at: "Consent.provision") }
        if consent.dateTime == nil {
            note(.required, "42 CFR 2.31(a)(9): say when it was signed.", at: "Consent.dateTime")
        }
        let period = consent.provision?.period
        if period == nil {
            note(
                .required, "42 CFR 2.31(a)(7): say when it expires; a period without an end has none.",
                at: "Consent.provision.period"
            )
        }
        // One that begins when it was signed has begun, whatever the difference between the sender's clock and ours.
        if let start = period?.start?.start, start > max(now, consent.dateTime?.end ?? now) {
            note(.businessRule, "The consent's period has not begun.", at: "Consent.provision.period.start")
        }
        if let end = period?.end?.end, end <= now {
            note(.expired, "The consent's period has ended.", at: "Consent.provision.period.end")
        }
        for deficiency in draft(signedAt: now).consent(.first, .first).deficiencies {
            let place = deficiency == .recipient ? "Consent.provision.actor" : "Consent"
            note(.required, "\(deficiency.explanation).", at: place)
        }
        return found
    }

    private func draft(signedAt: Instant) -> ConsentDraft {
        let (discloser, recipient, purpose) = (discloser, recipient, purpose)
        let expiry = (consent.provision?.period?.end).map { Consent.Term.at($0.end) } ?? .none
        let signer: Consent.Signature.Signer =
            consent.performers.isEmpty || consent.performers.contains { isThePerson($0) }
            ? .participant : .representative
        return ConsentDraft { consentID, participantID in
            Consent(
                consentID: consentID, participantID: participantID,
                kind: purpose == .criminalJustice ? .criminalJustice : .disclosure, discloser: discloser,
                information: [.referral],
                recipient: recipient, purpose: purpose, explainsRevocation: true, expiry: expiry,
                signature: .init(signer: signer, method: .electronic), signedAt: signedAt, warnsOfRedisclosure: true
            )
        }
    }

    /// Who may receive: the sender, where an actor is its organisation; otherwise somebody in the Consent's words, who
    /// has no name where it names nobody.
    private var recipient: Consent.Recipient {
        let recipients = (consent.provision?.actors ?? []).filter { actor in
            !(actor.role?.codings.contains { ["CST", "PRIMAUTH", "DELEGATOR"].contains($0.code) } ?? false)
        }
        if recipients.contains(where: { $0.reference.map(isTheSender) ?? false }) { return .partner(sender.partnerID) }
        return .named(recipients.lazy.compactMap(\.reference?.display?.nonBlank).first ?? "")
    }

    /// Whether it says no: as a whole, by a policy of sharing nothing, or by an exception that can be about the sender.
    private var isDenied: Bool {
        guard let provision = consent.provision else { return false }
        if let type = provision.type {
            if type == "deny" { return true }
        } else if isOptOut {
            // R4 leaves the root's type to the policy.
            return true
        }
        return provision.provisions.contains(where: withholds)
    }

    private var isOptOut: Bool {
        let codings = consent.document[["policyRule", "coding"]]?.array ?? []
        return codings.contains { ["OPTOUT", "OPTOUTE"].contains($0[["code"]]?.string) }
    }

    /// Whether an exception can forbid to tell the sender how the referral goes. One for others, for other purposes or
    /// for a class of information leaves that alone.
    private func withholds(_ provision: R4.Consent.Provision) -> Bool {
        if provision.type == "deny", provision.classes.isEmpty, provision.securityLabels.isEmpty {
            let isAboutSender =
                provision.actors.isEmpty || provision.actors.contains { $0.reference.map(isTheSender) ?? false }
            let isForTreatment =
                provision.purposes.isEmpty || provision.purposes.contains { ["TREAT", "ETREAT"].contains($0.code) }
            if isAboutSender, isForTreatment { return true }
        }
        return provision.provisions.contains(where: withholds)
    }

    /// Whether a reference is to the organisation that the token belongs to: by its registered name, or as the one in
    /// whose name the order or the task is made. The body alone never makes anybody a recipient: it is the token's
    /// organisation that then receives.
    private func isTheSender(_ reference: R4.Reference) -> Bool {
        if let display = reference.display, Self.equal(display, sender.name) { return true }
        if let organization = organization(of: reference) {
            if let name = organization.name, Self.equal(name, sender.name) { return true }
        }
        guard let text = reference.reference else { return false }
        return requesters.contains(text)
    }

    /// The references of who makes the order, with the organisation behind a role.
    private var requesters: Set<String> {
        var found: Set<String> = []
        for reference in [incoming?.serviceRequest.requester, incoming?.task?.requester].compactMap(\.self) {
            if let text = reference.reference { found.insert(text) }
            if let part = part(of: reference), part.document.resourceType == "PractitionerRole",
                let organization = part.document[["organization", "reference"]]?.string
            {
                found.insert(organization)
            }
        }
        return found
    }

    private func organization(of reference: R4.Reference) -> R4.Organization? {
        var found = part(of: reference)?.document
        if found == nil, let text = reference.reference {
            found =
                consent.document.contained.first { "#\($0.id ?? "")" == text }
                ?? organizations.first { "Organization/\($0.id ?? "")" == text }
        }
        guard let found else { return nil }
        do { return try R4.Organization(found) } catch { return nil }
    }

    private func part(of reference: R4.Reference) -> IncomingReferral.Part? {
        guard let text = reference.reference?.lowercased() else { return nil }
        return incoming?.parts.first { part in
            part.fullURL?.lowercased() == text
                || part.document.id.map { "\(part.document.resourceType)/\($0)".lowercased() == text } ?? false
        }
    }

    private func isThePerson(_ reference: R4.Reference) -> Bool {
        reference.reference != nil && reference.reference == consent.patient?.reference
    }

    private var purpose: Consent.Purpose {
        let codes = Set((consent.provision?.purposes ?? []).compactMap(\.code))
        if codes.isSuperset(of: ["TREAT", "HPAYMT", "HOPERAT"]) { return .treatmentPaymentOperations }
        if codes.contains("TREAT") || codes.contains("ETREAT") { return .treatment }
        if codes.contains("HPAYMT") { return .payment }
        if codes.contains("HOPERAT") { return .operations }
        if codes.contains("HRESCH") { return .research }
        // What a court, a prison or a jail hands in is to the criminal justice system, unless it says something else.
        if codes.contains("HLEGAL") || sender.kind.organisationKind == .justice { return .criminalJustice }
        // "At the request of the patient" is purpose enough where the person began it (42 CFR 2.31(a)(5)).
        return .patientRequest
    }

    private var discloser: String {
        let performer = incoming?.serviceRequest.performers.lazy.compactMap(\.display?.nonBlank).first
        return performer ?? incoming?.task?.owner?.display?.nonBlank ?? "the agency that the referral is made to"
    }

    private static func equal(_ one: String, _ other: String) -> Bool {
        let words = { (text: String) in text.lowercased().split { !$0.isLetter && !$0.isNumber } }
        return words(one) == words(other)
    }
}
