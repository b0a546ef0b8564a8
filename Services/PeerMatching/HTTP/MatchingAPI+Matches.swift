internal import Hummingbird
internal import Models
internal import PeerMatchingDomain
internal import ServiceKit

extension MatchingAPI {
    func addMatches(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/matches", "listMatches",
                "Matches, the newest first, of one status or participant where given; a peer lists their own.",
                access: .staff, discloses: [.presence]), listMatches)
        routes.add(
            Route(
                .get, "/v1/matches/{matchID}", "readMatch", "One match, with its ranking and the reasons.",
                access: .staff, discloses: [.presence, .referral]), readMatch)
    }

    @Sendable
    private func listMatches(_ request: Request, context: APIContext) async throws -> Response {
        let page = try request.page()
        let status = try request.query("status", as: StatusFilter.self)?.status
        let participant = try request.query("participantID", as: ParticipantID.self)
        let position = try page.cursor.map { cursor throws(Problem) in
            Store.MatchPosition(
                openedAt: try cursor.value(0, as: Instant.self), matchID: try cursor.value(1, as: MatchID.self))
        }
        return try await inTransaction(context) { store, viewer in
            let matches = try await store.matches(
                after: position ?? .newest, limit: page.limit + 1,
                .init(status: status, participant: participant, peer: viewer.peerID))
            let result = Page(matches.map(MatchSummaryView.init), limit: page.limit) { match in
                [match.openedAt.description, match.matchID.description]
            }
            return try .ok(
                try await context.audited(
                    result, about: \.participantID, asked: participant, as: viewer.relationship, in: store.transaction,
                    at: store.now))
        }
    }

    @Sendable
    private func readMatch(_ request: Request, context: APIContext) async throws -> Response {
        let id = try context.parameter("matchID", as: MatchID.self)
        return try await inTransaction(context) { store, viewer in
            try await answer(id, store, viewer, context, as: .read)
        }
    }

    /// The match as the viewer may see it, with its audit row.
    ///
    /// - Throws: 404 where a peer was never asked.
    func answer(
        _ id: MatchID, _ store: Store, _ viewer: Viewer, _ context: APIContext, as action: AuditRecord.Action
    ) async throws -> Response {
        let match = try await store.match(id)
        if let peer = viewer.peerID, match.peerID != peer, match.offer(to: peer) == nil { throw Refusal.notOffered }
        let ranking = viewer.peerID == nil ? try await store.newestRanking(of: id) : nil
        let view = MatchView(match, ranking, try await store.policy().dispatch, to: viewer)
        let permit =
            if let participant = view.participantID {
                try await viewer.permit(context, about: participant, store)
            } else {
                // A peer who has not taken it yet sees where somebody is needed, and not who.
                try context.permit(classes: [])
            }
        try store.transaction.audit(
            AuditRecord(action, under: permit, participantIDs: view.participantID == nil ? [] : match.participantIDs),
            context)
        return try .ok(view, etag: match.version)
    }
}

/// A status in a query.
private struct StatusFilter: LosslessStringConvertible {
    let status: Match.Status

    init?(_ text: String) {
        guard let status = Match.Status(rawValue: text) else { return nil }
        self.status = status
    }

    var description: String { status.rawValue }
}
