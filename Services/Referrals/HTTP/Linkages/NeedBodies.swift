internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// `POST …/needs`.
struct NeedBody: Decodable, Sendable {
    /// A code of the catalogue.
    var kind: String
    /// Since when, as far as is known; today where it is left out.
    var openedOn: CivilDate?
    var note: String?

    func faults(_ catalogue: LinkageCatalogue) -> [Fault] {
        var found: [Fault] = []
        if catalogue.need(kind) == nil {
            found.append(Fault("/kind", "one of \(catalogue.needs.map(\.code).joined(separator: ", "))"))
        }
        if let note, !(1...1000).contains(note.count) { found.append(Fault("/note", "1 to 1000 characters")) }
        return found
    }
}

/// `POST …/close`.
struct NeedClosing: Decodable, Sendable {
    var outcome: Need.Outcome
    var closedOn: CivilDate?
}

/// A need as it is shown.
struct NeedView: Encodable {
    let needID: NeedID
    let participantID: ParticipantID
    let kind: String
    let openedOn: CivilDate
    let closedOn: CivilDate?
    let outcome: Need.Outcome?
    /// The linkage that met it.
    let metBy: LinkageID?
    let note: String?
    let recordedAt: Instant
    let recordedBy: String
    let version: Int

    init(_ stored: StoredNeed, of person: StoredPerson) throws {
        let need = stored.need
        (needID, participantID, kind) = (need.needID, need.participantID, need.kind)
        (openedOn, closedOn, outcome, metBy) = (need.openedOn, need.closedOn, need.outcome, need.metBy)
        note = try person.participant(need.participantID).dataKey.open(stored.note, from: .needNote)
        (recordedAt, recordedBy, version) = (need.recordedAt, need.recordedBy, need.version)
    }
}
