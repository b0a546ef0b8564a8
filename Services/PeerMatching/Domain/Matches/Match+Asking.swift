public import Models

// Asking peers in rounds until somebody takes the dispatch.
extension Match {
    /// Begins asking: the first round, and the time to arrive starts to run.
    ///
    /// - Parameter candidates: the eligible peers on call, in order.
    public mutating func startAsking(_ candidates: [PeerID], _ rules: DispatchRules, at now: Instant) -> [Effect] {
        kind = .dispatch
        status = .offered
        round = 0
        times.dispatchedAt = now
        let arriveBy = now + .seconds(rules.arriveMinutes * 60)
        var effects: [Effect] = [.schedule(.arrive, round: 1, dueAt: arriveBy)]
        effects += askNext(candidates, rules, at: now)
        return effects
    }

    /// The peer takes the dispatch. Repeated by the same peer it changes nothing.
    public mutating func acknowledge(by peer: PeerID, at now: Instant) throws(Refusal) -> [Effect] {
        guard peerID == peer || offer(to: peer) != nil else { throw .notOffered }
        switch status {
        case .offered:
            switch offer(to: peer)?.status ?? .withdrawn {
            case .open: return take(by: peer, at: now)
            case .declined: throw .alreadyDeclined
            case .accepted, .withdrawn: throw .notOffered
            }
        case .acknowledged, .arrived:
            if peerID == peer { return [] }
            throw .takenByAnother
        case .ended, .cancelled: throw .over
        case .proposed, .chosen: throw .wrongKind
        }
    }

    /// The peer cannot go: if nobody else is being asked, the next round starts at once.
    public mutating func decline(
        by peer: PeerID, next candidates: [PeerID], _ rules: DispatchRules, at now: Instant
    ) throws(Refusal) -> [Effect] {
        guard let index = offers.lastIndex(where: { $0.peerID == peer }) else { throw .notOffered }
        switch status {
        case .offered: break
        case .acknowledged, .arrived: throw peerID == peer ? .alreadyAcknowledged : .takenByAnother
        case .ended, .cancelled: throw .over
        case .proposed, .chosen: throw .wrongKind
        }
        return pass(over: index, as: .declined, next: candidates, rules, at: now)
    }

    /// The peer must not go after all: an excluded pair was recorded. Nothing happens unless they are being asked.
    public mutating func passOver(
        _ peer: PeerID, next candidates: [PeerID], _ rules: DispatchRules, at now: Instant
    ) -> [Effect] {
        guard status == .offered, let index = offers.lastIndex(where: { $0.peerID == peer }) else { return [] }
        return pass(over: index, as: .withdrawn, next: candidates, rules, at: now)
    }

    /// Whether nobody else is being asked, so that the next round would begin at once.
    public func isOnlyOneAsked(_ peer: PeerID) -> Bool {
        status == .offered && offers.filter { $0.status == .open }.map(\.peerID) == [peer]
    }

    private mutating func pass(
        over index: Int, as answer: Offer.Status, next candidates: [PeerID], _ rules: DispatchRules, at now: Instant
    ) -> [Effect] {
        guard offers[index].status == .open else { return [] }
        offers[index].status = answer
        offers[index].answeredAt = now
        version += 1
        guard !offers.contains(where: { $0.status == .open }) else { return [] }
        return [.unschedule(.acknowledge, round: round)] + askNext(candidates, rules, at: now)
    }

    /// A deadline has come. It escalates only if the dispatch still waits in the same round, and only once.
    public mutating func deadlinePassed(
        _ deadline: DispatchDeadline, round due: Int, next candidates: [PeerID], _ rules: DispatchRules, at now: Instant
    ) -> [Effect] {
        switch deadline {
        case .acknowledge:
            guard status == .offered, due == round else { return [] }
            return askNext(candidates, rules, at: now)
        case .arrive:
            guard status == .offered || status == .acknowledged, times.overdueAt == nil else { return [] }
            times.overdueAt = now
            return announce(.escalated, peer: peerID)
        }
    }

    /// A supervisor sends a peer by hand: by telephone, for instance, when nobody on call answered.
    mutating func take(by peer: PeerID, at now: Instant) -> [Effect] {
        for index in offers.indices where offers[index].status == .open {
            offers[index].status = offers[index].peerID == peer ? .accepted : .withdrawn
            offers[index].answeredAt = now
        }
        peerID = peer
        status = .acknowledged
        times.acceptedAt = now
        // The acceptance first: it is what starts a contact plan.
        return [.takeLoad(peer), .unschedule(.acknowledge, round: round)] + announceAccepted(peer)
            + announce(.acknowledged, peer: peer)
    }

    /// Goes on to the next round that has somebody to ask.
    private mutating func askNext(_ candidates: [PeerID], _ rules: DispatchRules, at now: Instant) -> [Effect] {
        while round < rules.rounds.count {
            let rule = rules.rounds[round]
            round += 1
            let wait = rule.waitMinutes.map { minutes in
                Effect.schedule(.acknowledge, round: round, dueAt: now + .seconds(minutes * 60))
            }
            switch rule.offerTo {
            case .onCall:
                let asked = Set(offers.map(\.peerID))
                guard let next = candidates.first(where: { !asked.contains($0) }) else { continue }
                let step: DispatchStep = offers.isEmpty ? .offered : .escalated
                offers.append(Offer(peerID: next, round: round, offeredAt: now))
                return announce(step, peer: next) + [wait].compactMap { $0 }
            case .supervisor:
                return announce(.escalated, peer: nil) + [wait].compactMap { $0 }
            }
        }
        return []
    }

    /// The announcement of a step to each live referral, or to one that joined later.
    mutating func announce(
        _ step: DispatchStep, peer: PeerID?, outcome: BedsideOutcome? = nil, to referral: ReferralID? = nil
    ) -> [Effect] {
        hearers(referral).map { hearer in
            version += 1
            return .announce(step, peer: peer, outcome: outcome, version: version, to: hearer)
        }
    }

    mutating func announceAccepted(_ peer: PeerID, to referral: ReferralID? = nil) -> [Effect] {
        hearers(referral).map { hearer in
            version += 1
            return .announceAccepted(peer, version: version, to: hearer)
        }
    }

    private func hearers(_ referral: ReferralID?) -> [ReferralID] {
        referral.map { [$0] } ?? referrals.filter(\.isLive).map(\.id)
    }
}
