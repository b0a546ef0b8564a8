/// A contact plan of a programme model began for a participant.
public struct PlanStarted: Event {
    public static let topic = "plan.started.v1"

    public var planID: PlanID
    public var referralID: ReferralID
    public var participantID: ParticipantID
    public var peerID: PeerID
    public var version: Int?
    public var programme: ProgrammeCode
    public var programmeVersion: Int
    public var startedOn: CivilDate
    public var startedAt: Instant

    public var key: String { planID.description }

    public init(
        planID: PlanID, referralID: ReferralID, participantID: ParticipantID, peerID: PeerID, version: Int,
        programme: ProgrammeCode, programmeVersion: Int, startedOn: CivilDate, startedAt: Instant
    ) {
        self.planID = planID
        self.referralID = referralID
        self.participantID = participantID
        self.peerID = peerID
        self.version = version
        self.programme = programme
        self.programmeVersion = programmeVersion
        self.startedOn = startedOn
        self.startedAt = startedAt
    }
}

/// A plan went from one phase to the next, or closed (`to` is `closed`).
public struct PlanPhaseChanged: Event {
    public static let topic = "plan.phase_changed.v1"

    public var planID: PlanID
    public var referralID: ReferralID
    public var participantID: ParticipantID
    public var version: Int?
    public var from: String
    public var to: String
    public var changedAt: Instant

    public var key: String { planID.description }

    public init(
        planID: PlanID, referralID: ReferralID, participantID: ParticipantID, version: Int, from: String, to: String,
        changedAt: Instant
    ) {
        self.planID = planID
        self.referralID = referralID
        self.participantID = participantID
        self.version = version
        self.from = from
        self.to = to
        self.changedAt = changedAt
    }
}

/// An appointment was booked, cancelled, kept or missed.
public struct AppointmentChanged: Event {
    public static let topic = "appointment.changed.v1"

    public var appointmentID: AppointmentID
    public var referralID: ReferralID?
    public var participantID: ParticipantID
    public var peerID: PeerID
    public var version: Int?
    public var status: Carried<AppointmentStatus>
    public var startsAt: Instant
    public var changedAt: Instant

    public var key: String { appointmentID.description }

    public init(
        appointmentID: AppointmentID, referralID: ReferralID?, participantID: ParticipantID, peerID: PeerID,
        version: Int, status: AppointmentStatus, startsAt: Instant, changedAt: Instant
    ) {
        self.appointmentID = appointmentID
        self.referralID = referralID
        self.participantID = participantID
        self.peerID = peerID
        self.version = version
        self.status = .known(status)
        self.startsAt = startsAt
        self.changedAt = changedAt
    }
}

/// FHIR R4's appointment codes that Handrail uses (FACTS §9.2).
public enum AppointmentStatus: String, Codable, CaseIterable, Hashable, Sendable {
    case booked, arrived, fulfilled, cancelled, noshow
}

/// A contact with a participant, or an attempt at one, is on record.
public struct ContactRecorded: Event {
    public static let topic = "contact.recorded.v1"

    public var contactID: ContactID
    public var planID: PlanID?
    public var referralID: ReferralID?
    public var participantID: ParticipantID
    public var peerID: PeerID
    public var version: Int?
    public var mode: Carried<ContactMode>
    /// Closed: the hospital is told by it whether a visit took place, and measures count by it.
    public var outcome: ContactOutcome
    /// When the plan wanted it; nil for a contact outside the plan.
    public var dueAt: Instant?
    public var occurredAt: Instant
    public var recordedAt: Instant

    /// The plan where there is one, so that a plan's contacts are seen in their order and after its start.
    public var key: String { planID?.description ?? contactID.description }

    public init(
        contactID: ContactID, planID: PlanID?, referralID: ReferralID?, participantID: ParticipantID, peerID: PeerID,
        version: Int, mode: ContactMode, outcome: ContactOutcome, dueAt: Instant?, occurredAt: Instant,
        recordedAt: Instant
    ) {
        self.contactID = contactID
        self.planID = planID
        self.referralID = referralID
        self.participantID = participantID
        self.peerID = peerID
        self.version = version
        self.mode = .known(mode)
        self.outcome = outcome
        self.dueAt = dueAt
        self.occurredAt = occurredAt
        self.recordedAt = recordedAt
    }
}

/// A planned contact's window has passed: the handler reads the plan again, and starts outreach only if it was missed.
public struct ContactOverdue: Event {
    public static let topic = "contact.overdue.v1"

    public var planID: PlanID
    public var participantID: ParticipantID
    /// The number of the planned contact in its plan, from 1; 0 where another deadline of the plan has come.
    public var sequence: Int
    public var dueAt: Instant

    public var key: String { planID.description }
    public var version: Int? { nil }

    public init(planID: PlanID, participantID: ParticipantID, sequence: Int, dueAt: Instant) {
        self.planID = planID
        self.participantID = participantID
        self.sequence = sequence
        self.dueAt = dueAt
    }
}
