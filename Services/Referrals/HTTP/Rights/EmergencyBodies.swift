internal import Confidentiality
internal import FoundationEssentials
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// `POST /v1/emergencies`: the four things that 42 CFR 2.51(c) asks for, and whom it is about.
struct EmergencyBody: Decodable, Sendable {
    /// The id under which the caller knows the person.
    var participantID: UUID?
    /// Or who it is: an identifier, or name and birth date.
    var person: PersonBody?
    /// The medical personnel who receive.
    var recipientName: String
    var recipientAffiliation: String
    /// What the emergency is.
    var nature: String

    func declaration(by subject: String, at now: Instant) -> EmergencyDeclaration {
        EmergencyDeclaration(
            recipientName: recipientName, recipientAffiliation: recipientAffiliation, disclosedBy: subject,
            declaredAt: now, nature: nature)
    }
}

/// `POST /v1/emergencies/{emergencyID}/review`.
struct EmergencyReviewBody: Decodable, Sendable {
    var outcome: EmergencyOutcome
    var note: String?

    func checked() throws(Faults) -> EmergencyReviewBody {
        guard note.map({ (1...2000).contains($0.count) }) ?? true else {
            throw Faults([Fault("/note", "1 to 2000 characters")])
        }
        return self
    }
}

/// What medical personnel is told.
struct EmergencyRecordView: Encodable {
    struct ReferralView: Encodable {
        let status: ReferralStatus
        let programme: ProgrammeCode
        let receivedAt: Instant
    }

    let emergencyID: EmergencyID
    /// Until then it can be read again.
    let endsAt: Instant
    let givenName: String?
    let familyName: String?
    let birthDate: CivilDate?
    let phone: String?
    /// Whether the person takes medication for opioid or alcohol use disorder; nil when unknown.
    let takesMedication: Bool?
    let referrals: [ReferralView]
    let notice: String

    init(
        _ stored: StoredEmergency, _ identity: PersonIdentity, _ all: [Referral], within permit: Permit
    ) {
        emergencyID = stored.emergencyID
        endsAt = stored.endsAt
        givenName = permit.allows(.name) ? identity.givenName : nil
        familyName = permit.allows(.name) ? identity.familyName : nil
        birthDate = permit.allows(.birthDate) ? identity.birthDate : nil
        phone = permit.allows(.phone) ? identity.phone : nil
        let newest = all.sorted { $0.receivedAt > $1.receivedAt }
        takesMedication =
            permit.allows(.medication) ? newest.lazy.compactMap(\.request.takesMedication).first : nil
        referrals =
            permit.allows(.referral)
            ? newest.map {
                ReferralView(status: $0.status, programme: $0.request.programme, receivedAt: $0.receivedAt)
            } : []
        notice = RedisclosureNotice.short
    }
}

/// An emergency as the privacy officer sees it.
struct EmergencyView: Encodable {
    let emergencyID: EmergencyID
    let participantID: ParticipantID
    let partnerID: PartnerID?
    let recipientName: String
    let recipientAffiliation: String
    let disclosedBy: String
    let declaredAt: Instant
    let endsAt: Instant
    let nature: String
    let reviewedAt: Instant?
    let reviewedBy: String?
    let outcome: EmergencyOutcome?
    let reviewNote: String?
    let version: Int

    init(_ stored: StoredEmergency) {
        emergencyID = stored.emergencyID
        participantID = stored.participantID
        partnerID = stored.partnerID
        recipientName = stored.declaration.recipientName
        recipientAffiliation = stored.declaration.recipientAffiliation
        disclosedBy = stored.declaration.disclosedBy
        declaredAt = stored.declaration.declaredAt
        endsAt = stored.endsAt
        nature = stored.declaration.nature
        reviewedAt = stored.reviewedAt
        reviewedBy = stored.reviewedBy
        outcome = stored.outcome
        reviewNote = stored.reviewNote
        version = stored.version
    }
}
