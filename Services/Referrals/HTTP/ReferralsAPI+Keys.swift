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
                access: .operators, discloses: []
            ),
            renewKeys
        )
    }

    /// One step of at most 200 participants; called again with `after` until it answers no `next`.
    func renewKeys(_ request: Request, _ context: APIContext) async throws -> Response {
        let start = try request.query("after", as: ParticipantID.self)
        return try await inWork(context) { work in
            let renewal = try await store.renewKeys(after: start, atMost: 200, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
            return try .ok(KeyRenewalView(renewal))
        }
    }
}

/// What one step of a renewal did.
struct KeyRenewalView: Encodable {
    /// The ring's current key, under which data keys are now.
    let keyID: String
    let rewrapped: Int
    let indexed: Int
    let next: ParticipantID?

    init(_ renewal: KeyRenewal) {
        keyID = renewal.keyID
        rewrapped = renewal.rewrapped
        indexed = renewal.indexed
        next = renewal.next
    }
}
