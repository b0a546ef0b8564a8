internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// Bringing people and services together.
extension ReferralsAPI {
    func addLinkages(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/participants/{participantID}/linkages", "listLinkagesOfParticipant",
                "What a participant was linked to, and what came of it", access: .supportAndOwn,
                discloses: Self.linkageClasses), listLinkagesOfParticipant)
        routes.add(
            Route(
                .post, "/v1/needs/{needID}/linkages", "offerLinkage", "Offer a service for a need", access: .support,
                discloses: Self.linkageClasses, idempotency: .supported, bodyLimit: 16 * 1024), offerLinkage)
        routes.add(
            Route(
                .get, "/v1/linkages/{linkageID}", "readLinkage", "One linkage", access: .supportAndOwn,
                discloses: Self.linkageClasses), readLinkage)
        routes.add(
            Route(
                .get, "/v1/linkages/{linkageID}/history", "readLinkageHistory", "Each change of a linkage",
                access: .supportAndOwn, discloses: Self.linkageClasses), readLinkageHistory)
        routes.add(
            Route(
                .get, "/v1/linkages", "listDueLinkages",
                "Whom to ask whether their linkage holds: of the agency, or of those whom a peer supports",
                access: .support, discloses: Self.linkageClasses), listDueLinkages)
        for verb in LinkageVerb.allCases {
            routes.add(
                Route(
                    .post, "/v1/linkages/{linkageID}/\(verb.rawValue)", verb.operationID, verb.summary,
                    access: .support, discloses: Self.linkageClasses, idempotency: .supported, bodyLimit: 4 * 1024)
            ) { request, context in try await change(by: verb, request, context) }
        }
    }

    func listLinkagesOfParticipant(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let last = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: LinkageID.self) }
        return try await withParticipant(context) { person, permit, work in
            let found = try await store.linkages(of: person.ids, before: last, atMost: page.limit + 1, in: work)
            let all = Page(found, limit: page.limit) { [$0.linkage.linkageID.description] }
            try record(.read, permit, person, context, work)
            let shown = all.items.filter {
                permit.allows(store.linkages.dataClass(ofService: $0.linkage.service))
            }
            return try .ok(
                Page(
                    items: try shown.map { try LinkageView($0, of: person, within: permit, store.linkages) },
                    next: all.next))
        }
    }

    func offerLinkage(_ request: Request, _ context: APIContext) async throws -> Response {
        let needID = try context.parameter("needID", as: NeedID.self)
        let body = try await request.decode(LinkageBody.self, context: context)
        let (id, subject) = (store.ids.new(LinkageID.self), try context.principal.subject)
        return try await inWork(context) { work in
            let purpose = body.ride.map { store.linkages.classes(ofRidePurpose: $0.purpose) }
            let (need, person, permit) = try await need(needID, telling: purpose ?? [], context, work)
            try Faults.check(body.faults(for: need.need, store.linkages))
            let record = AuditRecord(.create, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, recording: record) {
                try await store.offer(
                    Linkage(
                        linkageID: id, needID: needID, participantID: need.need.participantID,
                        service: body.service, level: body.level, entryID: body.entryID, by: subject, at: work.now),
                    words: LinkageWords(provider: body.provider, note: body.note), ride: body.ride?.ride,
                    of: person, by: subject, in: work)
            } answer: { made in
                let view = try await linkageView(LinkageID(rawValue: made), of: person, within: permit, work)
                return try .created(view, at: "/v1/linkages/\(view.linkageID)", etag: view.version)
            }
        }
    }

    func readLinkage(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("linkageID", as: LinkageID.self)
        return try await inWork(context) { work in
            let (stored, person, permit) = try await linkage(id, context, work)
            try record(.read, permit, person, context, work)
            return try .ok(
                LinkageView(stored, of: person, within: permit, store.linkages), etag: stored.linkage.version)
        }
    }

    func readLinkageHistory(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("linkageID", as: LinkageID.self)
        return try await inWork(context) { work in
            let changes = try await store.changes(of: id, in: work)
            let reasons = changes.compactMap(\.refused?.reason).map(store.linkages.classes(ofRefusal:))
            let (stored, person, permit) = try await linkage(
                id, telling: reasons.reduce([]) { $0.union($1) }, context, work)
            try record(.read, permit, person, context, work)
            return try .ok(
                Page(items: changes.map { LinkageChangeView($0, within: permit, store.linkages) }, next: nil),
                etag: stored.linkage.version)
        }
    }

    /// A linkage, and the person whom it is for, as far as the caller may be told of both.
    ///
    /// - Parameter more: what else the answer would hold than what the linkage holds now.
    /// - Throws: 404, the same for what is not there.
    func linkage(
        _ id: LinkageID, telling more: Set<DataClass> = [], locked: Bool = false, _ context: APIContext, _ work: Work
    ) async throws -> (StoredLinkage, StoredPerson, Permit) {
        guard let stored = try await store.linkage(id, in: work) else { throw StoreError(.notFound) }
        let (person, permit) = try await person(
            stored.linkage.participantID, for: store.linkages.dataClass(ofService: stored.linkage.service),
            telling: more.union(store.linkages.classes(in: stored)), locked: locked, context, work)
        return (stored, person, permit)
    }

    func linkageView(
        _ id: LinkageID, of person: StoredPerson, within permit: Permit, _ work: Work
    ) async throws -> LinkageView {
        guard let stored = try await store.linkage(id, in: work) else { throw StoreError(.notFound) }
        return try LinkageView(stored, of: person, within: permit, store.linkages)
    }
}

extension LinkageCatalogue {
    /// What a linkage tells beyond what it is for: why nothing came of it, where somebody is driven.
    fileprivate func classes(in stored: StoredLinkage) -> Set<DataClass> {
        let reason = stored.linkage.refused.map { classes(ofRefusal: $0.reason) } ?? []
        return reason.union(stored.ride.map { classes(ofRidePurpose: $0.purpose) } ?? [])
    }
}
