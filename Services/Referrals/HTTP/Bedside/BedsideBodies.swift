internal import Confidentiality
internal import Models
internal import ReferralsDomain

/// `PUT …/bedside`. What is left out is not known.
struct BedsideBody: Decodable, Sendable {
    var overdoseAt: Instant?
    var arrivedInHospitalAt: Instant?
    var naloxoneBy: [String]?
    var minutesAtBedside: Int?
    var medicationStarted: String?
    var naloxoneKitGiven: Bool?
    var disposition: String?
    var nextContactOn: CivilDate?
    var statusAtEightWeeks: String?
    /// Now, where a status comes without it.
    var statusAtEightWeeksAt: Instant?

    /// - Parameter before: what is known already; a status that stays keeps its time.
    func visit(after before: BedsideVisit?, at now: Instant) -> BedsideVisit {
        var visit = BedsideVisit()
        (visit.overdoseAt, visit.arrivedInHospitalAt) = (overdoseAt, arrivedInHospitalAt)
        (visit.naloxoneBy, visit.minutesAtBedside) = (naloxoneBy ?? [], minutesAtBedside)
        (visit.medicationStarted, visit.naloxoneKitGiven) = (medicationStarted, naloxoneKitGiven)
        (visit.disposition, visit.nextContactOn) = (disposition, nextContactOn)
        visit.statusAtEightWeeks = statusAtEightWeeks
        visit.statusAtEightWeeksAt = statusAtEightWeeksAt
        if let statusAtEightWeeks, statusAtEightWeeksAt == nil {
            visit.statusAtEightWeeksAt =
                before?.statusAtEightWeeks == statusAtEightWeeks ? before?.statusAtEightWeeksAt : now
        }
        return visit
    }
}

/// What is known of a visit at the bedside, as far as it may be told.
struct BedsideView: Encodable {
    let referralID: ReferralID
    let participantID: ParticipantID
    let overdoseAt: Instant?
    let arrivedInHospitalAt: Instant?
    let naloxoneBy: [String]?
    /// When the peer came, and when the visit ended, as they said on the way.
    let peerArrivedAt: Instant?
    let visitEndedAt: Instant?
    let minutesAtBedside: Int?
    let medicationStarted: String?
    let naloxoneKitGiven: Bool?
    let disposition: String?
    let nextContactOn: CivilDate?
    let statusAtEightWeeks: String?
    let statusAtEightWeeksAt: Instant?
    let recordedAt: Instant
    let recordedBy: String
    let version: Int

    init(_ stored: StoredBedsideVisit, within permit: Permit, _ catalogue: BedsideCatalogue) {
        let visit = stored.visit.within(catalogue, where: permit.allows)
        (referralID, participantID) = (stored.referralID, stored.participantID)
        (overdoseAt, arrivedInHospitalAt) = (visit.overdoseAt, visit.arrivedInHospitalAt)
        naloxoneBy = visit.naloxoneBy.isEmpty ? nil : visit.naloxoneBy
        (peerArrivedAt, visitEndedAt) = (stored.dispatch?.arrivedAt, stored.dispatch?.endedAt)
        (minutesAtBedside, medicationStarted) = (visit.minutesAtBedside, visit.medicationStarted)
        (naloxoneKitGiven, disposition) = (visit.naloxoneKitGiven, visit.disposition)
        nextContactOn = visit.nextContactOn
        (statusAtEightWeeks, statusAtEightWeeksAt) = (visit.statusAtEightWeeks, visit.statusAtEightWeeksAt)
        (recordedAt, recordedBy, version) = (stored.recordedAt, stored.recordedBy, stored.version)
    }
}
