internal import Confidentiality
internal import Models
internal import ReferralsDomain

/// `POST …/accept`.
struct AcceptSuggestionBody: Decodable, Sendable {
    /// What is known of the person's own wish.
    var consentSituation: DispatchSuggestion.ConsentSituation
    /// A consent that the person has signed already.
    var consent: ConsentBody?
    /// Where the support begins: the emergency department, unless the person has left it.
    var setting: Setting?
    var priority: Priority?
    var callback: String?
    var languages: [String]?

    /// - Throws: ``Faults`` where the person has left and nobody says where the support begins.
    func request(for suggestion: DispatchSuggestion) throws(Faults) -> ReferralRequest {
        guard setting != nil || suggestion.dischargedAt == nil else {
            throw Faults([Fault("/setting", "the person has left the hospital: say where the support begins")])
        }
        return ReferralRequest(
            setting: setting ?? .emergencyDepartment, priority: priority ?? .stat, callback: callback,
            languages: languages ?? [])
    }
}

/// `POST …/dismiss`.
struct DismissSuggestionBody: Decodable, Sendable {
    var reason: DispatchSuggestion.Dismissal
}

/// A suggestion as the agency's own people see it.
struct SuggestionView: Encodable {
    let suggestionID: SuggestionID
    let version: Int
    let status: DispatchSuggestion.Status
    let partnerID: PartnerID
    let signs: [String]
    let rulesVersion: Int
    let suggestedAt: Instant
    let expiresAt: Instant
    let dischargedAt: Instant?
    let decidedBy: String?
    let decidedAt: Instant?
    let dismissal: DispatchSuggestion.Dismissal?
    let consentSituation: DispatchSuggestion.ConsentSituation?
    let referralID: ReferralID?
    /// Whom it is about: only where one is opened, and while it is open.
    var visit: SuggestedVisitView?

    init(_ suggestion: DispatchSuggestion, at now: Instant) {
        (suggestionID, version) = (suggestion.suggestionID, suggestion.version)
        (status, partnerID) = (suggestion.status(at: now), suggestion.partnerID)
        (signs, rulesVersion) = (suggestion.signs, suggestion.rulesVersion)
        (suggestedAt, expiresAt) = (suggestion.suggestedAt, suggestion.expiresAt)
        dischargedAt = suggestion.dischargedAt
        (decidedBy, decidedAt) = (suggestion.decision?.by, suggestion.decision?.at)
        (dismissal, consentSituation) = (suggestion.decision?.dismissal, suggestion.decision?.situation)
        referralID = suggestion.decision?.referralID
    }
}

/// Whom a suggestion is about, no more than the permit lets through.
struct SuggestedVisitView: Encodable {
    let givenName: String?
    let familyName: String?
    let birthDate: CivilDate?
    let phone: String?
    let gender: AdministrativeGender?
    let identifiers: [PersonIdentity.Identifier]?
    let location: String?

    init(_ visit: SuggestedVisit, within permit: Permit) {
        let person = visit.person
        givenName = permit.allows(.name) ? person.givenName : nil
        familyName = permit.allows(.name) ? person.familyName : nil
        birthDate = permit.allows(.birthDate) ? person.birthDate : nil
        phone = permit.allows(.phone) ? person.phone : nil
        gender = permit.allows(.gender) ? person.gender : nil
        identifiers = permit.allows(.identifiers) ? person.identifiers : nil
        location = permit.allows(.location) ? visit.location : nil
    }
}
