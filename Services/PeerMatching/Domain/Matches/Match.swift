public import Models

/// A participant being brought together with a peer, for one referral or for several that came at once.
///
/// A pure state machine: each verb checks the state, changes it, and returns what has to be done about it in the same
/// transaction. Dispatch: offered → acknowledged → arrived → ended. Proposal: proposed → chosen. Either may be cancelled
/// while it is open. Invariants: at most one open match per participant (PostgreSQL holds it); a peer is set from
/// `acknowledged` or `chosen` on; every announcement has a version of its own, so that a consumer that keeps the newest
/// version per match misses none.
public struct Match: Hashable, Sendable {
    public let id: MatchID
    public let participantID: ParticipantID
    public internal(set) var kind: MatchKind
    public internal(set) var status: Status
    /// Those that this match answers, in the order in which they joined.
    public internal(set) var referrals: [LinkedReferral]
    /// The round of asking, from 1; 0 for a proposal.
    public internal(set) var round: Int
    public internal(set) var offers: [Offer]
    public internal(set) var peerID: PeerID?
    public internal(set) var times: Times
    public internal(set) var outcome: BedsideOutcome?
    public internal(set) var version: Int

    /// Where it stands.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        case offered, acknowledged, arrived, ended
        case proposed, chosen
        case cancelled

        /// Whether it still keeps others for the same participant from being opened.
        public var isOpen: Bool {
            switch self {
            case .offered, .acknowledged, .arrived, .proposed: true
            case .ended, .chosen, .cancelled: false
            }
        }
    }

    /// A referral that the match answers, as far as announcements need it.
    public struct LinkedReferral: Hashable, Sendable {
        public let id: ReferralID
        /// Whom it is about: the match's participant, or another id of the same person.
        public let participantID: ParticipantID
        public let setting: Setting
        public let programme: ProgrammeCode
        /// False once it was cancelled or closed.
        public var isLive: Bool

        public init(
            id: ReferralID, participantID: ParticipantID, setting: Setting, programme: ProgrammeCode,
            isLive: Bool = true
        ) {
            self.id = id
            self.participantID = participantID
            self.setting = setting
            self.programme = programme
            self.isLive = isLive
        }
    }

    /// When it went from state to state.
    public struct Times: Hashable, Sendable {
        public var openedAt: Instant
        /// When the first offer was due; nil for a proposal.
        public var dispatchedAt: Instant?
        public var acceptedAt: Instant?
        public var arrivedAt: Instant?
        /// When the time to arrive passed with nobody at the bedside: the policy's fallback applies.
        public var overdueAt: Instant?
        public var endedAt: Instant?

        public init(
            openedAt: Instant, dispatchedAt: Instant? = nil, acceptedAt: Instant? = nil, arrivedAt: Instant? = nil,
            overdueAt: Instant? = nil, endedAt: Instant? = nil
        ) {
            self.openedAt = openedAt
            self.dispatchedAt = dispatchedAt
            self.acceptedAt = acceptedAt
            self.arrivedAt = arrivedAt
            self.overdueAt = overdueAt
            self.endedAt = endedAt
        }
    }

    /// The stored state of a match, as the store read it.
    public init(
        id: MatchID, participantID: ParticipantID, kind: MatchKind, status: Status, referrals: [LinkedReferral],
        round: Int, offers: [Offer], peerID: PeerID?, times: Times, outcome: BedsideOutcome?, version: Int
    ) {
        self.id = id
        self.participantID = participantID
        self.kind = kind
        self.status = status
        self.referrals = referrals
        self.round = round
        self.offers = offers
        self.peerID = peerID
        self.times = times
        self.outcome = outcome
        self.version = version
    }

    /// A match that was just opened, before anybody was asked or proposed.
    public init(
        id: MatchID, participantID: ParticipantID, kind: MatchKind, for referral: LinkedReferral, at now: Instant
    ) {
        self.init(
            id: id, participantID: participantID, kind: kind, status: kind == .dispatch ? .offered : .proposed,
            referrals: [referral], round: 0, offers: [], peerID: nil, times: Times(openedAt: now), outcome: nil,
            version: 1
        )
    }

    /// Under which id of the person a referral came: what is announced of it is kept there, so that it stays where it
    /// belongs when two who were taken for one are two again.
    public func participantID(of referral: ReferralID) -> ParticipantID {
        referrals.first { $0.id == referral }?.participantID ?? participantID
    }

    /// All ids under which the person's referrals came.
    public var participantIDs: [ParticipantID] {
        Set([participantID] + referrals.map(\.participantID)).sorted()
    }

    /// The offer made to a peer, whatever came of it.
    public func offer(to peerID: PeerID) -> Offer? { offers.last { $0.peerID == peerID } }

    /// Whether a peer may see whom it is about: asked and not yet answered, or the one who goes.
    public func isVisible(to peer: PeerID) -> Bool {
        peerID == peer || (status.isOpen && offer(to: peer)?.status == .open)
    }
}
