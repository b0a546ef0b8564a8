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
                .post, "/v1/funds/{fundID}/close", "closeFund", "Reserve nothing more from a fund",
                access: .roles(.supervisor), discloses: [], idempotency: .supported, bodyLimit: 1024), closeFund)
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

/// What may be spent on one kind.
struct FundKindBody: Codable, Sendable {
    var kind: String
    var capCents: Int?
    var personCapCents: Int?
}

/// `POST /v1/funds`.
struct FundBody: Decodable, Sendable {
    var name: String
    var amountCents: Int
    var personCapCents: Int?
    /// Left out, it is for everything.
    var kinds: [FundKindBody]?
    var startsOn: CivilDate
    var endsOn: CivilDate

    func fund(as id: FundID) -> Fund {
        Fund(
            fundID: id, name: name, amountCents: amountCents, personCapCents: personCapCents,
            kinds: (kinds ?? []).map {
                Fund.Kind(kind: $0.kind, capCents: $0.capCents, personCapCents: $0.personCapCents)
            },
            startsOn: startsOn, endsOn: endsOn)
    }
}

/// A fund as it is shown.
struct FundView: Encodable {
    let fundID: FundID
    let name: String
    let amountCents: Int
    /// Reserved and spent.
    let committedCents: Int
    let leftCents: Int
    let personCapCents: Int?
    let kinds: [FundKindBody]
    let startsOn: CivilDate
    let endsOn: CivilDate
    let closedAt: Instant?
    let version: Int

    init(_ fund: Fund) {
        (fundID, name, amountCents) = (fund.fundID, fund.name, fund.amountCents)
        (committedCents, leftCents) = (fund.committedCents, fund.amountCents - fund.committedCents)
        personCapCents = fund.personCapCents
        kinds = fund.kinds.map {
            FundKindBody(kind: $0.kind, capCents: $0.capCents, personCapCents: $0.personCapCents)
        }
        (startsOn, endsOn, closedAt, version) = (fund.startsOn, fund.endsOn, fund.closedAt, fund.version)
    }
}
