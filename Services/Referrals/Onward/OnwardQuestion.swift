internal import Confidentiality
internal import Models
internal import ReferralsDomain

/// Whether a referral may be sent on, asked when somebody wants it and again in the moment in which it goes out.
struct OnwardAnswer: Sendable {
    let permit: Permit
    /// The consent that it rests on; nil where none is needed.
    let consent: Consent?
}

extension Store {
    /// What an organisation is told with a referral for this service.
    func onwardClasses(_ service: String?) -> Set<DataClass> {
        [.presence, .identity, .referral, service.map(linkages.dataClass(ofService:)) ?? .referral]
    }

    /// What of a person an organisation may be told so that it can help them.
    ///
    /// - Returns: nil where it may not be told everything that the referral needs.
    func mayBeSentOn(
        _ person: StoredPerson, to partner: Partner, for service: String?, in work: Work
    ) async throws -> OnwardAnswer? {
        guard !person.isErased else { return nil }
        let telling = try await telling(of: person.ids, in: work)
        let classes = onwardClasses(service)
        let organisation = Organisation(partnerID: partner.partnerID, kind: partner.kind.organisationKind)
        let found = permit(
            about: person.ids.remaining, to: organisation, as: .named, classes, telling, at: work.now)
        guard let found, found.classes == classes else { return nil }
        return OnwardAnswer(permit: found, consent: telling.consents.first { $0.consentID == found.consentID })
    }
}
