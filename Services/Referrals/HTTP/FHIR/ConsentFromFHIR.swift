internal import FHIR
internal import Models
internal import ReferralsDomain

/// A FHIR Consent as one of 42 CFR 2.31, where it permits the agency to tell somebody how the referral goes.
///
/// FHIR has no element for the explanation of revocation and the warning of redisclosure: they stand in the policy that
/// the Consent must name (invariant ppc-1), and the sender who calls it active answers for them.
struct ConsentFromFHIR {
    let consent: R4.Consent
    let incoming: IncomingReferral
    let sender: Partner

    /// Nil for one that is not active, denies, or names nobody: it is kept as received, and permits nothing.
    func draft(receivedAt now: Instant) -> ConsentDraft? {
        guard consent.status == .active, consent.provision?.type != "deny", let recipient else { return nil }
        let purpose = purpose
        let expiry = (consent.provision?.period?.end).map { Consent.Expiry.at($0.end) } ?? .none
        let signedAt = min(consent.dateTime?.start ?? now, now)
        let signer: Consent.Signature.Signer =
            consent.performers.isEmpty || consent.performers.contains { isThePerson($0) }
            ? .participant : .representative
        let discloser = discloser
        return ConsentDraft { consentID, participantID in
            Consent(
                consentID: consentID, participantID: participantID, discloser: discloser, information: [.referral],
                recipient: recipient, purpose: purpose, explainsRevocation: true, expiry: expiry,
                signature: .init(signer: signer, method: .electronic), signedAt: signedAt, warnsOfRedisclosure: true
            )
        }
    }

    /// Who may receive: the sender, where an actor is its organisation; otherwise somebody in the Consent's words.
    private var recipient: Consent.Recipient? {
        let recipients = (consent.provision?.actors ?? []).filter { actor in
            !(actor.role?.codings.contains { ["CST", "PRIMAUTH", "DELEGATOR"].contains($0.code) } ?? false)
        }
        if recipients.contains(where: { $0.reference.map(isTheSender) ?? false }) { return .partner(sender.partnerID) }
        return recipients.lazy.compactMap(\.reference?.display).first.map(Consent.Recipient.named)
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
        for reference in [incoming.serviceRequest.requester, incoming.task?.requester].compactMap(\.self) {
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
        guard let part = part(of: reference) else { return nil }
        do { return try R4.Organization(part.document) } catch { return nil }
    }

    private func part(of reference: R4.Reference) -> IncomingReferral.Part? {
        guard let text = reference.reference?.lowercased() else { return nil }
        return incoming.parts.first { part in
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
        // "At the request of the patient" is purpose enough where the person began it (42 CFR 2.31(a)(5)).
        return .patientRequest
    }

    private var discloser: String {
        let performer = incoming.serviceRequest.performers.lazy.compactMap(\.display).first
        return performer ?? incoming.task?.owner?.display ?? "the agency that the referral is made to"
    }

    private static func equal(_ one: String, _ other: String) -> Bool {
        let words = { (text: String) in text.lowercased().split { !$0.isLetter && !$0.isNumber } }
        return words(one) == words(other)
    }
}
