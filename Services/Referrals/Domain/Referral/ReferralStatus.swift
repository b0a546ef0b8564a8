/// The states of a referral: the statuses of a FHIR Task that Gravity SDOH Clinical Care uses (all but `ready` and
/// `received`; FACTS §9.3).
public enum ReferralStatus: String, Codable, CaseIterable, Hashable, Sendable {
    case draft, requested, accepted, rejected, cancelled
    case inProgress = "in-progress"
    case onHold = "on-hold"
    case failed, completed
    case enteredInError = "entered-in-error"

    /// The states that a referral in this state may go to: Gravity's table of transitions.
    public var successors: Set<ReferralStatus> {
        switch self {
        case .draft: [.requested, .enteredInError]
        case .requested: [.accepted, .rejected, .cancelled, .enteredInError]
        case .accepted: [.inProgress, .onHold, .cancelled, .completed, .failed, .enteredInError]
        case .inProgress: [.onHold, .cancelled, .completed, .failed, .enteredInError]
        case .onHold: [.inProgress, .cancelled, .completed, .failed, .enteredInError]
        case .rejected, .cancelled, .failed, .completed: [.enteredInError]
        case .enteredInError: []
        }
    }

    /// Who may bring a referral into this state: the sender asks and corrects, the agency works, either cancels.
    public var setters: Set<Referral.Party> {
        switch self {
        case .draft, .requested, .enteredInError: [.requester]
        case .accepted, .rejected, .inProgress, .onHold, .failed, .completed: [.performer]
        case .cancelled: [.requester, .performer]
        }
    }

    /// Whether a text must say why. Gravity writes "should"; Handrail requires it, so that no sender is left guessing.
    public var needsReason: Bool {
        switch self {
        case .rejected, .cancelled, .onHold, .failed: true
        case .draft, .requested, .accepted, .inProgress, .completed, .enteredInError: false
        }
    }

    /// Whether the agency is working on it.
    public var isOpen: Bool {
        switch self {
        case .accepted, .inProgress, .onHold: true
        case .draft, .requested, .rejected, .cancelled, .failed, .completed, .enteredInError: false
        }
    }

    /// Whether nothing but a correction as entered in error can follow.
    public var isFinal: Bool {
        switch self {
        case .rejected, .cancelled, .failed, .completed, .enteredInError: true
        case .draft, .requested, .accepted, .inProgress, .onHold: false
        }
    }
}
