internal import Models
internal import PeerMatchingDomain

/// A match in a list.
struct MatchSummaryView: Encodable {
    let matchID: MatchID
    let participantID: ParticipantID
    let kind: MatchKind
    let status: Match.Status
    let round: Int
    let peerID: PeerID?
    let openedAt: Instant
    let overdueAt: Instant?
    let version: Int

    init(_ match: MatchSummary) {
        matchID = match.id
        participantID = match.participantID
        kind = match.kind
        status = match.status
        round = match.round
        peerID = match.peerID
        openedAt = match.openedAt
        overdueAt = match.overdueAt
        version = match.version
    }
}

/// One match as it is shown.
///
/// A peer sees their own offer and no ranking; whom it is about only while they are asked, or when they go.
struct MatchView: Encodable {
    let matchID: MatchID
    let participantID: ParticipantID?
    let referralIDs: [ReferralID]?
    let kind: MatchKind
    let status: Match.Status
    let round: Int
    let peerID: PeerID?
    let openedAt: Instant
    let dispatchedAt: Instant?
    let arriveBy: Instant?
    let acceptedAt: Instant?
    let arrivedAt: Instant?
    let overdueAt: Instant?
    /// How to reach the bedside once it is overdue.
    let fallback: DispatchRules.Fallback?
    let endedAt: Instant?
    let outcome: BedsideOutcome?
    let offers: [OfferView]
    let ranking: RankingView?
    let version: Int

    struct OfferView: Encodable {
        let peerID: PeerID
        let round: Int
        let status: Offer.Status
        let offeredAt: Instant
        let answeredAt: Instant?

        init(_ offer: Offer) {
            peerID = offer.peerID
            round = offer.round
            status = offer.status
            offeredAt = offer.offeredAt
            answeredAt = offer.answeredAt
        }
    }

    init(_ match: Match, _ ranking: StoredRanking?, _ rules: DispatchRules, to viewer: Viewer) {
        let mayKnowWhom = viewer.peerID.map { match.isVisible(to: $0) } ?? true
        let times = match.times
        matchID = match.id
        participantID = mayKnowWhom ? match.participantID : nil
        referralIDs = mayKnowWhom ? match.referrals.map(\.id) : nil
        kind = match.kind
        status = match.status
        round = match.round
        peerID = viewer.peerID == nil || viewer.peerID == match.peerID ? match.peerID : nil
        openedAt = times.openedAt
        dispatchedAt = times.dispatchedAt
        arriveBy = times.dispatchedAt.map { $0 + .seconds(rules.arriveMinutes * 60) }
        acceptedAt = times.acceptedAt
        arrivedAt = times.arrivedAt
        overdueAt = times.overdueAt
        fallback = times.overdueAt == nil ? nil : rules.fallback
        endedAt = times.endedAt
        outcome = match.outcome
        offers = match.offers.filter { viewer.peerID == nil || viewer.peerID == $0.peerID }.map(OfferView.init)
        self.ranking = viewer.peerID == nil ? ranking.map { RankingView($0, to: viewer) } : nil
        version = match.version
    }
}

/// A ranking with its reasons. Grounds that say something private about a peer, or about a pair, only supervisors see;
/// for others such a peer is not in it at all.
struct RankingView: Encodable {
    let number: Int
    let kind: MatchKind
    let policyVersion: Int
    let rankedAt: Instant
    let eligible: [Eligible]
    let notEligible: [NotEligible]

    struct Eligible: Encodable {
        let place: Int
        let peerID: PeerID
        let displayName: String
        let wishesMet: Int
        /// Thousandths of a percent.
        let score: Int
        let reasons: [Reason]
    }

    struct NotEligible: Encodable {
        let peerID: PeerID
        let displayName: String
        let grounds: [GroundView]
    }

    struct GroundView: Encodable {
        let code: Ground
        let text: String
    }

    init(_ ranking: StoredRanking, to viewer: Viewer) {
        number = ranking.number
        kind = ranking.kind
        policyVersion = ranking.policyVersion
        rankedAt = ranking.rankedAt
        eligible = ranking.peers.compactMap { peer in
            peer.place.map { place in
                Eligible(
                    place: place, peerID: peer.peerID, displayName: peer.displayName, wishesMet: peer.wishesMet,
                    score: peer.score, reasons: peer.reasons)
            }
        }
        notEligible = ranking.peers.filter { peer in
            peer.place == nil && (viewer == .supervisor || !peer.grounds.contains(where: \.isPrivate))
        }.map { peer in
            NotEligible(
                peerID: peer.peerID, displayName: peer.displayName,
                grounds: peer.grounds.map { GroundView(code: $0, text: $0.text) })
        }
    }
}
