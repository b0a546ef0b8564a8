public import Models

/// Peers in order for one participant, with the reasons, and those who are not eligible, with the grounds.
///
/// A pure function of its inputs: the same need, candidates, policy and instant give the same ranking, whatever the
/// order of the candidates.
public struct Ranking: Codable, Hashable, Sendable {
    /// The version of the policy that was applied.
    public var policyVersion: Int
    public var kind: MatchKind
    public var rankedAt: Instant
    /// The best first.
    public var eligible: [Ranked]
    /// In order of their ids.
    public var refused: [Refused]

    /// An eligible peer in their place.
    public struct Ranked: Codable, Hashable, Sendable {
        public var peerID: PeerID
        /// Wishes of the participant that the peer meets.
        public var wishesMet: Int
        /// From 0 to 100,000: thousandths of a percent.
        public var score: Int
        public var reasons: [Reason]
    }

    /// A peer who is not eligible.
    public struct Refused: Codable, Hashable, Sendable {
        public var peerID: PeerID
        public var grounds: [Ground]

        /// Whether only supervisors may see that this peer was considered.
        public var isPrivate: Bool { grounds.contains(where: \.isPrivate) }
    }

    /// Ranks the candidates for a need.
    ///
    /// A dispatch goes by the order on the on-call line, because whoever is first on call expects to be asked first; only
    /// a peer who supports the person already goes before. A proposal goes by wishes met, then by score. Ties go to who
    /// has been idle longest, then to the lowest weighted load, then to the older id.
    public init(of candidates: [Candidate], for need: Need, policy: Policy, kind: MatchKind, at now: Instant) {
        let eligibility = Eligibility(need: need, policy: policy, kind: kind, now: now)
        let scoring = Scoring(need: need, policy: policy, kind: kind)
        var ranked: [(key: Key, ranked: Ranked)] = []
        var refused: [Refused] = []
        for peer in candidates {
            let grounds = eligibility.grounds(against: peer)
            guard grounds.isEmpty else {
                refused.append(Refused(peerID: peer.peerID, grounds: grounds))
                continue
            }
            let wishes = scoring.wishesMet(by: peer)
            let criteria = scoring.criteria(for: peer)
            let score = criteria.reduce(0) { $0 + $1.points }
            let onCall = kind == .dispatch ? peer.callOrder.map(Self.onCallReason) : nil
            let entry = Ranked(
                peerID: peer.peerID, wishesMet: wishes.count, score: score,
                reasons: [onCall].compactMap { $0 } + wishes + criteria
            )
            ranked.append((Key(peer, kind: kind, wishesMet: wishes.count, score: score), entry))
        }
        self.policyVersion = policy.version
        self.kind = kind
        self.rankedAt = now
        self.eligible = ranked.sorted { $0.key < $1.key }.map(\.ranked)
        self.refused = refused.sorted { $0.peerID < $1.peerID }
    }

    private static func onCallReason(_ order: Int) -> Reason {
        Reason(code: .onCall, points: 0, text: order == 1 ? "Is first on call" : "Is on call, number \(order)")
    }

    /// What a ranking sorts by; the smaller goes first. Total, because ids differ.
    private struct Key: Comparable {
        let onCall: Int
        let negatedWishes: Int
        let negatedScore: Int
        let lastAssigned: Int64
        let weightedLoad: Int
        let peerID: PeerID

        init(_ peer: Candidate, kind: MatchKind, wishesMet: Int, score: Int) {
            onCall = kind == .dispatch && !peer.supportsParticipant ? peer.callOrder ?? .max : 0
            negatedWishes = -wishesMet
            negatedScore = -score
            lastAssigned = peer.lastAssignedAt?.microseconds ?? .min
            weightedLoad = peer.weightedLoad
            peerID = peer.peerID
        }

        static func < (left: Key, right: Key) -> Bool {
            if left.onCall != right.onCall { return left.onCall < right.onCall }
            return (left.negatedWishes, left.negatedScore, left.lastAssigned, left.weightedLoad, left.peerID)
                < (right.negatedWishes, right.negatedScore, right.lastAssigned, right.weightedLoad, right.peerID)
        }
    }
}
