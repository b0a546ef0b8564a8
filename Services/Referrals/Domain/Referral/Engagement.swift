public import Models

/// One stretch of support for one participant, under the id of the referral that began it.
///
/// Two hospitals may refer the same person at the same hour. Each has a referral of its own, with its own Task, and
/// neither learns of the other; but only one peer is to be sent. So a referral that is accepted either begins an
/// engagement, which is what the other services hear of (`referral.accepted.v1` with the engagement's id as
/// `referralID`), or it joins one that is open and publishes nothing. What happens in the engagement moves all referrals
/// that belong to it. It ends when somebody closes it, or when the last of its referrals is taken back.
///
/// Whether to join is decided here, in `referrals`, because only this service knows all referrals of a person, and it
/// decides under a lock on the participant's row; a partial unique index holds that no participant has two dispatches
/// under way.
public struct Engagement: Hashable, Sendable {
    public let engagementID: ReferralID
    public let participantID: ParticipantID
    public let kind: MatchKind
    public let programme: ProgrammeCode
    public let openedAt: Instant
    /// One more with each announcement to the other services, whose messages carry it.
    public internal(set) var version: Int
    /// When the dispatch ended, or a peer was chosen: from then on a new emergency is a new dispatch.
    public internal(set) var settledAt: Instant?
    /// The peer who took it on, once there is one.
    public internal(set) var peerID: PeerID?
    public internal(set) var matchedAt: Instant?
    public internal(set) var closedAt: Instant?

    /// How long a dispatch can take up a second referral of the same emergency. A stale dispatch, whose end was never
    /// reported, must not swallow the next overdose.
    public static let longestDispatch = Duration.seconds(4 * 3600)

    public init(
        engagementID: ReferralID, participantID: ParticipantID, kind: MatchKind, programme: ProgrammeCode,
        openedAt: Instant, version: Int = 0, settledAt: Instant? = nil, peerID: PeerID? = nil,
        matchedAt: Instant? = nil, closedAt: Instant? = nil
    ) {
        self.engagementID = engagementID
        self.participantID = participantID
        self.kind = kind
        self.programme = programme
        self.openedAt = openedAt
        self.version = version
        self.settledAt = settledAt
        self.peerID = peerID
        self.matchedAt = matchedAt
        self.closedAt = closedAt
    }

    /// The engagement that a referral begins.
    public init(beginningWith referral: Referral, at instant: Instant) {
        self.init(
            engagementID: referral.referralID, participantID: referral.participantID,
            kind: referral.request.isEmergency ? .dispatch : .proposal, programme: referral.request.programme,
            openedAt: instant
        )
    }

    /// Whether a referral that is accepted now belongs to this open engagement.
    ///
    /// An emergency joins only a dispatch that is still under way: somebody in the middle of months of support who
    /// overdoses again gets a peer at the bedside again. Anything else joins the support that runs under the same
    /// programme, and begins its own under another.
    public func takesUp(_ request: ReferralRequest, at instant: Instant) -> Bool {
        if request.isEmergency { return isDispatching(at: instant) }
        return programme == request.programme || isDispatching(at: instant)
    }

    /// Whether a peer is being sent, or is at the bedside.
    public func isDispatching(at instant: Instant) -> Bool {
        kind == .dispatch && settledAt == nil && instant - openedAt < Self.longestDispatch
    }
}
