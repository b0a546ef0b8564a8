internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// Where partners' own servers are, and the key by which they know the agency.
extension ReferralsAPI {
    func addOutsideServers(to routes: inout Routes) {
        let path = "/v1/partners/{partnerID}/server"
        routes.add(
            Route(
                .get, path, "readOutsideServer", "Where a partner's own server is, and the agency's public key for it",
                access: .roles(.operator, .coordinator, .supervisor), discloses: [])
        ) { _, context in
            let id = try context.parameter("partnerID", as: PartnerID.self)
            return try await inWork(context) { work in
                guard let found = try await store.outsideServer(of: id, in: work) else { throw StoreError(.notFound) }
                try work.tx.audit(AuditRecord(.read, under: try context.permit(), onBehalfOf: id), context)
                return .ok(OutsideServerView(stored: found), etag: found.server.version)
            }
        }
        routes.add(
            Route(
                .put, path, "saveOutsideServer",
                "Say where a partner's own server is; the first time, and when asked, with a new key",
                access: .operators, discloses: [], bodyLimit: 16 * 1024), saveOutsideServer)
    }

    /// The first time without If-Match; then on the version that was read.
    func saveOutsideServer(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("partnerID", as: PartnerID.self)
        let version = try request.ifMatchIfPresent
        let body = try await request.decode(OutsideServerBody.self, context: context)
        let server = try body.server(of: id, allowsLocal: allowsLocal)
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            let saved = try await store.save(
                server, expecting: version, withNewKey: body.newKey ?? false, by: subject, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit(), onBehalfOf: id), context)
            return .ok(OutsideServerView(stored: saved), etag: saved.server.version)
        }
    }
}
