internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// How somebody can be reached.
extension ReferralsAPI {
    func addReach(to routes: inout Routes) {
        let reach = "/v1/participants/{participantID}/reach"
        let discloses: Set<DataClass> = [.presence, .identity, .location]
        routes.add(
            Route(
                .get, reach, "readReach", "How a participant can be reached, and through whom",
                access: .supportAndOwn, discloses: discloses), readReach)
        routes.add(
            Route(
                .put, reach, "saveReach", "Write down how a participant can be reached, and through whom",
                access: .supportAndOwn, discloses: discloses, bodyLimit: 16 * 1024), saveReach)
    }

    func readReach(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        return try await inWork(context) { work in
            let (person, permit) = try await person(id, for: .identity, telling: [.location], context, work)
            guard let found = try await store.reachPlan(of: person, in: work) else { throw StoreError(.notFound) }
            try record(.read, permit, person, context, work)
            return try .ok(ReachView(found, of: person, within: permit, store.bedside), etag: found.version)
        }
    }

    /// The first time without If-Match; then on the version that was read. Places that the caller may not see stay.
    func saveReach(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        let version = try request.ifMatchIfPresent
        let body = try await request.decode(ReachBody.self, context: context)
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            let (person, permit) = try await person(
                id, for: .identity, telling: [.location], locked: true, context, work)
            var plan = body.plan
            try Faults.check(plan.faults(store.bedside))
            plan = plan.normalised
            let known = try await store.reachPlan(of: person, in: work)
            guard version != nil || known == nil else { throw Problem.preconditionRequired }
            if !permit.allows(.location) {
                guard plan.places.isEmpty else {
                    throw Problem.forbidden.denying(Denial(.role, participantIDs: [id]))
                }
                plan.places = known?.plan.places ?? []
            }
            let saved = try await store.save(
                plan, of: person, after: known, expecting: version, by: subject, in: work)
            try record(.update, permit, person, context, work)
            return try .ok(ReachView(saved, of: person, within: permit, store.bedside), etag: saved.version)
        }
    }
}
