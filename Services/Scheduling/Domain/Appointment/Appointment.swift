public import Models

/// A time that a peer and a participant have agreed on.
///
/// PostgreSQL refuses two live appointments of one peer, or of one participant, at one time; this type holds the rest:
/// R4's states `booked → arrived → fulfilled`, `booked → cancelled | noshow`.
public struct Appointment: Hashable, Sendable {
    public let id: AppointmentID
    public let participantID: ParticipantID
    public let peerID: PeerID
    public let planID: PlanID?
    /// The planned contact that it is for.
    public let sequence: Int?
    public let referralID: ReferralID?
    public let time: TimeSpan
    public let mode: ContactMode
    public let place: Setting?
    public private(set) var status: AppointmentStatus
    /// Only when cancelled or missed (R4, invariant app-4).
    public private(set) var cancellationReason: CancellationReason?
    public var version: Int

    /// Appointments between five minutes and eight hours.
    public static let lengths = Duration.seconds(300)...Duration.seconds(8 * 3600)

    /// Books a time that lies ahead.
    ///
    /// - Throws: ``Refusal`` with `appointmentTime`.
    public init(
        booking id: AppointmentID, participantID: ParticipantID, peerID: PeerID, planID: PlanID?, sequence: Int?,
        referralID: ReferralID?, time: TimeSpan, mode: ContactMode, place: Setting?, at now: Instant
    ) throws(Refusal) {
        guard time.startsAt > now else { throw Refusal(.appointmentTime, "an appointment lies ahead") }
        guard Self.lengths.contains(time.duration) else {
            throw Refusal(.appointmentTime, "an appointment lasts between 5 minutes and 8 hours")
        }
        self.init(
            id: id, participantID: participantID, peerID: peerID, planID: planID, sequence: sequence,
            referralID: referralID, time: time, mode: mode, place: place, status: .booked, version: 1
        )
    }

    /// An appointment as it is stored.
    public init(
        id: AppointmentID, participantID: ParticipantID, peerID: PeerID, planID: PlanID?, sequence: Int?,
        referralID: ReferralID?, time: TimeSpan, mode: ContactMode, place: Setting?, status: AppointmentStatus,
        cancellationReason: CancellationReason? = nil, version: Int
    ) {
        self.id = id
        self.participantID = participantID
        self.peerID = peerID
        self.planID = planID
        self.sequence = sequence
        self.referralID = referralID
        self.time = time
        self.mode = mode
        self.place = place
        self.status = status
        self.cancellationReason = cancellationReason
        self.version = version
    }
}

extension Appointment {
    /// What can happen to an appointment.
    public enum Step: String, CaseIterable, Hashable, Sendable {
        case arrive, fulfil, cancel
        case noShow = "no-show"
    }

    /// Both are there.
    public mutating func arrive() throws(Refusal) { try go(.arrive, to: .arrived, from: [.booked]) }

    /// It took place.
    public mutating func fulfil() throws(Refusal) { try go(.fulfil, to: .fulfilled, from: [.arrived]) }

    /// It will not take place. A cancelled time is free again at once.
    public mutating func cancel(_ reason: CancellationReason) throws(Refusal) {
        try go(.cancel, to: .cancelled, from: [.booked])
        cancellationReason = reason
    }

    /// The participant did not come; it cannot be said before the time has begun.
    public mutating func noShow(at now: Instant) throws(Refusal) {
        guard status != .booked || now >= time.startsAt else {
            throw Refusal(.appointmentTime, "nobody is missing before an appointment has begun")
        }
        try go(.noShow, to: .noshow, from: [.booked])
    }

    /// A contact that came of it is on record: whatever was not written down on the way has happened.
    public mutating func contactRecorded(_ outcome: ContactOutcome, at now: Instant) throws(Refusal) {
        switch outcome {
        case .reached:
            if status == .booked { try arrive() }
            if status == .arrived { try fulfil() }
        case .noShow:
            if status == .booked { try noShow(at: now) }
        case .notReached, .leftMessage, .declined:
            break
        }
    }

    private mutating func go(
        _ step: Step, to target: AppointmentStatus, from allowed: Set<AppointmentStatus>
    ) throws(Refusal) {
        guard allowed.contains(status) else {
            throw Refusal(.appointmentState, "'\(step.rawValue)' is not possible from '\(status.rawValue)'")
        }
        status = target
    }
}

/// Why an appointment was cancelled: HL7's codes `appointment-cancellation-reason` that Handrail uses.
public enum CancellationReason: String, Codable, CaseIterable, Hashable, Sendable {
    /// By the participant; for lack of a ride; moved; deceased; unable to pay.
    case participant = "pat"
    case lackOfTransport = "pat-lt"
    case participantMoved = "pat-mv"
    case participantDeceased = "pat-dec"
    case unableToPay = "pat-ucp"
    /// By the agency; for the peer's personal reasons.
    case provider = "prov"
    case providerPersonal = "prov-pers"
    case other
    case noInterpreter = "oth-int"
    case weather = "oth-weath"
}
