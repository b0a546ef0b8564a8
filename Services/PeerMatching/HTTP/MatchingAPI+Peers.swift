internal import Hummingbird
internal import Models
internal import PeerMatchingDomain
internal import ServiceKit

extension MatchingAPI {
    func addPeers(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/peers", "createPeer", "Adds a peer.", access: .office, discloses: [.peerPrivate],
                idempotency: .supported), createPeer)
        routes.add(
            Route(.get, "/v1/peers", "listPeers", "Peers in pages.", access: .office, discloses: [.peerPrivate]),
            listPeers)
        routes.add(
            Route(
                .get, "/v1/peers/{peerID}", "readPeer", "One peer; a peer reads only themself.", access: .staff,
                discloses: [.peerPrivate]), readPeer)
        routes.add(
            Route(
                .patch, "/v1/peers/{peerID}", "changePeer",
                "Changes a peer: their own profile by themself, all of it by a supervisor.",
                access: .peersAndSupervisors, discloses: [.peerPrivate]), changePeer)
    }

    @Sendable
    private func createPeer(_ request: Request, context: APIContext) async throws -> Response {
        let body = try await request.decode(CreatePeerRequest.self, context: context)
        let peer = body.peer(ids.new(), by: try context.principal.subject)
        let today = clock.now().dateInUTC
        try Faults.check(peer.faults(on: today))
        return try await inTransaction(context) { store, viewer in
            let record = AuditRecord(.create, under: try context.permit())
            return try await store.transaction.once(context, resource: peer.id.rawValue, recording: record) {
                try await store.insert(peer)
            } answer: { id in
                let stored = try await store.peer(PeerID(rawValue: id))
                return try .created(
                    PeerView(stored, to: viewer, on: today), at: "/v1/peers/\(stored.id)", etag: stored.version)
            }
        }
    }

    @Sendable
    private func listPeers(_ request: Request, context: APIContext) async throws -> Response {
        let page = try request.page()
        let previous = try page.cursor?.value(0, as: PeerID.self)
        let today = clock.now().dateInUTC
        return try await inTransaction(context) { store, viewer in
            let peers = try await store.peers(after: previous, limit: page.limit + 1)
            try store.transaction.audit(AuditRecord(.search, under: try context.permit()), context)
            let views = peers.map { PeerView($0, to: viewer, on: today) }
            return try .ok(Page(views, limit: page.limit) { [$0.peerID.description] })
        }
    }

    @Sendable
    private func readPeer(_ request: Request, context: APIContext) async throws -> Response {
        let id = try context.parameter("peerID", as: PeerID.self)
        let today = clock.now().dateInUTC
        return try await inTransaction(context) { store, viewer in
            try viewer.requireReach(to: id)
            let peer = try await store.peer(id)
            try store.transaction.audit(AuditRecord(.read, under: try context.permit()), context)
            return try .ok(PeerView(peer, to: viewer, on: today), etag: peer.version)
        }
    }

    @Sendable
    private func changePeer(_ request: Request, context: APIContext) async throws -> Response {
        let id = try context.parameter("peerID", as: PeerID.self)
        let version = try request.ifMatch
        let body = try await request.decode(ChangePeerRequest.self, context: context)
        let subject = try context.principal.subject
        let today = clock.now().dateInUTC
        return try await inTransaction(context) { store, viewer in
            try viewer.requireReach(to: id)
            if viewer.peerID != nil && body.changesTerms { throw Problem.forbidden.denying(Denial(.role)) }
            try await store.updatePeer(id, expecting: version) { peer in
                // A caseload above the cap, which a merge that was taken back left, keeps nobody from other changes.
                let before = peer.faults(on: today)
                body.apply(to: &peer, by: subject)
                try Faults.check(peer.faults(on: today).filter { body.caseloadCap.isGiven || !before.contains($0) })
            }
            try store.transaction.audit(AuditRecord(.update, under: try context.permit()), context)
            let peer = try await store.peer(id)
            return try .ok(PeerView(peer, to: viewer, on: today), etag: peer.version)
        }
    }
}

extension Viewer {
    /// - Throws: 404 where a peer asks for somebody else.
    func requireReach(to peer: PeerID) throws(Problem) {
        if let peerID, peerID != peer { throw Problem.notFound.denying(Denial(.relationship)) }
    }
}
