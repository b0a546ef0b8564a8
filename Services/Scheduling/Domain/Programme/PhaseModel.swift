public import Models

/// The code of a phase within its programme, such as `try-out`; `closed` after the last one.
public struct PhaseCode: OpenCode {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let closed = PhaseCode(rawValue: "closed")
}

/// A phase of a programme: its rhythm, and what must be on record before it is left.
public struct PhaseModel: Decodable, Hashable, Sendable {
    public let code: PhaseCode
    public let title: String
    public let boundary: PhaseBoundary
    public let contacts: [ContactRule]
    public let requirements: PhaseRequirements
}

/// How a phase ends.
public enum PhaseBoundary: String, Decodable, Hashable, Sendable {
    /// With a review that somebody records.
    case review
    /// By its date alone.
    case date
}

/// The time before release or discharge: it lasts until the person enters the community, which sets all dates.
public struct Preparation: Decodable, Hashable, Sendable {
    public let code: PhaseCode
    public let title: String
    /// The settings of a referral for which a plan begins here.
    public let settings: Set<Setting>
    public let contacts: [ContactRule]
    public let requirements: PhaseRequirements
}

/// What must be on record before a phase is left (CTI self-assessment, items 3, 5, 6, 10, 12).
public struct PhaseRequirements: Decodable, Hashable, Sendable {
    /// Meetings with the participant in the community.
    public let communityMeetings: Int
    /// Meetings with providers or informal supports.
    public let supportMeetings: Int
    /// A rating of each support's connection.
    public let connectionStrengths: Bool
    /// The next phase's plan with its focus areas.
    public let nextPhasePlan: Bool
    /// So many meetings or calls in the first days.
    public let earlyContacts: EarlyContacts?

    /// Contacts that must come early.
    public struct EarlyContacts: Decodable, Hashable, Sendable {
        public let count: Int
        public let withinDays: Int
    }

    private enum CodingKeys: String, CodingKey {
        case communityMeetings, supportMeetings, connectionStrengths, nextPhasePlan, earlyContacts
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        communityMeetings = try container.decodeIfPresent(Int.self, forKey: .communityMeetings) ?? 0
        supportMeetings = try container.decodeIfPresent(Int.self, forKey: .supportMeetings) ?? 0
        connectionStrengths = try container.decodeIfPresent(Bool.self, forKey: .connectionStrengths) ?? false
        nextPhasePlan = try container.decodeIfPresent(Bool.self, forKey: .nextPhasePlan) ?? false
        earlyContacts = try container.decodeIfPresent(EarlyContacts.self, forKey: .earlyContacts)
    }
}
