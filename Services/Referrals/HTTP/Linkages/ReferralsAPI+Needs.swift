internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// What people lack, over the years.
extension ReferralsAPI {
    func addNeeds(to routes: inout Routes) {
        let needs = "/v1/participants/{participantID}/needs"
        routes.add(
            Route(
                .get, "/v1/linkage-catalogue", "readLinkageCatalogue",
                "Kinds of needs and services, reasons why not, and the other codes of linkages", access: .anyone,
                discloses: [])
        ) { _, context in
            try await inWork(context) { work in
                try work.tx.audit(AuditRecord(.read, under: try context.permit(classes: [])), context)
                return try .ok(store.linkages)
            }
        }
        routes.add(
            Route(
                .get, needs, "listNeeds", "What a participant needs and needed", access: .supportAndOwn,
                discloses: Self.linkageClasses), listNeeds)
        routes.add(
            Route(
                .post, needs, "openNeed", "Write down what a participant needs", access: .support,
                discloses: Self.linkageClasses, idempotency: .supported, bodyLimit: 16 * 1024), openNeed)
        routes.add(
            Route(
                .post, "/v1/needs/{needID}/close", "closeNeed", "Say what became of a need", access: .support,
                discloses: Self.linkageClasses, idempotency: .supported, bodyLimit: 1024), closeNeed)
    }

    static let linkageClasses: Set<DataClass> = LinkageCatalogue.classes.union([.presence])

    func listNeeds(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let last = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: NeedID.self) }
        return try await withParticipant(context) { person, permit, work in
            let found = try await store.needs(of: person.ids, before: last, atMost: page.limit + 1, in: work)
            let all = Page(found, limit: page.limit) { [$0.need.needID.description] }
            try record(.read, permit, person, context, work)
            let shown = all.items.filter { permit.allows(store.linkages.dataClass(ofNeed: $0.need.kind)) }
            return try .ok(Page(items: try shown.map { try NeedView($0, of: person) }, next: all.next))
        }
    }

    func openNeed(_ request: Request, _ context: APIContext) async throws -> Response {
        let participantID = try context.parameter("participantID", as: ParticipantID.self)
        let body = try await request.decode(NeedBody.self, context: context)
        try Faults.check(body.faults(store.linkages))
        let (id, subject) = (store.ids.new(NeedID.self), try context.principal.subject)
        return try await inWork(context) { work in
            let (person, permit) = try await person(
                participantID, for: store.linkages.dataClass(ofNeed: body.kind), locked: true, context, work)
            let record = AuditRecord(.create, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, recording: record) {
                let today = try await store.today(in: work)
                let openedOn = body.openedOn ?? today
                guard openedOn <= today else { throw Faults([Fault("/openedOn", "not in the future")]) }
                try store.insert(
                    Need(
                        needID: id, participantID: person.ids.remaining, kind: body.kind, openedOn: openedOn,
                        recordedAt: work.now, recordedBy: subject),
                    note: body.note, of: person.remaining, in: work)
            } answer: { made in
                let view = try await needView(NeedID(rawValue: made), of: person, work)
                return try .created(view, at: "/v1/participants/\(view.participantID)/needs", etag: view.version)
            }
        }
    }

    func closeNeed(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("needID", as: NeedID.self)
        let version = try request.ifMatch
        let body = try await request.decode(NeedClosing.self, context: context)
        return try await inWork(context) { work in
            let (_, person, permit) = try await need(id, context, work)
            let record = AuditRecord(.update, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, status: .ok, recording: record) {
                let today = try await store.today(in: work)
                try await store.change(id, of: person, expecting: version, in: work) {
                    try $0.close(body.outcome, on: body.closedOn ?? today, today: today)
                }
            } answer: { _ in
                let view = try await needView(id, of: person, work)
                return try .ok(view, etag: view.version)
            }
        }
    }

    private func needView(_ id: NeedID, of person: StoredPerson, _ work: Work) async throws -> NeedView {
        guard let stored = try await store.need(id, in: work) else { throw StoreError(.notFound) }
        return try NeedView(stored, of: person)
    }

    /// A need, and the person who has it, locked, as far as the caller may be told of both.
    ///
    /// - Throws: 404, the same for what is not there.
    func need(
        _ id: NeedID, telling more: Set<DataClass> = [], _ context: APIContext, _ work: Work
    ) async throws -> (StoredNeed, StoredPerson, Permit) {
        guard let stored = try await store.need(id, in: work) else { throw StoreError(.notFound) }
        let (person, permit) = try await person(
            stored.need.participantID, for: store.linkages.dataClass(ofNeed: stored.need.kind),
            telling: more, locked: true, context, work)
        return (stored, person, permit)
    }

    /// A person, as far as the caller may be told something of this class.
    ///
    /// - Parameter more: what else the answer would hold; what of it is not allowed, the permit leaves out.
    /// - Throws: 404, the same for nobody.
    func person(
        _ id: ParticipantID, for dataClass: DataClass, telling more: Set<DataClass> = [], locked: Bool = false,
        _ context: APIContext, _ work: Work
    ) async throws -> (StoredPerson, Permit) {
        let classes = more.union([.presence, dataClass])
        let before = try await permit(about: [id], classes: classes, context, work)
        let found = locked ? try await store.lockPerson(id, in: work) : try await store.person(id, in: work)
        guard let found else { throw StoreError(.notFound) }
        let permit = try await permit(before, about: found, classes: classes, context, work)
        guard permit.allows(dataClass) else {
            throw Problem.notFound.denying(Denial(.role, participantIDs: [id]))
        }
        return (found, permit)
    }
}

extension Route.Access {
    /// Those who stand by people, and the office.
    static let support = Route.Access.roles(.coordinator, .supervisor, .peer)
    /// The same, and the person.
    static let supportAndOwn = Route.Access.roles(.coordinator, .supervisor, .peer, .participant)
}
