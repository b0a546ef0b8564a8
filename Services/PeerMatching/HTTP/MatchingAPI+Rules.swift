internal import Hummingbird
internal import Models
internal import PeerMatchingDomain
internal import ServiceKit

/// `POST /v1/excluded-pairs`; also how a pair is shown to supervisors.
struct ExcludedPairBody: Codable {
    var peerID: PeerID
    var participantID: ParticipantID
    var reason: ExcludedPair.Reason
    var expiresAt: Instant?

    init(_ pair: ExcludedPair) {
        peerID = pair.peerID
        participantID = pair.participantID
        reason = pair.reason
        expiresAt = pair.expiresAt
    }

    var pair: ExcludedPair {
        ExcludedPair(peerID: peerID, participantID: participantID, reason: reason, expiresAt: expiresAt)
    }
}

/// The excluded pairs of one participant.
struct ExcludedPairsView: Encodable {
    let items: [ExcludedPairBody]
}

/// `PUT /v1/sites/{partnerID}`.
struct SiteRequest: Decodable {
    var area: String?
    var credentials: [String]
}

/// A site as it is shown.
struct SiteView: Encodable {
    let partnerID: PartnerID
    let area: String?
    let credentials: [String]
    let version: Int
}

// What an agency decides about matching.
extension MatchingAPI {
    func addRules(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/excluded-pairs", "excludePair",
                "Keeps a peer and a participant apart; a peer may do so for themself.",
                access: .peersAndSupervisors, discloses: [.presence]), excludePair)
        routes.add(
            Route(
                .get, "/v1/excluded-pairs", "listExcludedPairs", "The excluded pairs of one participant.",
                access: .supervisors, discloses: [.presence, .peerPrivate]), listExcludedPairs)
        routes.add(
            Route(
                .put, "/v1/sites/{partnerID}", "putSite",
                "Where a referring organisation is, and which clearances it asks for.", access: .supervisors,
                discloses: []), putSite)
        routes.add(
            Route(.get, "/v1/policy", "readPolicy", "The rules that apply now.", access: .office, discloses: []),
            readPolicy)
        routes.add(
            Route(
                .put, "/v1/policy", "putPolicy", "New rules, as the next version.", access: .supervisors, discloses: []),
            putPolicy)
    }

    @Sendable
    private func excludePair(_ request: Request, context: APIContext) async throws -> Response {
        let body = try await request.decode(ExcludedPairBody.self, context: context)
        let subject = try context.principal.subject
        return try await inTransaction(context) { store, viewer in
            if let peer = viewer.peerID, body.peerID != peer || body.reason != .peerWish {
                throw Problem.forbidden.denying(Denial(.role))
            }
            // A peer keeps somebody away whom they know from elsewhere, and is told nothing of them in return.
            let permit = try await viewer.permit(
                context, about: body.participantID, classes: viewer.peerID == nil ? nil : [], store)
            try await store.put(body.pair, by: subject)
            try await store.passOver(body.peerID, for: body.participantID)
            try store.transaction.audit(
                AuditRecord(.create, under: permit, participantIDs: [body.participantID]), context)
            return try .json(body, status: .created)
        }
    }

    @Sendable
    private func listExcludedPairs(_ request: Request, context: APIContext) async throws -> Response {
        guard let participant = try request.query("participantID", as: ParticipantID.self) else {
            throw Problem.invalid("participantID", "is needed")
        }
        return try await inTransaction(context) { store, viewer in
            let permit = try await viewer.permit(context, about: participant, store)
            let pairs = try await store.excludedPairs(of: participant)
            try store.transaction.audit(
                AuditRecord(
                    .search, under: permit, participantIDs: Set([participant] + pairs.map(\.participantID)).sorted()),
                context)
            return try .ok(ExcludedPairsView(items: pairs.map(ExcludedPairBody.init)))
        }
    }

    @Sendable
    private func putSite(_ request: Request, context: APIContext) async throws -> Response {
        let partner = try context.parameter("partnerID", as: PartnerID.self)
        let body = try await request.decode(SiteRequest.self, context: context)
        try Faults.check(
            FieldFault.unlessCodes(body.credentials, at: "/credentials")
                + (body.area.flatMap { FieldFault.unlessCode($0, at: "/area") }.map { [$0] } ?? []))
        return try await inTransaction(context) { store, _ in
            try await store.putSite(of: partner, area: body.area, credentials: body.credentials)
            try store.transaction.audit(AuditRecord(.update, under: try context.permit()), context)
            guard let site = try await store.site(of: partner) else { throw Problem.notFound }
            return try .ok(
                SiteView(partnerID: partner, area: site.area, credentials: site.credentials, version: site.version),
                etag: site.version)
        }
    }

    @Sendable
    private func readPolicy(_ request: Request, context: APIContext) async throws -> Response {
        try await inTransaction(context) { store, _ in
            let policy = try await store.policy()
            try store.transaction.audit(AuditRecord(.read, under: try context.permit()), context)
            return try .ok(policy, etag: policy.version)
        }
    }

    @Sendable
    private func putPolicy(_ request: Request, context: APIContext) async throws -> Response {
        let version = try request.ifMatch
        let policy = try await request.decode(Policy.self, context: context)
        try Faults.check(policy.faults())
        let subject = try context.principal.subject
        return try await inTransaction(context) { store, _ in
            guard try await store.policy().version == version else { throw Problem.stale }
            guard policy.version == version + 1 else { throw Problem.invalid("/version", "is \(version + 1)") }
            try await store.insert(policy, by: subject)
            try store.transaction.audit(AuditRecord(.update, under: try context.permit()), context)
            return try .ok(policy, etag: policy.version)
        }
    }
}
