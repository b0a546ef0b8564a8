internal import Hummingbird
internal import Models
internal import PeerMatchingDomain
internal import ServiceKit

/// `POST /v1/matches/{matchID}/choose`.
struct ChooseRequest: Decodable {
    var peerID: PeerID
}

/// `PUT /v1/matches/{matchID}/wishes`: what the participant said about themself, or asks for.
struct WishesRequest: Decodable {
    var lifeStages: [String]?
    var pathways: [String]?
    var substances: [String]?
    var justice: Bool?
    var wishes: [Disclosure.Kind]?

    var traits: Need.Traits {
        var traits = Need.Traits()
        traits.lifeStages = lifeStages ?? []
        traits.pathways = pathways ?? []
        traits.substances = substances ?? []
        traits.justice = justice
        traits.wishes = wishes ?? []
        return traits
    }
}

// Choosing from a ranking.
extension MatchingAPI {
    func addChoice(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/matches/{matchID}/choose", "chooseMatch",
                "A supervisor chooses the peer of a proposal, sends one to a dispatch, or puts one in another's place.",
                access: .supervisors, discloses: [.presence, .referral], idempotency: .supported), choose)
        routes.add(
            Route(
                .put, "/v1/matches/{matchID}/wishes", "setWishes",
                "Keeps what the participant asks for, and ranks the peers of a proposal again.",
                access: .office, discloses: [.presence, .referral]), setWishes)
    }

    @Sendable
    private func choose(_ request: Request, context: APIContext) async throws -> Response {
        let body = try await request.decode(ChooseRequest.self, context: context)
        return try await change(context) { store, _, id in
            try await store.updateMatch(id) { match in
                // The same peer again, or too late: the match itself says so, without a ranking.
                if match.peerID == body.peerID || match.status == .arrived || match.status == .ended {
                    return try match.choose(body.peerID, among: [], at: store.now)
                }
                // Ranked anew: since the proposal somebody may have become full, paused, or excluded.
                let ranking = try await store.rank(match, as: .proposal, try await store.policy())
                return try match.choose(
                    body.peerID, among: Set(ranking.eligible.map(\.peerID)), at: store.now)
            }
        }
    }

    @Sendable
    private func setWishes(_ request: Request, context: APIContext) async throws -> Response {
        let id = try context.parameter("matchID", as: MatchID.self)
        let traits = try await request.decode(WishesRequest.self, context: context).traits
        try Faults.check(
            FieldFault.unlessCodes(traits.lifeStages, at: "/lifeStages")
                + FieldFault.unlessCodes(traits.pathways, at: "/pathways")
                + FieldFault.unlessCodes(traits.substances, at: "/substances"))
        return try await inTransaction(context) { store, viewer in
            let match = try await store.lock(id)
            guard match.status.isOpen else { throw Refusal.over }
            try await store.setTraits(traits, of: id)
            if match.status == .proposed {
                _ = try await store.rank(match, as: .proposal, try await store.policy())
            }
            return try await answer(id, store, viewer, context, as: .update)
        }
    }
}
