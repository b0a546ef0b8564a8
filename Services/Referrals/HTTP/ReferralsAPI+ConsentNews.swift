internal import Hummingbird
internal import MessageTable
internal import Models
internal import ServiceKit

extension ReferralsAPI {
    func addConsentNews(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/consents/announce", "announceConsents",
                "Tell the other services of an agency's consents again, as they now are", access: .operators,
                discloses: []
            ),
            announceConsents
        )
    }

    /// One step of at most 200 consents; called again with `after` until it answers no `next`.
    func announceConsents(_ request: Request, _ context: APIContext) async throws -> Response {
        let start = try request.query("after", as: ConsentID.self)
        return try await inWork(context) { work in
            let announced = try await store.announceConsents(after: start, atMost: 200, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
            return try .ok(AnnouncedView(announced: announced.count, next: announced.next))
        }
    }
}

/// What one step did.
struct AnnouncedView: Encodable {
    let announced: Int
    let next: ConsentID?
}
