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
