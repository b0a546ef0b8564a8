public import Models

/// What has to be done in the transaction that stores a changed match.
public enum Effect: Hashable, Sendable {
    /// Tell the others of a step of the dispatch, under the key of one referral.
    case announce(DispatchStep, peer: PeerID?, outcome: BedsideOutcome?, version: Int, to: ReferralID)
    /// Tell the others that a peer took it on, under the key of one referral.
    case announceAccepted(PeerID, version: Int, to: ReferralID)
    case schedule(DispatchDeadline, round: Int, dueAt: Instant)
    case unschedule(DispatchDeadline, round: Int)
    /// Count the participant in the peer's caseload, unless already there.
    case takeLoad(PeerID)
    /// Take the participant out of the peer's caseload, unless another live referral keeps them there.
    case releaseLoad(PeerID)
}
