internal import Confidentiality
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// A linkage as it is shown.
struct LinkageView: Encodable {
    struct CheckView: Encodable {
        let days: Int
        let dueAt: Instant
        /// Whether it waits for somebody to ask.
        let isDue: Bool
        let answer: LinkageCheck.Answer?
        let answeredAt: Instant?
        let answeredBy: String?
    }

    struct RideView: Encodable {
        /// Absent where the caller may not be told of it.
        let purpose: String?
        let mode: String
        let pickUpFrom: Instant
        let pickUpUntil: Instant
        let costCents: Int?
        let fundID: FundID?
        let appointmentID: AppointmentID?
        let outcome: Ride.Outcome?
    }

    let linkageID: LinkageID
    let needID: NeedID
    let participantID: ParticipantID
    let service: String
    let level: Linkage.Level
    let status: LinkageStatus
    let entryID: DirectoryEntryID?
    let provider: String?
    let note: String?
    let refusedBy: LinkageCatalogue.Reason.Side?
    /// Absent where the caller may not be told of it.
    let refusal: String?
    let startedAt: Instant?
    let sustainedDays: Int
    let checks: [CheckView]
    let ride: RideView?
    let offeredAt: Instant
    let offeredBy: String
    let changedAt: Instant
    let version: Int

    init(
        _ stored: StoredLinkage, of person: StoredPerson, within permit: Permit, _ catalogue: LinkageCatalogue
    ) throws {
        let linkage = stored.linkage
        let key = try person.participant(linkage.participantID).dataKey
        (linkageID, needID, participantID) = (linkage.linkageID, linkage.needID, linkage.participantID)
        (service, level, status, entryID) = (linkage.service, linkage.level, linkage.status, linkage.entryID)
        provider = try key.open(stored.provider, from: .linkageProvider)
        note = try key.open(stored.note, from: .linkageNote)
        refusedBy = linkage.refused?.by
        refusal = linkage.refused.map(\.reason).flatMap {
            permit.classes.isSuperset(of: catalogue.classes(ofRefusal: $0)) ? $0 : nil
        }
        (startedAt, sustainedDays) = (linkage.startedAt, linkage.sustainedDays)
        checks = linkage.checks.map {
            CheckView(
                days: $0.days, dueAt: $0.dueAt, isDue: $0.cameDueAt != nil && $0.answer == nil, answer: $0.answer,
                answeredAt: $0.answeredAt, answeredBy: $0.answeredBy)
        }
        ride = stored.ride.map {
            RideView(
                purpose: permit.classes.isSuperset(of: catalogue.classes(ofRidePurpose: $0.purpose)) ? $0.purpose : nil,
                mode: $0.mode, pickUpFrom: $0.pickUpFrom, pickUpUntil: $0.pickUpUntil,
                costCents: $0.costCents, fundID: $0.fundID, appointmentID: $0.appointmentID,
                outcome: Ride.outcome(linkage.status, linkage.refused))
        }
        (offeredAt, offeredBy) = (linkage.offeredAt, linkage.offeredBy)
        (changedAt, version) = (linkage.changedAt, linkage.version)
    }
}

/// One change of a linkage.
struct LinkageChangeView: Encodable {
    let version: Int
    let status: LinkageStatus
    /// Who said no and why, or who said no where the caller may not be told why; or an answer with its days.
    let detail: String?
    let at: Instant
    let by: String

    init(_ change: Linkage.Change, within permit: Permit, _ catalogue: LinkageCatalogue) {
        (version, status, at, by) = (change.version, change.status, change.at, change.by)
        let refused = change.refused
        let isToldWhy = permit.classes.isSuperset(of: refused.map { catalogue.classes(ofRefusal: $0.reason) } ?? [])
        detail = isToldWhy ? change.detail : refused?.by.rawValue
    }
}

/// Somebody is to be asked whether a linkage holds.
struct DueLinkageView: Encodable {
    let linkageID: LinkageID
    let needID: NeedID
    let participantID: ParticipantID
    let service: String
    let status: LinkageStatus
    let days: Int
    let dueAt: Instant
    let cameDueAt: Instant
    let startedAt: Instant?
    let sustainedDays: Int
    /// Of the linkage, for `If-Match`.
    let version: Int

    init(_ due: DueCheck) {
        (linkageID, needID, participantID) = (due.linkageID, due.needID, due.participantID)
        (service, status, days) = (due.service, due.status, due.days)
        (dueAt, cameDueAt, startedAt) = (due.dueAt, due.cameDueAt, due.startedAt)
        (sustainedDays, version) = (due.sustainedDays, due.version)
    }
}
