public import Models

/// A phase of a participant's plan: its dates, and what was recorded when it ended.
///
/// The dates are set when the person enters the community. Return to use, missed contacts and hospital stays never move
/// them; a supervisor can, with a reason.
public struct PlanPhase: Hashable, Sendable {
    public let code: PhaseCode
    /// The first day.
    public internal(set) var startsOn: CivilDate
    /// The first day after it; nil while the preparation is open-ended.
    public internal(set) var endsOn: CivilDate?
    public internal(set) var enteredAt: Instant?
    public internal(set) var leftAt: Instant?
    /// What the phase concentrates on, by the programme's codes.
    public internal(set) var focusAreas: [String]
    public internal(set) var review: PhaseReview?
    /// Who left the rules aside for this phase, and why.
    public internal(set) var override: SupervisorOverride?

    public init(
        code: PhaseCode, startsOn: CivilDate, endsOn: CivilDate?, enteredAt: Instant? = nil, leftAt: Instant? = nil,
        focusAreas: [String] = [], review: PhaseReview? = nil, override: SupervisorOverride? = nil
    ) {
        self.code = code
        self.startsOn = startsOn
        self.endsOn = endsOn
        self.enteredAt = enteredAt
        self.leftAt = leftAt
        self.focusAreas = focusAreas
        self.review = review
        self.override = override
    }
}

/// A supervisor's decision to leave a rule of the programme aside.
public struct SupervisorOverride: Codable, Hashable, Sendable {
    /// The supervisor, as the token's subject names them.
    public let by: String
    public let reason: String

    /// Nil without a reason.
    public init?(by: String, reason: String) {
        guard reason.contains(where: { !$0.isWhitespace }) else { return nil }
        self.by = by
        self.reason = reason
    }
}

/// The review at the end of a phase.
public struct PhaseReview: Codable, Hashable, Sendable {
    public var heldOn: CivilDate
    /// How strong the connection to each support is.
    public var connections: [Connection]
    /// What the next phase concentrates on, by the programme's codes.
    public var nextFocusAreas: [String]
    public var note: String?

    /// A support and the strength of the connection to it.
    public struct Connection: Codable, Hashable, Sendable {
        /// An organisation or a relationship (`recovery residence`, `sister`), never a name.
        public var support: String
        /// 0 none, 1 weak, 2 some, 3 strong.
        public var strength: Int

        public init(support: String, strength: Int) {
            self.support = support
            self.strength = strength
        }
    }

    public init(heldOn: CivilDate, connections: [Connection] = [], nextFocusAreas: [String] = [], note: String? = nil) {
        self.heldOn = heldOn
        self.connections = connections
        self.nextFocusAreas = nextFocusAreas
        self.note = note
    }
}

/// What is recorded when a plan ends.
public struct ClosingReview: Codable, Hashable, Sendable {
    public var note: String?
    /// For every focus area a long-term support.
    public var supports: [LongTermSupport]
    /// The day of the final meeting of participant and long-term support.
    public var finalMeetingOn: CivilDate?

    /// Who stays when the programme ends.
    public struct LongTermSupport: Codable, Hashable, Sendable {
        /// The focus area, by the programme's code.
        public var area: String
        /// An organisation or a relationship, never a name.
        public var support: String
        public var lastConfirmedOn: CivilDate

        public init(area: String, support: String, lastConfirmedOn: CivilDate) {
            self.area = area
            self.support = support
            self.lastConfirmedOn = lastConfirmedOn
        }
    }

    public init(note: String? = nil, supports: [LongTermSupport] = [], finalMeetingOn: CivilDate? = nil) {
        self.note = note
        self.supports = supports
        self.finalMeetingOn = finalMeetingOn
    }
}

/// What was done in a phase, as its requirements count it.
public struct ContactTally: Hashable, Sendable {
    /// In-person meetings with the participant, away from the bedside.
    public var communityMeetings: Int
    /// Meetings with providers or informal supports.
    public var supportMeetings: Int

    public init(communityMeetings: Int = 0, supportMeetings: Int = 0) {
        self.communityMeetings = communityMeetings
        self.supportMeetings = supportMeetings
    }
}
