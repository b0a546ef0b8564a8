internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import PeerMatchingDomain
internal import Postgres

// What a changed match asks for, done in its own transaction: messages, deadlines, caseloads.
extension Store {
    /// - Throws: ``StoreError`` `caseloadFull`.
    func perform(_ effects: [Effect], of match: Match) async throws {
        for effect in effects {
            switch effect {
            case .announce(let step, let peer, let outcome, let version, let referral):
                try publish(
                    DispatchProgressed(
                        matchID: match.id, referralID: referral, participantID: match.participantID(of: referral),
                        peerID: peer,
                        version: version, step: step, outcome: outcome, at: now))
            case .announceAccepted(let peer, let version, let id):
                guard let referral = match.referrals.first(where: { $0.id == id }) else { continue }
                try publish(
                    MatchAccepted(
                        matchID: match.id, referralID: id, participantID: referral.participantID, peerID: peer,
                        version: version, kind: match.kind, setting: referral.setting,
                        programme: referral.programme, acceptedAt: now))
                if referral.participantID != match.participantID {
                    try await takeLoad(of: referral.participantID, in: match, by: peer)
                }
            case .schedule(let deadline, let round, let dueAt):
                guard let referral = match.referrals.first else { continue }
                let event = DispatchDeadlineDue(
                    matchID: match.id, referralID: referral.id, deadline: deadline, round: round, dueAt: dueAt)
                try transaction.schedule(
                    event, id: deadlineID(of: match.id, deadline, round: round), dueAt: dueAt, agency: agencyID,
                    headers: headers)
            case .unschedule(let deadline, let round):
                transaction.unschedule(id: deadlineID(of: match.id, deadline, round: round), agency: agencyID)
            case .takeLoad(let peer): try await takeLoad(of: match.participantID, in: match, by: peer)
            case .releaseLoad(let peer):
                for participant in match.participantIDs {
                    _ = try await transaction.execute(
                        ReferralStatements.releaseLoad, agencyID, peer, participant, match.id, now)
                }
            }
        }
    }

    private func takeLoad(of participant: ParticipantID, in match: Match, by peer: PeerID) async throws {
        let weight = try await policy().load.initialWeight
        let taken: Int
        do {
            taken = try await transaction.execute(
                ReferralStatements.takeLoad, agencyID, ids.uuid(), peer, participant, match.id, weight, now)
        } catch {
            // Until V0003 a check holds the cap.
            guard error.constraint == "peer_caseload_within_cap" else { throw error }
            throw StoreError(.caseloadFull)
        }
        guard taken == 1 else { return }
        // The peer's row is held since then: whoever takes another place waits, and counts this one.
        let rows = try await transaction.query(ReferralStatements.isOverCap, agencyID, peer)
        if try rows.first?.decode(Bool.self) ?? false { throw StoreError(.caseloadFull) }
    }

    private func publish(_ event: some Event) throws {
        try transaction.publish(event, agency: agencyID, headers: headers)
    }

    /// The id of a deadline's message: the match's own with its last two bytes turned by deadline and round, so that
    /// the same deadline is found again without keeping its id.
    private func deadlineID(of match: MatchID, _ deadline: DispatchDeadline, round: Int) -> UUID {
        var bytes = match.rawValue.uuid
        bytes.14 ^= deadline == .acknowledge ? 0x0A : 0x0B
        bytes.15 ^= UInt8(truncatingIfNeeded: round)
        return UUID(uuid: bytes)
    }
}
