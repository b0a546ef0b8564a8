internal import FHIR
internal import FoundationEssentials
internal import JSON
internal import Models
internal import ReferralsDomain

/// A FHIR referral in the service's own terms.
struct FHIRIntake: Sendable {
    let incoming: IncomingReferral
    let caller: FHIRCaller
    let sender: Partner
    let parts: ReceivedParts

    /// The sender's own number.
    var placer: String? { incoming.placerText }

    /// Who it is about, as far as the request says.
    var identity: PersonIdentity {
        if case .patient(let patient) = incoming.person { return PersonIdentity(patient) }
        return PersonIdentity()
    }

    /// The same with what its sender had sent before it: the Patient whom the subject names, and consents about them.
    func completed(by patient: KeptResource, _ consents: [KeptResource]) throws -> FHIRIntake? {
        guard case .known(let id) = incoming.person else { return nil }
        func document(_ kept: KeptResource, _ id: String) throws -> FHIRDocument {
            try FHIRDocument.parse(kept.content).setting(["id"], to: .string(id))
        }
        let completed = incoming.completed(
            // As the order writes it, so that its references are found.
            by: try R4.Patient(document(patient, id)),
            try consents.map { try R4.Consent(document($0, $0.aliasID.lowercasedText)) })
        return FHIRIntake(
            incoming: completed, caller: caller, sender: sender,
            parts: parts.completed(completed, with: [patient.aliasID] + consents.map(\.aliasID)))
    }

    /// What is to be taken in.
    ///
    /// - Parameter person: who it is about, as the request or our own record says.
    func intake(of person: PersonIdentity, receivedAt now: Instant) -> Intake {
        var languages: [String] = []
        if case .patient(let patient) = incoming.person { languages = patient.languages }
        let setting = incoming.setting ?? sender.usualSetting
        return Intake(
            request: ReferralRequest(
                setting: setting, priority: incoming.priority, languages: languages,
                // For prisons, jails and courts the order takes place when the person leaves.
                releaseOn: setting.isCustody ? incoming.serviceRequest.occursOn : nil
            ),
            person: person,
            consents: incoming.consents.compactMap { reading($0).draft(receivedAt: now) },
            partnerID: caller.partnerID,
            clientID: caller.clientID,
            placerIdentifier: placer,
            asDraft: incoming.isDraft,
            subject: caller.clientID,
            resources: parts.resources
        )
    }

    /// What to tell the sender about one of the resources; nil where there is nothing to say.
    func outcome(of part: IncomingReferral.Part, at now: Instant) -> R4.OperationOutcome? {
        guard let consent = incoming.consents.first(where: { $0.document == part.document }) else { return nil }
        let issues = reading(consent).shortcomings(at: now)
        return issues.isEmpty ? nil : R4.OperationOutcome(issues)
    }

    private func reading(_ consent: R4.Consent) -> ConsentFromFHIR {
        ConsentFromFHIR(consent: consent, incoming: incoming, sender: sender)
    }
}

extension IncomingReferral {
    /// The sender's own number, by which the same order is recognised.
    var placerText: String? { placerIdentifier.map { "\($0.system ?? "")|\($0.value ?? "")" } }
}
