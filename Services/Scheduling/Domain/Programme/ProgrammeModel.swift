public import Models

/// A programme of recovery support as data: its phases, their rhythm, and what its plans owe.
///
/// Models come from versioned data files (see ``ProgrammeCatalogue``). A plan keeps the version that it began with. What
/// the type cannot hold by itself, ``flaws`` finds.
public struct ProgrammeModel: Decodable, Hashable, Sendable {
    public let code: ProgrammeCode
    public let version: Int
    public let title: String
    public let stage: Stage
    public let sources: [String]
    /// Whether all phases must be equally long (CTI self-assessment, item 2).
    public let equalPhases: Bool
    /// The choices of length; the first is the default.
    public let options: [Option]
    public let preparation: Preparation?
    public let phases: [PhaseModel]
    public let focusAreas: FocusAreas?
    /// The rhythm that a recurrence adds; nil where the programme has none of its own.
    public let recurrence: ContactRule?
    public let outreach: OutreachModel
    public let closing: ClosingRequirements
    public let continuation: Continuation?
    public let firstAppointment: FirstAppointment

    /// Whether the programme ends in weeks or months, or accompanies recovery for years.
    public enum Stage: String, Decodable, Hashable, Sendable {
        case acute, continuing
    }

    /// One choice of how long the phases last.
    public struct Option: Decodable, Hashable, Sendable {
        public let code: String
        /// Why it may leave the programme's published limits.
        public let adaptation: String?
        public let phaseLengths: [PhaseLength]
    }

    /// What a phase plan concentrates on, and how many such areas it may have.
    public struct FocusAreas: Decodable, Hashable, Sendable {
        public let minimum: Int
        public let maximum: Int
        public let codes: Set<String>
    }

    /// What assertive outreach owes after a missed contact (FACTS §4.4).
    public struct OutreachModel: Decodable, Hashable, Sendable {
        public let attempts: Int
        public let channels: Int
        public let days: Int
    }

    /// What must be on record before a plan is closed as completed.
    public struct ClosingRequirements: Decodable, Hashable, Sendable {
        public let note: Bool
        public let longTermSupports: Bool
        public let finalMeeting: Bool
    }

    /// The continuing care that follows: an acute programme ends in a schedule, never in a discharge.
    public struct Continuation: Decodable, Hashable, Sendable {
        public let programme: ProgrammeCode
        public let afterClosing: Set<ClosureReason>
    }

    /// What is booked when a plan starts.
    public struct FirstAppointment: Decodable, Hashable, Sendable {
        public let afterHours: Int
        public let minutes: Int
        public let mode: ContactMode
    }

    /// The option of this code; the default for nil; nil for an unknown one.
    public func option(_ code: String?) -> Option? {
        guard let code else { return options.first }
        return options.first { $0.code == code }
    }

    /// The phase of this code, the preparation excepted.
    public func phase(_ code: PhaseCode) -> PhaseModel? { phases.first { $0.code == code } }
}

/// Why a plan ended.
public enum ClosureReason: String, Codable, CaseIterable, Hashable, Sendable {
    case completed, died, moved, withdrew, reincarcerated, lost
    /// The referral was taken back before the plan had begun.
    case cancelled
    /// A new match began the same programme again.
    case superseded

    /// The reasons that a person can give; the others follow from what happened.
    public static let givenByPeople: Set<ClosureReason> = [
        .completed, .died, .moved, .withdrew, .reincarcerated, .lost,
    ]
}
