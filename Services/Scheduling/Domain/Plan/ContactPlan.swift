public import Models

/// A participant's contact plan under one programme model.
///
/// A pure state machine: each change is a function of what is stored, what happened and when, and returns what others
/// should hear of. Its dates are set at the start (or, after a preparation, when the person enters the community) and
/// never move because of return to use, missed contacts or a hospital stay.
public struct ContactPlan: Hashable, Sendable {
    public let id: PlanID
    public let participantID: ParticipantID
    public let referralID: ReferralID
    public internal(set) var peerID: PeerID
    public let programme: ProgrammeCode
    public let programmeVersion: Int
    /// The programme's choice of length.
    public let option: String
    public let zone: CivilZone
    public let startedAt: Instant
    public internal(set) var status: Status
    /// The current phase; `closed` after the end.
    public internal(set) var phase: PhaseCode
    public internal(set) var phases: [PlanPhase]
    public internal(set) var contacts: [PlannedContact]
    /// Outreach after missed contacts, in the order of its opening; of earlier ones only what is loaded.
    public internal(set) var outreaches: [Outreach]
    /// When the participant was reached for the first time.
    public internal(set) var begunAt: Instant?
    public internal(set) var closedAt: Instant?
    public internal(set) var closureReason: ClosureReason?
    public internal(set) var closing: ClosingReview?
    /// The acute plan that this one continues.
    public let followsPlanID: PlanID?
    /// When its continuing care was opened.
    public internal(set) var continuedAt: Instant?
    public var version: Int

    /// Where a plan stands.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        /// Before release or discharge; no dates yet.
        case preparing
        case active
        case closed
    }

    /// A plan as it is stored.
    public init(
        id: PlanID, participantID: ParticipantID, referralID: ReferralID, peerID: PeerID, programme: ProgrammeCode,
        programmeVersion: Int, option: String, zone: CivilZone, startedAt: Instant, status: Status, phase: PhaseCode,
        phases: [PlanPhase], contacts: [PlannedContact], outreaches: [Outreach] = [], begunAt: Instant? = nil,
        closedAt: Instant? = nil, closureReason: ClosureReason? = nil, closing: ClosingReview? = nil,
        followsPlanID: PlanID? = nil, continuedAt: Instant? = nil, version: Int
    ) {
        self.id = id
        self.participantID = participantID
        self.referralID = referralID
        self.peerID = peerID
        self.programme = programme
        self.programmeVersion = programmeVersion
        self.option = option
        self.zone = zone
        self.startedAt = startedAt
        self.status = status
        self.phase = phase
        self.phases = phases
        self.contacts = contacts
        self.outreaches = outreaches
        self.begunAt = begunAt
        self.closedAt = closedAt
        self.closureReason = closureReason
        self.closing = closing
        self.followsPlanID = followsPlanID
        self.continuedAt = continuedAt
        self.version = version
    }

    /// The first day of the plan, by its calendar.
    public var startedOn: CivilDate { zone.date(at: startedAt) }

    /// The stored phase of the current code.
    public var currentPhase: PlanPhase? { phases.first { $0.code == phase } }

    /// The outreach that was opened last.
    public internal(set) var outreach: Outreach? {
        get { outreaches.last }
        set {
            guard let newValue else { return }
            if let last = outreaches.last, last.sequence == newValue.sequence { outreaches.removeLast() }
            outreaches.append(newValue)
        }
    }

    var calendar: PlanCalendar { PlanCalendar(zone: zone) }
}

/// What a change of a plan means to others.
public enum PlanEffect: Hashable, Sendable {
    case contactMissed(sequence: Int)
    case outreachOpened(sequence: Int)
    case outreachLocating(sequence: Int)
    case outreachEnded(sequence: Int)
    case phaseChanged(from: PhaseCode, to: PhaseCode)
    /// The continuing care of this programme must be opened, if it is not yet.
    case continuationDue(ProgrammeCode)
}
