public import Models

// At the bedside, and how it ends.
extension Match {
    /// The peer is with the person. Repeated it changes nothing.
    public mutating func arrive(by peer: PeerID, at now: Instant) throws(Refusal) -> [Effect] {
        try requireAcknowledged(by: peer)
        if status == .arrived { return [] }
        status = .arrived
        times.arrivedAt = now
        return [.unschedule(.arrive, round: 1)] + announce(.arrived, peer: peer)
    }

    /// The dispatch is over, with what came of it.
    ///
    /// The person stays in the peer's caseload only if they were seen and accepted support; otherwise the load ends here.
    public mutating func end(by peer: PeerID, outcome: BedsideOutcome, at now: Instant) throws(Refusal) -> [Effect] {
        try requireAcknowledged(by: peer)
        guard fits(outcome) else { throw .outcomeDoesNotFit }
        let wasUnderWay = status == .acknowledged
        status = .ended
        self.outcome = outcome
        times.endedAt = now
        return (wasUnderWay ? [.unschedule(.arrive, round: 1)] : [])
            + (outcome == .seenAccepted ? [] : [.releaseLoad(peer)])
            + announce(.ended, peer: peer, outcome: outcome)
    }

    /// Seen needs somebody to have arrived, unless the fallback by telephone or video was due (FACTS §5.3).
    private func fits(_ outcome: BedsideOutcome) -> Bool {
        switch outcome {
        case .seenAccepted, .seenDeclined: status == .arrived || times.overdueAt != nil
        case .leftBeforeArrival: status == .acknowledged
        case .unable, .died, .refusedContact: true
        }
    }

    private func requireAcknowledged(by peer: PeerID) throws(Refusal) {
        guard peerID == peer || offer(to: peer) != nil else { throw .notOffered }
        switch status {
        case .offered: throw .notAcknowledged
        case .acknowledged, .arrived: if peerID != peer { throw .takenByAnother }
        case .ended, .cancelled: throw .over
        case .proposed, .chosen: throw .wrongKind
        }
    }
}
