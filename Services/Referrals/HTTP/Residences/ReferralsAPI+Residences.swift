internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// Recovery residences, and looking for one. Nothing here is about people who live there.
extension ReferralsAPI {
    func addResidences(to routes: inout Routes) {
        let one = "/v1/residences/{residenceID}"
        routes.add(
            Route(
                .get, "/v1/residence-codes", "readResidenceCodes",
                "Types of residences, house rules, priorities and reasons: the codes, and words for them",
                access: .anyone, discloses: [])
        ) { _, context in
            try await inWork(context) { work in
                try work.tx.audit(AuditRecord(.read, under: try context.permit()), context)
                return try .ok(residences)
            }
        }
        routes.add(
            Route(
                .get, "/v1/residences", "listResidences", "All residences that the agency knows", access: .housing,
                discloses: []), listResidences)
        routes.add(
            Route(
                .get, "/v1/residences/search", "searchResidences",
                "Residences near a place, the nearest first: by open beds, for whom, medication, cost and type",
                access: .housing, discloses: []), searchResidences)
        routes.add(
            Route(
                .post, "/v1/residences", "addResidence", "Enter a residence", access: .office, discloses: [],
                idempotency: .supported, bodyLimit: 64 * 1024), addResidence)
        routes.add(
            Route(.get, one, "readResidence", "One residence", access: .housing, discloses: []), readResidence)
        routes.add(
            Route(
                .put, one, "changeResidence", "Describe a residence anew", access: .office, discloses: [],
                bodyLimit: 64 * 1024), changeResidence)
        routes.add(
            Route(
                .post, "\(one)/confirm", "confirmResidence",
                "Say that the numbers of beds are right today; of a residence outside, what they are",
                access: .office, discloses: [], bodyLimit: 4096), confirmResidence)
    }

    func listResidences(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let after = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: ResidenceID.self) }
        return try await inWork(context) { work in
            let found = Page(
                try await store.residences(after: after, atMost: page.limit + 1, in: work), limit: page.limit
            ) { [$0.residenceID.description] }
            let counts = try await store.bedCounts(of: found.items.map(\.residenceID), in: work)
            try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
            let views = found.items.map { view($0, counts[$0.residenceID] ?? [], work) }
            return try .ok(Page(items: views, next: found.next))
        }
    }

    func searchResidences(_ request: Request, _ context: APIContext) async throws -> Response {
        let search = try ResidenceSearch(request, policy: residences)
        return try await inWork(context) { work in
            let found = Page(try await store.search(search, in: work), limit: search.limit) {
                [String($0.km), $0.stored.residenceID.description]
            }
            let counts = try await store.bedCounts(of: found.items.map(\.stored.residenceID), in: work)
            try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
            let views = found.items.map { view($0.stored, counts[$0.stored.residenceID] ?? [], km: $0.km, work) }
            return try .ok(Page(items: views, next: found.next))
        }
    }

    func addResidence(_ request: Request, _ context: APIContext) async throws -> Response {
        let residence = try await request.decode(Residence.self, context: context)
        try Faults.check(residence.faults(under: residences))
        let (id, subject) = (store.ids.new(ResidenceID.self), try context.principal.subject)
        return try await inWork(context) { work in
            let record = AuditRecord(.create, under: try context.permit())
            return try await work.tx.once(context, resource: id.rawValue, recording: record) {
                try await store.insert(residence, as: id, by: subject, in: work)
            } answer: { made in
                let view = try await shown(ResidenceID(rawValue: made), work)
                return try .created(view, at: "/v1/residences/\(view.residenceID)", etag: view.version)
            }
        }
    }

    func readResidence(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("residenceID", as: ResidenceID.self)
        return try await inWork(context) { work in
            let view = try await shown(id, work)
            try work.tx.audit(AuditRecord(.read, under: try context.permit()), context)
            return try .ok(view, etag: view.version)
        }
    }

    func changeResidence(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("residenceID", as: ResidenceID.self)
        let (version, subject) = (try request.ifMatch, try context.principal.subject)
        let residence = try await request.decode(Residence.self, context: context)
        try Faults.check(residence.faults(under: residences))
        return try await inWork(context) { work in
            try await store.update(residence, id, expecting: version, by: subject, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
            let view = try await shown(id, work)
            return try .ok(view, etag: view.version)
        }
    }

    /// One tap: without a body everything is as it was.
    func confirmResidence(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("residenceID", as: ResidenceID.self)
        let subject = try context.principal.subject
        var counts: [BedCount]?
        if context.body.readableBytes > 0 {
            counts = try await request.decode(ConfirmBody.self, context: context).counts
            try Faults.check(BedCount.faults(counts ?? []))
        }
        let said = counts
        return try await inWork(context) { work in
            try await store.confirm(id, said, by: subject, in: work)
            try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
            let view = try await shown(id, work)
            return try .ok(view, etag: view.version)
        }
    }

    private func shown(_ id: ResidenceID, _ work: Work) async throws -> ResidenceView {
        guard let stored = try await store.residence(id, in: work) else { throw StoreError(.notFound) }
        return view(stored, try await store.bedCounts(of: [id], in: work)[id] ?? [], work)
    }

    private func view(
        _ stored: StoredResidence, _ counts: [BedCount], km: Double? = nil, _ work: Work
    ) -> ResidenceView {
        ResidenceView(stored, counts, km: km, policy: residences, at: work.now)
    }
}

