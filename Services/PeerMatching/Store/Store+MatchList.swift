internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import PeerMatchingDomain
internal import Postgres

/// A match in a list.
struct MatchSummary {
    let id: MatchID
    let participantID: ParticipantID
    let kind: MatchKind
    let status: Match.Status
    let round: Int
    let peerID: PeerID?
    let openedAt: Instant
    let overdueAt: Instant?
    let version: Int
}

extension Store {
    /// Where a page of matches ends: the newest first.
    struct MatchPosition {
        var openedAt: Instant
        var matchID: MatchID

        /// Before every match.
        static let newest = MatchPosition(
            // Year 9999, which PostgreSQL still holds.
            openedAt: Instant(unixSeconds: 253_402_300_799),
            matchID: MatchID(
                rawValue: UUID(
                    uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255))))
    }

    /// Which matches are asked for; nil asks for all.
    struct MatchFilter {
        var status: Match.Status?
        var participant: ParticipantID?
        /// What this peer is asked for or took.
        var peer: PeerID?
    }

    /// At most `limit` matches after a position.
    func matches(
        after position: MatchPosition, limit: Int, _ filter: MatchFilter = MatchFilter()
    ) async throws -> [MatchSummary] {
        let (openedAt, matchID) = (position.openedAt, position.matchID)
        let rows =
            if let peer = filter.peer {
                try await transaction.query(
                    MatchListStatements.ofPeer, agencyID, openedAt, matchID, limit, peer, filter.status,
                    filter.participant)
            } else if let participant = filter.participant {
                try await transaction.query(
                    MatchListStatements.ofParticipant, agencyID, openedAt, matchID, limit, participant, filter.status)
            } else if let status = filter.status {
                try await transaction.query(
                    MatchListStatements.withStatus, agencyID, openedAt, matchID, limit, status)
            } else {
                try await transaction.query(MatchListStatements.all, agencyID, openedAt, matchID, limit)
            }
        return try rows.map { row in
            let columns = try row.decode(
                (MatchID, ParticipantID, MatchKind, Match.Status, Int, PeerID?, Instant, Instant?, Int).self)
            return MatchSummary(
                id: columns.0, participantID: columns.1, kind: columns.2, status: columns.3, round: columns.4,
                peerID: columns.5, openedAt: columns.6, overdueAt: columns.7, version: columns.8)
        }
    }
}
