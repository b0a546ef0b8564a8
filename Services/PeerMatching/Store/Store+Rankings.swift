internal import MessageTable
internal import Models
internal import PeerMatchingDomain
internal import Postgres

/// A stored ranking as it is shown.
struct StoredRanking {
    let number: Int
    let kind: MatchKind
    let policyVersion: Int
    let rankedAt: Instant
    let peers: [Entry]

    struct Entry {
        let peerID: PeerID
        let displayName: String
        /// 1 is the best; nil for who is not eligible.
        let place: Int?
        let wishesMet: Int
        let score: Int
        let reasons: [Reason]
        let grounds: [Ground]
    }
}

extension Store {
    /// Ranks the peers for a match and keeps the ranking with all its inputs.
    ///
    /// For a dispatch the on-call shifts are locked first, so that two dispatches never ask the same peer at once.
    func rank(_ match: Match, as kind: MatchKind, _ policy: Policy) async throws -> Ranking {
        let need = try await need(of: match)
        if kind == .dispatch {
            _ = try await transaction.query(ShiftStatements.lockOnCall, agencyID, policy.dispatch.line, now)
        }
        let candidates = try await transaction.query(
            kind == .dispatch ? RankingStatements.candidatesOnCall : RankingStatements.candidates,
            agencyID, match.participantID, match.id, policy.dispatch.line, now
        ).map(candidate)
        let ranking = Ranking(of: candidates, for: need, policy: policy, kind: kind, at: now)
        let numbers = try await transaction.query(
            RankingStatements.insert, agencyID, match.id, kind, policy.version, JSONB(encoding: policy),
            JSONB(encoding: need), JSONB(encoding: candidates.sorted { $0.peerID < $1.peerID }), now)
        for row in numbers {
            try await insertPeers(of: ranking, number: row.column("number", as: Int.self), match: match.id)
        }
        return ranking
    }

    private func insertPeers(of ranking: Ranking, number: Int, match: MatchID) async throws {
        let (ranked, refused) = (ranking.eligible, ranking.refused)
        let zeros = refused.map { _ in 0 }
        _ = try await transaction.execute(
            RankingStatements.insertPeers, agencyID, match, number,
            ranked.map(\.peerID) + refused.map(\.peerID),
            ranked.indices.map { $0 + 1 as Int? } + refused.map { _ in nil },
            ranked.map(\.wishesMet) + zeros,
            ranked.map(\.score) + zeros,
            ranked.map { try JSONB(encoding: $0.reasons) } + refused.map { _ in JSONB(Array("[]".utf8)) },
            ranked.map { _ in "" } + refused.map { $0.grounds.map(\.rawValue).joined(separator: ",") })
    }

    /// The newest ranking of a match; nil when it has none.
    func newestRanking(of match: MatchID) async throws -> StoredRanking? {
        guard let row = try await transaction.query(RankingStatements.newest, agencyID, match).first else {
            return nil
        }
        let (number, kind, version, rankedAt) = try row.decode((Int, MatchKind, Int, Instant).self)
        let peers = try await transaction.query(RankingStatements.peers, agencyID, match, number).map { row in
            let columns = try row.decode((PeerID, String, Int?, Int, Int, JSONB, [String]).self)
            return StoredRanking.Entry(
                peerID: columns.0, displayName: columns.1, place: columns.2, wishesMet: columns.3, score: columns.4,
                reasons: try columns.5.decoded(), grounds: columns.6.compactMap(Ground.init(rawValue:)))
        }
        return StoredRanking(
            number: number, kind: kind, policyVersion: version, rankedAt: rankedAt, peers: peers)
    }

    /// A stored ranking computed again from what was stored with it.
    func recomputedRanking(_ number: Int, of match: MatchID) async throws -> Ranking? {
        guard let row = try await transaction.query(RankingStatements.inputs, agencyID, match, number).first else {
            return nil
        }
        let (kind, policy, need, candidates, rankedAt) = try row.decode(
            (MatchKind, JSONB, JSONB, JSONB, Instant).self)
        return Ranking(
            of: try candidates.decoded(), for: try need.decoded(), policy: try policy.decoded(), kind: kind,
            at: rankedAt)
    }

    private func candidate(_ row: Row) throws -> Candidate {
        let columns = try row.decode(
            (
                PeerID, Peer.Status, [String], String?, [String], JSONB, CivilDate?, [String], CivilDate?, CivilDate?,
                JSONB, Int, Int, Int, Instant?, Instant?, Int?, Bool, Bool, Bool
            ).self)
        var candidate = Candidate(
            peerID: columns.0, languages: columns.2.map(LanguageTag.init(rawValue:)), caseloadCap: columns.12)
        let today = now.dateInUTC
        candidate.status = columns.1
        candidate.gender = columns.3
        candidate.areas = columns.4
        candidate.disclosures = try columns.5.decoded()
        candidate.supportsMedication = columns.6.map { $0 <= today } ?? false
        candidate.sceneOptOuts = columns.7
        candidate.recoverySinceOn = columns.8
        candidate.outOfJusticeSinceOn = columns.9
        candidate.credentials = try columns.10.decoded(as: [Credential].self).filter { $0.isValid(on: today) }
            .map { Candidate.Held(kind: $0.kind, expiresOn: $0.expiresOn) }
        candidate.caseload = columns.11
        candidate.weightedLoad = columns.13
        candidate.pausedUntil = columns.14
        candidate.lastAssignedAt = columns.15
        candidate.callOrder = columns.16
        candidate.isOnDispatch = columns.17
        candidate.isExcluded = columns.18
        candidate.supportsParticipant = columns.19
        return candidate
    }
}
