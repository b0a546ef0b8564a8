/// Why a peer is not eligible for one participant: the hard filters (FACTS §11).
public enum Ground: String, Codable, CaseIterable, Hashable, Sendable {
    case notActive = "not-active"
    case paused
    case offShift = "off-shift"
    case onDispatch = "on-dispatch"
    case caseloadFull = "caseload-full"
    case language
    case gender
    case credential
    case timeInRecovery = "time-in-recovery"
    case timeOutOfJustice = "time-out-of-justice"
    case area
    case medication
    case scene
    case excludedPair = "excluded-pair"

    /// Whether the ground says something about a person that colleagues are not to learn: such a peer is left out of
    /// what they see, as if they did not work here.
    public var isPrivate: Bool {
        switch self {
        case .scene, .excludedPair, .timeInRecovery, .timeOutOfJustice: true
        default: false
        }
    }

    /// The ground in words, for a supervisor.
    public var text: String {
        switch self {
        case .notActive: "Does not work here at the moment"
        case .paused: "Takes nobody new for now"
        case .offShift: "Is not on call"
        case .onDispatch: "Is asked for, or at, another bedside"
        case .caseloadFull: "Has a full caseload"
        case .language: "Speaks none of the languages asked for"
        case .gender: "Is not of the gender asked for"
        case .credential: "Lacks a valid credential that this place or programme needs"
        case .timeInRecovery: "Is not in recovery for as long as the programme asks"
        case .timeOutOfJustice: "Is not out of the justice system for as long as the programme asks"
        case .area: "Does not travel to this area"
        case .medication: "Has not attested to support people who take medication"
        case .scene: "Is not sent to this kind of scene"
        case .excludedPair: "Is not to be brought together with this person"
        }
    }
}
