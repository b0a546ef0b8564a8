internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addKeys(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/keys/renew", "renewKeys", "Bring an agency's participants under the present keys",
                access: .operators
            ),
            renewKeys
        )
        routes.add(
            Route(
                .get, "/v1/participants/{participantID}/possible-duplicates", "listPossibleDuplicates",
                "Participants who may be the same person", access: .office, discloses: [.presence]
            ),
            listPossibleDuplicates
        )
    }

    /// One step of at most 200 participants; called again with `after` until it answers no `next`.
    func renewKeys(_ request: Request, _ context: APIContext) async throws -> Response {
        let start = try request.query("after", as: ParticipantID.self)
        return try await inWork(context) { work in
            let renewal = try await store.renewKeys(after: start, atMost: 200, in: work)
            try work.tx.audit(AuditRecord(.update, purpose: .operations), context)
            return try .ok(KeyRenewalView(renewal))
        }
    }

    func listPossibleDuplicates(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        return try await inWork(context) { work in
            guard try await store.participant(id, in: work) != nil else { throw StoreError(.notFound) }
            let found = try await store.possibleDuplicates(of: id, in: work)
            try work.tx.audit(AuditRecord(.search, participantIDs: [id] + found.map(\.0)), context)
            return try .ok(Page(items: found.map(PossibleDuplicateView.init), next: nil))
        }
    }
}

/// What one step of a renewal did.
struct KeyRenewalView: Encodable {
    let rewrapped: Int
    let indexed: Int
    let next: ParticipantID?

    init(_ renewal: KeyRenewal) {
        rewrapped = renewal.rewrapped
        indexed = renewal.indexed
        next = renewal.next
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
