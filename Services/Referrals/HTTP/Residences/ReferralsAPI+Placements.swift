internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// A participant's way into a residence and through it. They read their own; a peer those of people assigned to them.
extension ReferralsAPI {
    /// Where somebody lives, and why they left.
    static let placementClasses: Set<DataClass> = [.presence, .referral, .location]
    private static let placements = "/v1/participants/{participantID}/placements"

    func addPlacements(to routes: inout Routes) {
        routes.add(
            Route(
                .post, Self.placements, "applyForResidence", "Apply for a place in a residence",
                access: .roles(.coordinator, .supervisor, .peer), discloses: Self.placementClasses,
                idempotency: .supported, bodyLimit: 16 * 1024), applyForResidence)
        routes.add(
            Route(
                .get, Self.placements, "listPlacements", "A participant's placements, the latest first",
                access: .housing, discloses: Self.placementClasses), listPlacements)
        routes.add(
            Route(
                .get, "\(Self.placements)/{placementID}", "readPlacement",
                "One placement, with the place in the line while they wait", access: .housing,
                discloses: Self.placementClasses), readPlacement)
        routes.add(
            Route(
                .get, "\(Self.placements)/{placementID}/history", "readPlacementHistory", "Each change of a placement",
                access: .office, discloses: Self.placementClasses), readPlacementHistory)
        addStep("interview", "interviewForResidence", "They were there and talked", InterviewBody.self, to: &routes)
        addStep(
            "accept", "acceptPlacement", "The residence says yes; a bed that is named is held", AcceptBody.self,
            to: &routes)
        addStep("bed", "takeBed", "Give them a bed, or another one", TakeBedBody.self, to: &routes)
        addStep("move-in", "moveIn", "They have moved in", MoveInBody.self, to: &routes)
        addStep("move-out", "moveOut", "They have moved out: why, and where to", MoveOutBody.self, to: &routes)
        addStep("decline", "declinePlacement", "One of the two says no", DeclineBody.self, to: &routes)
        addStep("withdraw", "withdrawPlacement", "Take the application back", WithdrawBody.self, to: &routes)
        addStep(
            "application", "revisePlacement", "Change for what kind of bed it is, or how urgent", ReviseBody.self,
            method: .put, to: &routes)
    }

    private func addStep<Step: PlacementStep>(
        _ verb: String, _ operationID: String, _ summary: String, _ type: Step.Type,
        method: HTTPRequest.Method = .post, to routes: inout Routes
    ) {
        routes.add(
            Route(
                method, "\(Self.placements)/{placementID}/\(verb)", operationID, summary, access: .office,
                discloses: Self.placementClasses, bodyLimit: 16 * 1024)
        ) { request, context in
            let id = try context.parameter("placementID", as: PlacementID.self)
            let version = try request.ifMatch
            let step = try await request.decode(type, context: context).checked(under: residences)
            return try await changePlacement(id, expecting: version, step, context)
        }
    }

    func changePlacement(
        _ id: PlacementID, expecting version: Int, _ step: some PlacementStep, _ context: APIContext
    ) async throws -> Response {
        let subject = try context.principal.subject
        return try await withPlacements(context, locked: true) { person, permit, work in
            let turn = PlacementTurn(subject, at: work.now, note: step.note)
            let others = try await store.change(
                id, of: person, expecting: version, bed: step.bedID, by: subject, in: work
            ) { placement, hasBeds in
                try step.apply(to: &placement, turn, hasBeds: hasBeds, under: residences)
            }
            // Whoever lost a bed that was held too long has changed, too.
            try work.tx.audit(
                AuditRecord(.update, under: permit, participantIDs: person.ids.all + others), context)
            let stored = try await store.placement(id, of: person.ids, in: work)
            return try .ok(PlacementView(stored), etag: stored.placement.version)
        }
    }

    func applyForResidence(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.decode(ApplyBody.self, context: context)
        try Faults.check(Fault.ofNote(body.note) + Fault.ofPriority(body.priority, under: residences))
        guard let priority = residences.priority(body.priority) else { throw StoreError(.unknownCode) }
        let (id, subject) = (store.ids.new(PlacementID.self), try context.principal.subject)
        return try await withPlacements(context, locked: true) { person, permit, work in
            let record = AuditRecord(.create, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, recording: record) {
                let placement = try Placement.apply(
                    id, of: person.ids.remaining, to: body.residenceID, for: body.wish, priority: priority,
                    appliedAt: body.appliedAt ?? work.now, note: body.note, by: subject, at: work.now)
                try await store.apply(placement, of: person, in: work)
            } answer: { made in
                let stored = try await store.placement(PlacementID(rawValue: made), of: person.ids, in: work)
                let placement = stored.placement
                return try .created(
                    PlacementView(stored),
                    at: "/v1/participants/\(placement.participantID)/placements/\(placement.placementID)",
                    etag: placement.version)
            }
        }
    }

    func listPlacements(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let before = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: PlacementID.self) }
        return try await withPlacements(context) { person, permit, work in
            let found = Page(
                try await store.placements(of: person.ids, before: before, atMost: page.limit + 1, in: work),
                limit: page.limit
            ) { [$0.placement.placementID.description] }
            try record(.read, permit, person, context, work)
            return try .ok(Page(items: found.items.map(PlacementView.init), next: found.next))
        }
    }

    func readPlacement(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("placementID", as: PlacementID.self)
        return try await withPlacements(context) { person, permit, work in
            let stored = try await store.placement(id, of: person.ids, in: work)
            try record(.read, permit, person, context, work)
            return try .ok(PlacementView(stored), etag: stored.placement.version)
        }
    }

    func readPlacementHistory(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("placementID", as: PlacementID.self)
        return try await withPlacements(context) { person, permit, work in
            let placement = try await store.placement(id, of: person.ids, in: work).placement
            let changes = try await store.history(of: placement, person, in: work)
            try record(.read, permit, person, context, work)
            return try .ok(Page(items: changes.map(PlacementChangeView.init), next: nil), etag: placement.version)
        }
    }

    /// The person whom the path names, where the caller may be told where they live.
    ///
    /// - Throws: 404, the same for nobody and for somebody of whom the caller may not be told.
    private func withPlacements(
        _ context: APIContext, locked: Bool = false,
        _ body: @Sendable (StoredPerson, Permit, Work) async throws -> Response
    ) async throws -> Response {
        try await withParticipant(context, locked: locked) { person, permit, work in
            guard permit.showsPlacements else {
                throw Problem.notFound.denying(Denial(.restriction, participantIDs: person.ids.all))
            }
            return try await body(person, permit, work)
        }
    }
}
