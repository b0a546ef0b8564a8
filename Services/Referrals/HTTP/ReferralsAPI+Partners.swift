internal import FoundationEssentials
internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension ReferralsAPI {
    func addPartners(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/partners", "addPartner", "Register an organisation that refers", access: .operators,
                discloses: [],
                bodyLimit: 16 * 1024
            ),
            addPartner
        )
        routes.add(
            Route(
                .get, "/v1/partners/{partnerID}", "readPartner", "One partner",
                access: .roles(.operator, .coordinator, .supervisor), discloses: []
            ),
            readPartner
        )
        routes.add(
            Route(
                .post, "/v1/partners/{partnerID}/disable", "disablePartner", "Take no more of a partner's requests",
                access: .operators, discloses: []
            ),
            disablePartner
        )
        routes.add(
            Route(
                .post, "/v1/partners/{partnerID}/clients", "addPartnerClient", "Register a client and its keys",
                access: .operators, discloses: [], bodyLimit: 64 * 1024
            ),
            addClient
        )
        routes.add(
            Route(
                .put, "/v1/partners/{partnerID}/clients/{clientID}/keys", "rotatePartnerClient",
                "Replace a client's keys", access: .operators, discloses: [], bodyLimit: 64 * 1024
            ),
            rotateClient
        )
        routes.add(
            Route(
                .post, "/v1/partners/{partnerID}/clients/{clientID}/disable", "disablePartnerClient",
                "Give a client no more tokens, and end what it subscribed to", access: .operators, discloses: []
            ),
            disableClient
        )
    }

    /// A repetition is refused by the name: the secret is told once.
    func addPartner(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.decode(PartnerBody.self, context: context)
        let partner = try body.partner(store.ids.new(), allowsLocal: allowsLocal)
        return try await inWork(context) { work in
            let secret = try await store.add(partner, in: work)
            try work.tx.audit(AuditRecord(.create, under: try context.permit(), onBehalfOf: partner.partnerID), context)
            let view = PartnerView(partner, secret: secret)
            return try .created(view, at: "/v1/partners/\(partner.partnerID)", etag: partner.version)
        }
    }

    func readPartner(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("partnerID", as: PartnerID.self)
        return try await inWork(context) { work in
            guard let partner = try await store.partner(id, in: work) else { throw StoreError(.notFound) }
            try work.tx.audit(AuditRecord(.read, under: try context.permit(), onBehalfOf: id), context)
            let mail = try await store.mailAddresses(of: id, in: work)
            return try .ok(PartnerView(partner, mail: mail), etag: partner.version)
        }
    }

    func disablePartner(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("partnerID", as: PartnerID.self)
        return try await inWork(context) { work in
            try await store.disable(id, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit(), onBehalfOf: id), context)
            return .noContent
        }
    }

    func addClient(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("partnerID", as: PartnerID.self)
        let body = try await request.decode(ClientBody.self, context: context)
        let (keys, scopes) = (try body.keys(allowsLocal: allowsLocal), try body.checkedScopes())
        return try await inWork(context) { work in
            let clientID = try await store.addClient(of: id, keys: keys, scopes: scopes, in: work)
            try work.tx.audit(AuditRecord(.create, under: try context.permit(), onBehalfOf: id), context)
            let view = ClientView(clientID: clientID, partnerID: id, scopes: scopes)
            return try .created(view, at: "/v1/partners/\(id)/clients/\(clientID)")
        }
    }

    func rotateClient(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("partnerID", as: PartnerID.self)
        let clientID = try context.parameter("clientID", as: String.self)
        let keys = try await request.decode(ClientBody.self, context: context).keys(allowsLocal: allowsLocal)
        return try await inWork(context) { work in
            try await store.rotateClient(clientID, of: id, keys: keys, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit(), onBehalfOf: id), context)
            return .noContent
        }
    }

    func disableClient(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("partnerID", as: PartnerID.self)
        let clientID = try context.parameter("clientID", as: String.self)
        return try await inWork(context) { work in
            try await store.disableClient(clientID, of: id, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit(), onBehalfOf: id), context)
            return .noContent
        }
    }
}
