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
        let id = try context.parameter("participantID", as: ParticipantID.self)
        return try await inWork(context) { work in
            let before = try await permit(about: [id], context, work)
            guard let found = try await store.person(id, in: work) else {
                throw Problem.notFound.denying(Denial(.hidden, participantIDs: [id]))
            }
            let permit = try await permit(before, about: found, context, work)
            try record(.read, permit, found, context, work)
            let view = ParticipantView(found, within: permit)
            return try .ok(view, etag: found.version)
        }
    }

    func listPossibleDuplicates(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        return try await inWork(context) { work in
            guard let person = try await store.person(id, in: work) else { throw StoreError(.notFound) }
            let found = try await store.possibleDuplicates(of: id, in: work)
            let permits = try await context.permits(
                listing: [id] + person.ids.all + found.map(\.0), as: .agency, in: work.tx, at: work.now)
            guard permits[id] != nil else {
                throw Problem.notFound.denying(Denial(.restriction, participantIDs: [id]))
            }
            try work.tx.audit(AuditRecord(listing: permits), context)
            let shown = found.filter { permits[$0.0] != nil }
            return try .ok(Page(items: shown.map(PossibleDuplicateView.init), next: nil))
        }
    }

    /// What connects somebody of the agency, or a participant, with this one. A person may ask under each of their ids.
    func relationship(
        of principal: Principal, to id: ParticipantID, _ work: Work
    ) async throws -> Relationship {
        switch principal.role {
        case .coordinator, .supervisor, .privacyOfficer: return .agency
        case .participant:
            guard let own = principal.participantID else { return .none }
            if own == id { return .own }
            let ids = try await ParticipantMerges.group(of: own, in: work.tx, of: work.agencyID)
            return ids.contains(id) ? .own : .none
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
