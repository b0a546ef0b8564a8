internal import Confidentiality
internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addParticipants(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/participants/{participantID}", "readParticipant", "Who a participant is",
                access: .roles(.coordinator, .supervisor, .peer, .participant),
                discloses: [.presence, .identity]
            ),
            readParticipant
        )
        routes.add(
            Route(
                .get, "/v1/participants/{participantID}/possible-duplicates", "listPossibleDuplicates",
                "Participants who may be the same person", access: .office, discloses: [.presence]
            ),
            listPossibleDuplicates
        )
    }

    /// The agency's office sees the identity; a peer sees name and phone of those assigned; a participant sees their
    /// own. To everybody else the participant does not exist.
    func readParticipant(_ request: Request, _ context: APIContext) async throws -> Response {
        let principal = try context.principal
        let id = try context.parameter("participantID", as: ParticipantID.self)
        return try await inWork(context) { work in
            let permit = try await context.permit(
                about: id, as: try await relationship(of: principal, to: id, work), in: work.tx, at: work.now)
            guard let found = try await store.participant(id, in: work) else {
                throw Problem.notFound.denying(Denial(.hidden, participantIDs: [id]))
            }
            try work.tx.audit(AuditRecord(.read, under: permit, participantIDs: [id]), context)
            let view = ParticipantView(found, within: permit)
            return try .ok(view, etag: found.version)
        }
    }

    func listPossibleDuplicates(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        return try await inWork(context) { work in
            guard try await store.participant(id, in: work) != nil else { throw StoreError(.notFound) }
            let found = try await store.possibleDuplicates(of: id, in: work)
            let permits = try await context.permits(
                listing: [id] + found.map(\.0), as: .agency, in: work.tx, at: work.now)
            guard permits[id] != nil else {
                throw Problem.notFound.denying(Denial(.restriction, participantIDs: [id]))
            }
            try work.tx.audit(AuditRecord(listing: permits), context)
            let shown = found.filter { permits[$0.0] != nil }
            return try .ok(Page(items: shown.map(PossibleDuplicateView.init), next: nil))
        }
    }

    /// What connects somebody of the agency, or a participant, with this one.
    func relationship(
        of principal: Principal, to id: ParticipantID, _ work: Work
    ) async throws -> Relationship {
        switch principal.role {
        case .coordinator, .supervisor, .privacyOfficer: return .agency
        case .participant: return principal.participantID == id ? .own : .none
        case .peer:
            guard let peerID = principal.peerID else { return .none }
            return try await store.isAssigned(peerID, to: id, in: work) ? .assigned : .none
        case .partner, .operator, .service: return .none
        }
    }

    func addConsents(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/participants/{participantID}/consents", "listConsents", "A participant's consents",
                access: .office, discloses: [.presence]
            ),
            listConsents
        )
        routes.add(
            Route(
                .post, "/v1/participants/{participantID}/consents", "recordConsent", "Record a consent",
                access: .office, discloses: [.presence], idempotency: .supported, bodyLimit: 16 * 1024
            ),
            recordConsent
        )
        routes.add(
            Route(
                .post, "/v1/participants/{participantID}/consents/{consentID}/revoke", "revokeConsent",
                "Revoke a consent: nothing is disclosed under it any more", access: .office, discloses: [.presence]
            ),
            revokeConsent
        )
    }

    func listConsents(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        return try await inWork(context) { work in
            guard try await store.participant(id, in: work) != nil else { throw StoreError(.notFound) }
            let permit = try await context.permit(about: id, as: .agency, in: work.tx, at: work.now)
            let views = try await store.consents(of: id, in: work).map { ConsentView($0, at: work.now) }
            try work.tx.audit(AuditRecord(.read, under: permit, participantIDs: [id]), context)
            return try .ok(Page(items: views, next: nil))
        }
    }

    func recordConsent(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        let subject = try context.principal.subject
        let body = try await request.decode(ConsentBody.self, context: context)
        let draft = try body.draft(sender: nil, ownOnly: false, now: clock.now(), at: "")
        let consent = draft.consent(store.ids.new(), id)
        return try await inWork(context) { work in
            let permit = try await context.permit(about: id, as: .agency, in: work.tx, at: work.now)
            let record = AuditRecord(.create, under: permit, participantIDs: [id])
            return try await work.tx.once(context, resource: consent.consentID.rawValue, recording: record) {
                let participant = try await store.lockParticipant(id, in: work)
                try await store.record(consent, of: participant, by: subject, in: work)
            } answer: { recorded in
                let consents = try await store.consents(of: id, in: work)
                guard let found = consents.first(where: { $0.consentID.rawValue == recorded }) else {
                    throw StoreError(.notFound)
                }
                let view = ConsentView(found, at: work.now)
                return try .created(
                    view, at: "/v1/participants/\(id)/consents/\(found.consentID)", etag: view.version
                )
            }
        }
    }

    /// Revoking twice is revoking once.
    func revokeConsent(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        let consentID = try context.parameter("consentID", as: ConsentID.self)
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            let participant = try await store.lockParticipant(id, in: work)
            let permit = try await context.permit(about: id, as: .agency, in: work.tx, at: work.now)
            let consent = try await store.revoke(consentID, of: participant, by: subject, in: work)
            try work.tx.audit(AuditRecord(.update, under: permit, participantIDs: [id]), context)
            return try .ok(ConsentView(consent, at: work.now), etag: consent.version)
        }
    }
}

/// Somebody who may be the same person, and by what.
struct PossibleDuplicateView: Encodable {
    let participantID: ParticipantID
    /// `phone`, `name_birth_year_phonetic`.
    let sharedBy: [IndexKey.Kind]

    init(_ found: (ParticipantID, [IndexKey.Kind])) {
        (participantID, sharedBy) = found
    }
}
