internal import Models
internal import SchedulingDomain

/// Starts a plan by hand.
struct StartPlan: Decodable, Sendable {
    let participantID: ParticipantID
    let referralID: ReferralID
    let peerID: PeerID
    let programme: ProgrammeCode
    let option: String?
    let setting: Setting?
}

/// Goes over to a later phase.
struct AdvancePlan: Decodable, Sendable {
    let to: PhaseCode
    let review: PhaseReview
    let override: OverrideRequest?
}

/// Sets the dates of a plan that was being prepared.
struct EnterCommunity: Decodable, Sendable {
    let on: CivilDate
}

/// Lets the current phase last longer.
struct ExtendPhase: Decodable, Sendable {
    let until: CivilDate
    let override: OverrideRequest
}

/// Ends a plan.
struct ClosePlan: Decodable, Sendable {
    let reason: ClosureReason
    let note: String?
    let supports: [ClosingReview.LongTermSupport]?
    let finalMeetingOn: CivilDate?
    let override: OverrideRequest?
}

/// Reports a recurrence.
struct ReportRecurrence: Decodable, Sendable {
    let occurredOn: CivilDate
}

/// Why a supervisor leaves a rule aside.
struct OverrideRequest: Decodable, Sendable {
    let reason: String
}
