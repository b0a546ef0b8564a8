internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// Money and material for one person.
extension ReferralsAPI {
    func addSpendings(to routes: inout Routes) {
        let spendings = "/v1/participants/{participantID}/spendings"
        routes.add(
            Route(
                .get, spendings, "listSpendings", "What was reserved for and spent on a participant",
                access: .supportAndOwn, discloses: Self.linkageClasses), listSpendings)
        routes.add(
            Route(
                .post, spendings, "reserveSpending", "Reserve money or material of a fund for a participant",
                access: .support, discloses: Self.linkageClasses, idempotency: .supported, bodyLimit: 4 * 1024),
            reserveSpending)
        routes.add(
            Route(
                .post, "/v1/spendings/{spendingID}/spend", "spend",
                "It was paid or handed over; what was not needed goes back to the fund", access: .office,
                discloses: Self.linkageClasses, idempotency: .supported, bodyLimit: 1024)
        ) { request, context in
            let body = try await request.decode(SpendBody.self, context: context)
            guard body.amountCents.map({ $0 >= 0 }) ?? true else {
                throw Faults([Fault("/amountCents", "not less than 0")])
            }
            return try await settle(request, context) { spending, subject, now in
                try spending.spend(
                    body.amountCents, hasReceipt: body.hasReceipt ?? false, by: subject, at: now)
            }
        }
        routes.add(
            Route(
                .post, "/v1/spendings/{spendingID}/release", "releaseSpending",
                "It is not needed, or came back: the fund has it again", access: .office,
                discloses: Self.linkageClasses, idempotency: .supported, bodyLimit: 1024)
        ) { request, context in
            try await settle(request, context) { spending, subject, now in
                try spending.release(by: subject, at: now)
            }
        }
    }

    func listSpendings(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let last = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: SpendingID.self) }
        return try await withParticipant(context) { person, permit, work in
            let found = try await store.spendings(of: person.ids, before: last, atMost: page.limit + 1, in: work)
            let all = Page(found, limit: page.limit) { [$0.spendingID.description] }
            try record(.read, permit, person, context, work)
            let shown = all.items.filter { permit.allows(store.linkages.dataClass(ofSpending: $0.kind)) }
            return try .ok(Page(items: shown.map(SpendingView.init), next: all.next))
        }
    }

    func reserveSpending(_ request: Request, _ context: APIContext) async throws -> Response {
        let participantID = try context.parameter("participantID", as: ParticipantID.self)
        let body = try await request.decode(SpendingBody.self, context: context)
        try Faults.check(body.faults(store.linkages))
        let (id, subject) = (store.ids.new(SpendingID.self), try context.principal.subject)
        return try await inWork(context) { work in
            let linkage = try await linkage(body.linkageID, work)
            let (person, permit) = try await person(
                participantID, for: store.linkages.dataClass(ofSpending: body.kind),
                telling: linkage.map { [store.linkages.dataClass(ofService: $0.service)] } ?? [], locked: true,
                context, work)
            let record = AuditRecord(.create, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, recording: record) {
                let owner = try owner(of: linkage, body.linkageID, person, permit)
                guard try await store.fund(body.fundID, in: work) != nil else {
                    throw Faults([Fault("/fundID", "a fund of the agency")])
                }
                try await store.reserve(
                    Spending(
                        spendingID: id, fundID: body.fundID, participantID: owner, linkageID: body.linkageID,
                        kind: body.kind, form: body.form, amountCents: body.amountCents, reservedAt: work.now,
                        reservedBy: subject),
                    of: person, in: work)
            } answer: { made in
                guard let found = try await store.spending(SpendingID(rawValue: made), in: work) else {
                    throw StoreError(.notFound)
                }
                return try .created(
                    SpendingView(found), at: "/v1/participants/\(found.participantID)/spendings", etag: found.version)
            }
        }
    }

    private func linkage(_ id: LinkageID?, _ work: Work) async throws -> Linkage? {
        guard let id else { return nil }
        return try await store.linkage(id, in: work)?.linkage
    }

    /// What is for a linkage belongs to whom the linkage belongs, whoever they are merged with.
    ///
    /// - Throws: 422, the same for what is not there, what is somebody else's, and what the caller may not be told of.
    private func owner(
        of linkage: Linkage?, _ id: LinkageID?, _ person: StoredPerson, _ permit: Permit
    ) throws(Problem) -> ParticipantID {
        guard id != nil else { return person.ids.remaining }
        let unknown = Problem.invalid("/linkageID", "a linkage of this participant")
        guard let linkage, person.ids.contains(linkage.participantID) else { throw unknown }
        guard permit.allows(store.linkages.dataClass(ofService: linkage.service)) else {
            throw unknown.denying(Denial(.role, participantIDs: person.ids.all))
        }
        return linkage.participantID
    }

    private func settle(
        _ request: Request, _ context: APIContext,
        _ decision: @escaping @Sendable (inout Spending, String, Instant) throws -> Int
    ) async throws -> Response {
        let id = try context.parameter("spendingID", as: SpendingID.self)
        let version = try request.ifMatch
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            guard let before = try await store.spending(id, in: work) else { throw StoreError(.notFound) }
            let (person, permit) = try await person(
                before.participantID, for: store.linkages.dataClass(ofSpending: before.kind), context, work)
            let record = AuditRecord(.update, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, status: .ok, recording: record) {
                _ = try await store.settle(id, expecting: version, in: work) {
                    try decision(&$0, subject, work.now)
                }
            } answer: { _ in
                guard let found = try await store.spending(id, in: work) else { throw StoreError(.notFound) }
                return try .ok(SpendingView(found), etag: found.version)
            }
        }
    }
}

/// `POST …/spendings`.
struct SpendingBody: Decodable, Sendable {
    var fundID: FundID
    /// A code of the catalogue.
    var kind: String
    var form: Spending.Form
    /// The money, or what the material is worth.
    var amountCents: Int
    /// What it is for.
    var linkageID: LinkageID?

    func faults(_ catalogue: LinkageCatalogue) -> [Fault] {
        var found: [Fault] = []
        if !catalogue.spendings.has(kind) { found.append(Fault("/kind", catalogue.spendings.oneOf)) }
        if !(1...10_000_000).contains(amountCents) { found.append(Fault("/amountCents", "1 to 10,000,000")) }
        return found
    }
}

/// `POST …/spend`.
struct SpendBody: Decodable, Sendable {
    /// What it cost; what was reserved where it is left out.
    var amountCents: Int?
    var hasReceipt: Bool?
}

/// A spending as it is shown.
struct SpendingView: Encodable {
    let spendingID: SpendingID
    let fundID: FundID
    let participantID: ParticipantID
    let linkageID: LinkageID?
    let kind: String
    let form: Spending.Form
    let amountCents: Int
    let status: Spending.Status
    let hasReceipt: Bool
    let reservedAt: Instant
    let reservedBy: String
    let settledAt: Instant?
    let settledBy: String?
    let version: Int

    init(_ spending: Spending) {
        (spendingID, fundID, participantID) = (spending.spendingID, spending.fundID, spending.participantID)
        (linkageID, kind, form) = (spending.linkageID, spending.kind, spending.form)
        (amountCents, status, hasReceipt) = (spending.amountCents, spending.status, spending.hasReceipt)
        (reservedAt, reservedBy) = (spending.reservedAt, spending.reservedBy)
        (settledAt, settledBy, version) = (spending.settledAt, spending.settledBy, spending.version)
    }
}
