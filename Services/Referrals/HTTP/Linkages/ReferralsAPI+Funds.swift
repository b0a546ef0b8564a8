internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// Money that may be spent on what people need. Nothing here is about anybody.
extension ReferralsAPI {
    func addFunds(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/funds", "listFunds", "Funds, and what is left of them", access: .support, discloses: []),
            listFunds)
        routes.add(
            Route(
                .post, "/v1/funds", "openFund", "Open a fund with its caps", access: .roles(.supervisor),
                discloses: [], idempotency: .supported, bodyLimit: 16 * 1024), openFund)
        routes.add(
            Route(
                .get, "/v1/funds/{fundID}", "readFund", "One fund", access: .support, discloses: [])
        ) { _, context in
            let id = try context.parameter("fundID", as: FundID.self)
            return try await inWork(context) { work in
                guard let fund = try await store.fund(id, in: work) else { throw StoreError(.notFound) }
                try work.tx.audit(AuditRecord(.read, under: try context.permit(classes: [])), context)
                return try .ok(FundView(fund), etag: fund.version)
            }
        }
        routes.add(
            Route(
                .put, "/v1/funds/{fundID}", "changeFund", "Change how much a fund has, its caps and its time",
                access: .roles(.supervisor), discloses: [], bodyLimit: 16 * 1024), changeFund)
        routes.add(
            Route(
                .get, "/v1/funds/{fundID}/spendings", "listFundSpendings",
                "What was reserved and spent of a fund, without for whom", access: .support, discloses: []),
            listFundSpendings)
        routes.add(
            Route(
                .post, "/v1/funds/{fundID}/close", "closeFund", "Reserve nothing more from a fund",
                access: .roles(.supervisor), discloses: [], idempotency: .supported, bodyLimit: 1024), closeFund)
    }

    func changeFund(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("fundID", as: FundID.self)
        let version = try request.ifMatch
        let terms = try await request.decode(FundTermsBody.self, context: context).terms
        try Faults.check(terms.faults(store.linkages))
        return try await inWork(context) { work in
            let fund = try await store.change(id, to: terms, expecting: version, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit(classes: [])), context)
            return try .ok(FundView(fund), etag: fund.version)
        }
    }

    func listFundSpendings(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("fundID", as: FundID.self)
        let page = try request.page()
        let last = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: SpendingID.self) }
        return try await inWork(context) { work in
            guard try await store.fund(id, in: work) != nil else { throw StoreError(.notFound) }
            let found = try await store.spendings(of: id, before: last, atMost: page.limit + 1, in: work)
            try work.tx.audit(AuditRecord(.search, under: try context.permit(classes: [])), context)
            return try .ok(Page(found.map(FundSpendingView.init), limit: page.limit) { [$0.spendingID.description] })
        }
    }

    func closeFund(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("fundID", as: FundID.self)
        let version = try request.ifMatch
        return try await inWork(context) { work in
            let record = AuditRecord(.update, under: try context.permit(classes: []))
            return try await work.tx.once(context, resource: id.rawValue, status: .ok, recording: record) {
                try await store.close(id, expecting: version, in: work)
            } answer: { _ in
                guard let fund = try await store.fund(id, in: work) else { throw StoreError(.notFound) }
                return try .ok(FundView(fund), etag: fund.version)
            }
        }
    }

    func listFunds(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let last = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: FundID.self) }
        return try await inWork(context) { work in
            let found = try await store.funds(before: last, atMost: page.limit + 1, in: work)
            try work.tx.audit(AuditRecord(.search, under: try context.permit(classes: [])), context)
            return try .ok(Page(found.map(FundView.init), limit: page.limit) { [$0.fundID.description] })
        }
    }

    func openFund(_ request: Request, _ context: APIContext) async throws -> Response {
        let fund = try await request.decode(FundBody.self, context: context).fund(as: store.ids.new())
        try Faults.check(fund.faults(store.linkages))
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            let record = AuditRecord(.create, under: try context.permit(classes: []))
            return try await work.tx.once(context, resource: fund.fundID.rawValue, recording: record) {
                try await store.insert(fund, by: subject, in: work)
            } answer: { made in
                guard let fund = try await store.fund(FundID(rawValue: made), in: work) else {
                    throw StoreError(.notFound)
                }
                return try .created(FundView(fund), at: "/v1/funds/\(fund.fundID)", etag: fund.version)
            }
        }
    }
}
