internal import Confidentiality
internal import Models
internal import ReferralsDomain

/// `PUT …/reach`, instead of what was known before. What nobody said may be done, may not be done.
struct ReachBody: Decodable, Sendable {
    struct ContactPerson: Decodable, Sendable {
        var name: String
        var relation: String
        var phone: String
        var mayLeaveMessage: Bool?
        var knowsOfSupport: Bool?
    }

    var safePhone: String?
    var safeHours: String?
    var mayLeaveMessage: Bool?
    var contactPersons: [ContactPerson]?
    var places: [ReachPlan.Place]?

    var plan: ReachPlan {
        ReachPlan(
            safePhone: safePhone, safeHours: safeHours, mayLeaveMessage: mayLeaveMessage ?? false,
            contactPersons: (contactPersons ?? []).map {
                ReachPlan.ContactPerson(
                    name: $0.name, relation: $0.relation, phone: $0.phone, mayLeaveMessage: $0.mayLeaveMessage ?? false,
                    knowsOfSupport: $0.knowsOfSupport ?? false)
            },
            places: places ?? [])
    }
}

/// How somebody can be reached, as far as it may be told.
struct ReachView: Encodable {
    let participantID: ParticipantID
    let safePhone: String?
    let safeHours: String?
    let mayLeaveMessage: Bool
    let contactPersons: [ReachPlan.ContactPerson]
    /// How many there should be more.
    let missingContactPersons: Int
    /// Left out where places may not be told.
    let places: [ReachPlan.Place]?
    let changedAt: Instant
    let changedBy: String
    let version: Int

    init(_ stored: StoredReachPlan, of person: StoredPerson, within permit: Permit, _ catalogue: BedsideCatalogue) {
        let plan = stored.plan
        participantID = person.ids.remaining
        (safePhone, safeHours, mayLeaveMessage) = (plan.safePhone, plan.safeHours, plan.mayLeaveMessage)
        contactPersons = plan.contactPersons
        missingContactPersons = plan.missingContactPersons(catalogue)
        places = plan.places.isEmpty || permit.allows(.location) ? plan.places : nil
        (changedAt, changedBy, version) = (stored.changedAt, stored.changedBy, stored.version)
    }
}
