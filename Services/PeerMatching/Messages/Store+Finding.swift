internal import MessageTable
internal import Models
internal import PeerMatchingDomain

// Finding a peer for an accepted referral.
extension Store {
    /// Opens a match for a referral, or joins it to an open one of the person: of the same id rather than of another.
    func find(for event: ReferralAccepted, _ ids: IDSource) async throws {
        guard try await insert(event) else { return }
        let policy = try await policy()
        let isEmergency = policy.isEmergency(setting: event.setting, priority: event.priority)
        let referral = Match.LinkedReferral(
            id: event.referralID, participantID: event.participantID, setting: event.setting,
            programme: event.programme)
        // The open match may end between the insert that it refused and the look at it: then the next try opens one.
        for _ in 0..<5 {
            let match = Match(
                id: ids.new(), participantID: event.participantID, kind: isEmergency ? .dispatch : .proposal,
                for: referral, at: now)
            if try await open(match) {
                join(event.referralID, to: match.id)
                return try await begin(match, policy)
            }
            let openMatches = try await lockOpenMatches(of: event.participantID)
            if let open = openMatches.first(where: { $0.participantID == event.participantID }) ?? openMatches.first {
                join(event.referralID, to: open.id)
                return try await link(referral, to: open, isEmergency: isEmergency, policy)
            }
        }
        throw StoreError(.unknownMatch)
    }

    private func begin(_ opened: Match, _ policy: Policy) async throws {
        var match = opened
        let ranking = try await rank(match, as: match.kind, policy)
        guard match.kind == .dispatch else { return }
        let effects = match.startAsking(ranking.eligible.map(\.peerID), policy.dispatch, at: now)
        try await settle(match, effects, policy)
    }

    private func link(
        _ referral: Match.LinkedReferral, to open: Match, isEmergency: Bool, _ policy: Policy
    ) async throws {
        var match = open
        var effects = match.link(referral)
        if isEmergency && match.status == .proposed {
            let ranking = try await rank(match, as: .dispatch, policy)
            effects += match.startAsking(ranking.eligible.map(\.peerID), policy.dispatch, at: now)
        }
        try await settle(match, effects, policy)
    }

    /// Saves and performs; and where supervisors are now to choose, ranks everybody for them.
    private func settle(_ match: Match, _ effects: [Effect], _ policy: Policy) async throws {
        save(match)
        try await perform(effects, of: match)
        if effects.contains(where: \.callsSupervisor) { _ = try await rank(match, as: .proposal, policy) }
    }

    /// A referral needs nothing more: what waits for it stops, and the load ends.
    func stop(_ referral: ReferralID, as ending: ReferralEnd, version: Int?) async throws {
        // Locked and read before the referral ends, so that the match sees it end.
        var match: Match?
        if let id = try await matchID(of: referral) { match = try await lock(id) }
        guard try await end(referral, as: ending, version: version), var match else { return }
        let effects = match.referralEnded(referral, at: now)
        save(match)
        try await perform(effects, of: match)
    }

    /// A deadline has come: asks the next one, if the dispatch still waits in the same round.
    func escalate(_ event: DispatchDeadlineDue) async throws {
        let policy = try await policy()
        var match: Match
        do {
            match = try await lock(event.matchID)
        } catch let error as StoreError where error.code == .unknownMatch {
            return
        }
        let before = match
        let isWaiting = match.status == .offered && event.deadline == .acknowledge && event.round == match.round
        let candidates = isWaiting ? try await rank(match, as: .dispatch, policy).eligible.map(\.peerID) : []
        let effects = match.deadlinePassed(
            event.deadline, round: event.round, next: candidates, policy.dispatch, at: now)
        if match != before { try await settle(match, effects, policy) }
    }

    /// The peer cannot go: whoever is next is asked.
    @discardableResult
    func decline(_ id: MatchID, by peer: PeerID, reason: String?) async throws -> Match {
        let policy = try await policy()
        var match = try await lock(id)
        let before = match
        let candidates = try await candidates(insteadOf: peer, match, policy)
        let effects = try match.decline(by: peer, next: candidates, policy.dispatch, at: now)
        guard match != before else { return match }
        if let reason { keepDeclineReason(reason, of: peer, for: id) }
        try await settle(match, effects, policy)
        return match
    }

    /// The two must not be brought together after all: whoever else can go is asked.
    func passOver(_ peer: PeerID, for participant: ParticipantID) async throws {
        for open in try await lockOpenMatches(of: participant) {
            var match = open
            let policy = try await policy()
            let candidates = try await candidates(insteadOf: peer, match, policy)
            let effects = match.passOver(peer, next: candidates, policy.dispatch, at: now)
            if match != open { try await settle(match, effects, policy) }
        }
    }

    /// Two ids turned out to be one person: whoever is asked for one of them and kept from the other is passed over.
    func keepApart(_ participant: ParticipantID) async throws {
        for pair in try await excludedPairs(of: participant) where pair.counts(at: now) {
            try await passOver(pair.peerID, for: participant)
        }
    }

    /// Who would be asked next, where the next round would begin without this peer.
    private func candidates(insteadOf peer: PeerID, _ match: Match, _ policy: Policy) async throws -> [PeerID] {
        guard match.isOnlyOneAsked(peer) else { return [] }
        return try await rank(match, as: .dispatch, policy).eligible.map(\.peerID)
    }
}

extension Effect {
    /// Whether nobody on call is left to ask.
    fileprivate var callsSupervisor: Bool {
        if case .announce(.escalated, peer: nil, _, _, _) = self { true } else { false }
    }
}
