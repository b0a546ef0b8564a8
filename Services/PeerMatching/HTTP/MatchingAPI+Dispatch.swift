internal import Hummingbird
internal import Models
internal import PeerMatchingDomain
internal import ServiceKit

/// `POST /v1/matches/{matchID}/decline`.
struct DeclineRequest: Decodable {
    /// A code of the agency, such as `not-well`. Nobody has to give one.
    var reason: String?
}

/// `POST /v1/matches/{matchID}/end`.
struct EndRequest: Decodable {
    var outcome: BedsideOutcome
}

// What a peer does with a dispatch.
extension MatchingAPI {
    func addDispatchVerbs(to routes: inout Routes) {
        func verb(_ name: String, _ operationID: String, _ summary: String, _ access: Route.Access) -> Route {
            Route(
                .post, "/v1/matches/{matchID}/\(name)", operationID, summary, access: access,
                discloses: [.presence, .referral], idempotency: .supported)
        }
        routes.add(
            verb("acknowledge", "acknowledgeMatch", "The peer takes the dispatch; one wins.", .roles(.peer)),
            acknowledge)
        routes.add(
            verb("decline", "declineMatch", "The peer cannot go; the next one is asked at once.", .roles(.peer)),
            decline)
        routes.add(
            verb("arrive", "arriveAtMatch", "The peer is at the bedside.", .peersAndSupervisors), arrive)
        routes.add(
            verb("end", "endMatch", "The dispatch is over, with what came of it.", .peersAndSupervisors), end)
    }

    @Sendable
    private func acknowledge(_ request: Request, context: APIContext) async throws -> Response {
        try await change(context) { store, viewer, id in
            guard let peer = viewer.peerID else { throw Problem.forbidden }
            try await store.updateMatch(id) { match in try match.acknowledge(by: peer, at: store.now) }
        }
    }

    @Sendable
    private func decline(_ request: Request, context: APIContext) async throws -> Response {
        let body =
            context.body.readableBytes == 0
            ? DeclineRequest() : try await request.decode(DeclineRequest.self, context: context)
        try Faults.check(body.faults)
        return try await change(context) { store, viewer, id in
            guard let peer = viewer.peerID else { throw Problem.forbidden }
            try await store.decline(id, by: peer, reason: body.reason)
        }
    }

    @Sendable
    private func arrive(_ request: Request, context: APIContext) async throws -> Response {
        try await change(context) { store, viewer, id in
            try await store.updateMatch(id) { match in
                try match.arrive(by: try viewer.actor(in: match), at: store.now)
            }
        }
    }

    @Sendable
    private func end(_ request: Request, context: APIContext) async throws -> Response {
        let body = try await request.decode(EndRequest.self, context: context)
        return try await change(context) { store, viewer, id in
            try await store.updateMatch(id) { match in
                try match.end(by: try viewer.actor(in: match), outcome: body.outcome, at: store.now)
            }
        }
    }

    /// Changes the match that the path names, once per `Idempotency-Key`, and answers with it.
    func change(
        _ context: APIContext, _ perform: @escaping @Sendable (Store, Viewer, MatchID) async throws -> Void
    ) async throws -> Response {
        let id = try context.parameter("matchID", as: MatchID.self)
        return try await inTransaction(context) { store, viewer in
            try await store.transaction.once(context, resource: id.rawValue, status: .ok) {
                try await perform(store, viewer, id)
            } answer: { _ in
                try await answer(id, store, viewer, context, as: .update)
            }
        }
    }
}

extension DeclineRequest {
    fileprivate var faults: [FieldFault] {
        reason.flatMap { FieldFault.unlessCode($0, at: "/reason") }.map { [$0] } ?? []
    }
}

extension Viewer {
    /// Who acts: the peer, or a supervisor for the peer who took it.
    fileprivate func actor(in match: Match) throws(Refusal) -> PeerID {
        if let peerID { return peerID }
        if let peerID = match.peerID { return peerID }
        throw match.status.isOpen ? (match.kind == .proposal ? .wrongKind : .notAcknowledged) : .over
    }
}