extension Route.Access {
    /// The agency's people, and participants who look for a place themselves.
    static let housing = Route.Access.roles(.coordinator, .supervisor, .peer, .participant)
}

extension ResidenceSearch {
    /// - Throws: 422 pointing at the parameter.
    init(_ request: Request, policy: ResidencePolicy) throws(Problem) {
        let page = try request.page()
        guard let place = try request.place("near") else { throw .invalid("near", "latitude,longitude in degrees") }
        self.init(place: place)
        limit = page.limit
        if let cursor = page.cursor {
            let km = try cursor.value(0, as: Double.self)
            guard km.isFinite else { throw .invalid("cursor", "not a cursor of this list") }
            after = (km, try cursor.value(1, as: ResidenceID.self))
        }
        radius = try request.query("within", as: Double.self) ?? radius
        guard radius > 0, radius <= 200 else { throw .invalid("within", "more than 0 to 200 km") }
        let gender = try request.code("gender", as: BedKind.Gender.self)
        let household = try request.code("household", as: BedKind.Household.self)
        if gender != nil || household != nil { kinds = BedKind.fitting(gender, household) }
        types = try request.query("type", as: String.self)?.split(separator: ",").map(String.init)
        guard types?.allSatisfy({ policy.type($0) != nil }) ?? true else {
            throw .invalid("type", "of \(policy.types.map(\.code).joined(separator: ", "))")
        }
        let drugs = try request.query("medication", as: String.self)?.split(separator: ",").map(String.init) ?? []
        medications = drugs.compactMap(Residence.Medication.init(rawValue:))
        guard medications.count == drugs.count, drugs.count <= 10 else {
            let known = Residence.Medication.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid("medication", "of \(known), separated by commas")
        }
        orAsk = try request.query("orAsk", as: Bool.self) ?? false
        maximumWeeklyCents = try request.query("maximumWeeklyCents", as: Int.self)
        guard (0...10_000_000).contains(maximumWeeklyCents ?? 0) else {
            throw .invalid("maximumWeeklyCents", "0 to 10000000")
        }
        hasOpen = try request.query("open", as: Bool.self) ?? false
    }
}

extension Request {
    /// A place in a query, as `latitude,longitude` in degrees; nil where it is absent.
    ///
    /// - Throws: 422 pointing at the parameter.
    func place(_ name: String) throws(Problem) -> GeoPosition? {
        guard let text = try query(name, as: String.self) else { return nil }
        let numbers = text.split(separator: ",").map { Double($0) }
        guard numbers.count == 2, let latitude = numbers[0], let longitude = numbers[1],
            let place = GeoPosition(latitude: latitude, longitude: longitude)
        else { throw .invalid(name, "latitude,longitude in degrees") }
        return place
    }
}
