/// A peer took on a referral: an on-call peer acknowledged the dispatch, or a proposal was chosen.
public struct MatchAccepted: Event {
    public static let topic = "match.accepted.v1"

    public var matchID: MatchID
    public var referralID: ReferralID
    public var participantID: ParticipantID
    public var peerID: PeerID
    public var version: Int?
    /// Closed: whether a new emergency of the person is a new dispatch depends on it.
    public var kind: MatchKind
    public var setting: Setting
    public var programme: ProgrammeCode
    public var acceptedAt: Instant

    public var key: String { referralID.description }

    public init(
        matchID: MatchID, referralID: ReferralID, participantID: ParticipantID, peerID: PeerID, version: Int,
        kind: MatchKind, setting: Setting, programme: ProgrammeCode, acceptedAt: Instant
    ) {
        self.matchID = matchID
        self.referralID = referralID
        self.participantID = participantID
        self.peerID = peerID
        self.version = version
        self.kind = kind
        self.setting = setting
        self.programme = programme
        self.acceptedAt = acceptedAt
    }
}

/// How a referral and a peer are brought together.
public enum MatchKind: String, Codable, Hashable, Sendable {
    /// The on-call peer is sent at once, with deadlines to acknowledge and to arrive.
    case dispatch
    /// Peers are ranked with reasons, and a supervisor or the participant chooses.
    case proposal
}

/// A dispatch to the bedside moved on: offered, acknowledged, escalated, arrived, ended.
public struct DispatchProgressed: Event {
    public static let topic = "dispatch.progressed.v1"

    public var matchID: MatchID
    public var referralID: ReferralID
    public var participantID: ParticipantID
    /// The peer concerned; nil when nobody on call was left to ask.
    public var peerID: PeerID?
    public var version: Int?
    /// A step that a newer service tells of is passed over.
    public var step: Carried<DispatchStep>
    /// How it ended; only with the step `ended`. Closed: whether the loop closes depends on it.
    public var outcome: BedsideOutcome?
    public var at: Instant

    public var key: String { referralID.description }

    public init(
        matchID: MatchID, referralID: ReferralID, participantID: ParticipantID, peerID: PeerID?, version: Int,
        step: DispatchStep, outcome: BedsideOutcome? = nil, at: Instant
    ) {
        self.matchID = matchID
        self.referralID = referralID
        self.participantID = participantID
        self.peerID = peerID
        self.version = version
        self.step = .known(step)
        self.outcome = outcome
        self.at = at
    }
}

/// The steps of a dispatch that others hear of.
public enum DispatchStep: String, Codable, Hashable, Sendable {
    case offered, acknowledged, escalated, arrived, ended
}

/// A deadline of a dispatch has come: the handler reads the dispatch again, and escalates only if it is still waiting.
public struct DispatchDeadlineDue: Event {
    public static let topic = "dispatch.deadline_due.v1"

    public var matchID: MatchID
    public var referralID: ReferralID
    /// Closed: a service's word to itself, which an older process of it leaves to a newer one.
    public var deadline: DispatchDeadline
    /// The round of offers that the deadline belongs to; a later round has its own.
    public var round: Int
    public var dueAt: Instant

    public var key: String { referralID.description }
    public var version: Int? { nil }

    public init(
        matchID: MatchID, referralID: ReferralID, deadline: DispatchDeadline, round: Int, dueAt: Instant
    ) {
        self.matchID = matchID
        self.referralID = referralID
        self.deadline = deadline
        self.round = round
        self.dueAt = dueAt
    }
}

/// What a dispatched peer owes in time.
public enum DispatchDeadline: String, Codable, Hashable, Sendable {
    case acknowledge, arrive
}
