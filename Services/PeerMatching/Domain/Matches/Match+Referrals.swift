public import Models

// Referrals that join, are cancelled, or close; and the choice of a supervisor.
extension Match {
    /// A supervisor, or the participant through one, chooses: the peer of a proposal, whom to send to a dispatch that
    /// nobody took, or somebody else in place of who has it.
    ///
    /// - Parameter eligible: the peers of a ranking that was just made.
    public mutating func choose(_ peer: PeerID, among eligible: Set<PeerID>, at now: Instant) throws(Refusal)
        -> [Effect]
    {
        if peerID == peer, status == .chosen || status == .acknowledged { return [] }
        switch status {
        case .proposed, .offered, .acknowledged: break
        case .chosen: if !referrals.contains(where: \.isLive) { throw .over }
        case .arrived: throw .notWaitingForChoice
        case .ended, .cancelled: throw .over
        }
        guard eligible.contains(peer) else { throw .notEligible }
        // Who had it loses sight of the person at once.
        let release = peerID.map { [Effect.releaseLoad($0)] } ?? []
        for index in offers.indices where offers[index].status == .accepted { offers[index].status = .withdrawn }
        if kind == .dispatch { return release + take(by: peer, at: now) }
        peerID = peer
        status = .chosen
        times.acceptedAt = now
        return release + [.takeLoad(peer)] + announceAccepted(peer)
    }

    /// Another referral of the same participant joins while the match is open: one dispatch, and both hear of it.
    public mutating func link(_ referral: LinkedReferral) -> [Effect] {
        guard !referrals.contains(where: { $0.id == referral.id }) else { return [] }
        referrals.append(referral)
        version += 1
        switch status {
        case .offered:
            let asked = offers.first { $0.status == .open }?.peerID
            return announce(asked == nil ? .escalated : .offered, peer: asked, to: referral.id)
        case .acknowledged, .arrived:
            let accepted = peerID.map { announceAccepted($0, to: referral.id) } ?? []
            return accepted
                + announce(status == .arrived ? .arrived : .acknowledged, peer: peerID, to: referral.id)
        case .proposed, .chosen, .ended, .cancelled: return []
        }
    }

    /// A referral needs nothing more: cancelled by its sender, or its loop closed.
    ///
    /// What waits stops when no other live referral is linked. A peer at the bedside is not called away.
    public mutating func referralEnded(_ referral: ReferralID, at now: Instant) -> [Effect] {
        guard let index = referrals.firstIndex(where: { $0.id == referral && $0.isLive }) else { return [] }
        referrals[index].isLive = false
        version += 1
        guard !referrals.contains(where: \.isLive) else { return [] }
        let release = peerID.map { [Effect.releaseLoad($0)] } ?? []
        switch status {
        case .arrived, .ended, .chosen, .cancelled: return release
        case .offered, .acknowledged, .proposed: break
        }
        let wasDispatch = kind == .dispatch
        status = .cancelled
        times.endedAt = now
        for index in offers.indices where offers[index].status == .open {
            offers[index].status = .withdrawn
            offers[index].answeredAt = now
        }
        return (wasDispatch ? [.unschedule(.acknowledge, round: round), .unschedule(.arrive, round: 1)] : []) + release
    }
}
