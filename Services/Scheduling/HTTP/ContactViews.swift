internal import Confidentiality
internal import Models
internal import SchedulingDomain
internal import ServiceKit

/// Records a contact.
struct RecordContact: Decodable, Sendable {
    let participantID: ParticipantID
    let planID: PlanID?
    let peerID: PeerID?
    let appointmentID: AppointmentID?
    let mode: ContactMode
    let outcome: ContactOutcome
    let occurredAt: Instant
    let place: Setting?
    let withSupports: Bool?
    let minutes: Int?
    let supportTypes: [SupportType]?
    let note: String?

    /// The body, where its texts are within bounds.
    ///
    /// - Throws: 422.
    func bounded() throws(Problem) -> RecordContact {
        if let note, note.count > 4000 { throw .invalid("/note", "at most 4000 characters") }
        if let place, !Setting.known.contains(place) { throw .invalid("/place", "not a setting that is known") }
        return self
    }
}

/// A recorded contact.
struct ContactView: Encodable, Sendable {
    let contactID: ContactID
    let planID: PlanID?
    let referralID: ReferralID?
    let participantID: ParticipantID
    let peerID: PeerID
    let appointmentID: AppointmentID?
    let mode: ContactMode
    let outcome: ContactOutcome
    let place: Setting?
    let withSupports: Bool
    let minutes: Int?
    let supportTypes: [String]
    /// In the peer's own words: for peers, supervisors, and the participant whom they are about.
    var note: String?
    /// When the plan wanted it at the latest; nil for a contact outside of it.
    let dueAt: Instant?
    let occurredAt: Instant
    let recordedAt: Instant
    let version: Int

    /// What remains of it under a permit.
    func within(_ permit: Permit) -> ContactView {
        var view = self
        if !permit.allows(.note) { view.note = nil }
        return view
    }
}

/// A planned contact in a due list.
struct DueContactView: Encodable, Sendable {
    let planID: PlanID
    let sequence: Int
    let participantID: ParticipantID
    let referralID: ReferralID
    let peerID: PeerID
    let programme: ProgrammeCode
    let phase: PhaseCode
    let purpose: ContactPurpose
    let dueOn: CivilDate
    let dueFrom: Instant
    let dueUntil: Instant
    let status: PlannedContact.Status
    /// The appointment that is booked for it.
    let appointmentID: AppointmentID?
    /// Where outreach after it stands.
    let outreach: Outreach.Status?
    let outreachAttempts: Int?
}
