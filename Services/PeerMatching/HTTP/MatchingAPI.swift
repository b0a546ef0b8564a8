internal import Confidentiality
internal import Hummingbird
internal import MessageTable
internal import Models
internal import PeerMatchingDomain
internal import Postgres
internal import ServiceKit

/// The API under `/v1`: peers, shifts, matches, and what an agency decides about matching.
struct MatchingAPI: Sendable {
    let database: Database
    let clock: WallClock
    let ids: IDSource

    var routes: Routes {
        var routes = Routes()
        addPeers(to: &routes)
        addShifts(to: &routes)
        addMatches(to: &routes)
        addDispatchVerbs(to: &routes)
        addChoice(to: &routes)
        addRules(to: &routes)
        routes.mapErrors(MatchingProblems.problem)
        return routes
    }

    /// Runs a request in one transaction of its agency.
    func inTransaction(
        _ context: APIContext, _ body: @Sendable (Store, Viewer) async throws -> Response
    ) async throws -> Response {
        let viewer = try Viewer(of: context.principal)
        let agencyID = try context.agencyID
        let (clock, ids, headers) = (clock, ids, context.messageHeaders)
        return try await database.transaction(context) { transaction in
            let store = Store(
                transaction: transaction, agencyID: agencyID, now: clock.now(), ids: ids, headers: headers)
            return try await body(store, viewer)
        }
    }
}

/// Who looks: what is shown, and what may be changed, depends on it.
enum Viewer: Hashable {
    case coordinator
    case supervisor
    case peer(PeerID)

    /// - Throws: 403 for other roles, and for a peer's token that does not say whose it is.
    init(of principal: Principal) throws(Problem) {
        switch principal.role {
        case .coordinator: self = .coordinator
        case .supervisor: self = .supervisor
        case .peer:
            guard let peerID = principal.peerID else { throw .forbidden }
            self = .peer(peerID)
        case .participant, .partner, .operator, .privacyOfficer, .service: throw .forbidden
        }
    }

    var peerID: PeerID? {
        if case .peer(let id) = self { id } else { nil }
    }

    /// What connects the viewer with those whom it may see.
    var relationship: Relationship { peerID == nil ? .agency : .assigned }

    /// What may be told of a participant whose match the viewer may see.
    ///
    /// - Throws: 404 where nothing may.
    func permit(
        _ context: APIContext, about participantID: ParticipantID, classes: Set<DataClass>? = nil, _ store: Store
    ) async throws -> Permit {
        try await context.permit(
            about: participantID, as: relationship, in: store.transaction, classes: classes, at: store.now)
    }
}

extension Route.Access {
    /// Those who keep the work moving.
    static let office = Route.Access.roles(.coordinator, .supervisor)
    /// Those, and the peers for what is their own.
    static let staff = Route.Access.roles(.coordinator, .supervisor, .peer)
    static let supervisors = Route.Access.roles(.supervisor)
    static let peersAndSupervisors = Route.Access.roles(.peer, .supervisor)
}
