internal import FHIR
internal import FoundationEssentials
internal import Models
internal import ReferralsDomain

/// A FHIR referral in the service's own terms.
struct FHIRIntake: Sendable {
    let incoming: IncomingReferral
    let caller: FHIRCaller
    let sender: Partner
    let parts: ReceivedParts

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
            placerIdentifier: incoming.placerIdentifier.map { "\($0.system ?? "")|\($0.value ?? "")" },
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
