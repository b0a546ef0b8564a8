internal import Confidentiality
internal import Hummingbird
internal import Models
internal import SchedulingDomain
internal import ServiceKit

extension SchedulingAPI {
    /// Reading plans and programmes, and starting a plan by hand.
    func addPlans(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/programmes", "listProgrammes", "The programmes that plans follow.", access: .staff,
                discloses: []
            )
        ) { [catalogue] _, _ in
            try .ok(Page(items: catalogue.all.map(ProgrammeView.init), next: nil))
        }
        routes.add(
            Route(
                .get, "/v1/plans", "listPlans", "Contact plans, by participant or peer, the oldest first.",
                access: .staffAndParticipants, discloses: [.presence, .contact]
            ), listPlans
        )
        routes.add(
            Route(
                .post, "/v1/plans", "startPlan", "Start a contact plan by hand.", access: .office,
                discloses: [.presence, .contact], idempotency: .supported
            ), startPlan
        )
        routes.add(
            Route(
                .get, "/v1/plans/{planID}", "readPlan", "A contact plan with its phases and planned contacts.",
                access: .staffAndParticipants, discloses: [.presence, .contact]
            ), readPlan
        )
    }

    @Sendable private func listPlans(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let participantID: ParticipantID? = try request.query("participantID")
        let peerID: PeerID? = try request.query("peerID")
        let plans = try await transaction(context) { work, reach in
            let filter = PlanQueries.Filter(
                peerID: try reach.peer(asked: peerID), participantID: try reach.participant(asked: participantID)
            )
            let plans = Page(try await PlanQueries.page(filter, page, in: work), limit: page.limit) {
                [$0.startedAt.description, $0.planID.description]
            }
            return try await context.audited(
                plans, about: \.participantID, asked: filter.participantID, as: reach.relationship,
                in: work.transaction, at: work.now)
        }
        return try .ok(plans)
    }

    @Sendable private func readPlan(_ request: Request, _ context: APIContext) async throws -> Response {
        let planID: PlanID = try context.parameter("planID")
        let plan = try await transaction(context) { work, reach in
            let plan = try await reachable(planID, reach, in: work)
            let permit = try await permit(context, about: plan.participantID, reach, in: work)
            try work.transaction.audit(AuditRecord(.read, under: permit, participantIDs: [plan.participantID]), context)
            return plan
        }
        return try .ok(PlanView(plan), etag: plan.version)
    }

    @Sendable private func startPlan(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.decode(StartPlan.self, context: context)
        return try await transaction(context) { work, reach in
            let planID: PlanID = ids.new()
            let permit = try await permit(context, about: body.participantID, reach, in: work)
            let record = AuditRecord(.create, under: permit, participantIDs: [body.participantID])
            return try await work.transaction.once(context, resource: planID.rawValue, recording: record) {
                let plan = try await PlanStarting.start(
                    body.programme,
                    PlanRequest(
                        participantID: body.participantID, referralID: body.referralID, peerID: body.peerID,
                        option: body.option, setting: body.setting
                    ),
                    id: planID, matchID: nil, in: work
                )
                guard let plan else {
                    throw Refusal(.planExists, "a plan of that programme is running; close it, or go on with it")
                }
                try await ReferralMatchStore.save(plan, in: work)
            } answer: { id in
                let plan = try await PlanStore.load(PlanID(rawValue: id), locking: false, in: work.transaction)
                guard let plan else { throw Problem.notFound }
                return try .created(PlanView(plan), at: "/v1/plans/\(plan.id)", etag: plan.version)
            }
        }
    }

    /// What may be told of a participant within the caller's reach.
    ///
    /// - Throws: 404 where nothing may.
    func permit(
        _ context: APIContext, about participantID: ParticipantID, _ reach: Reach, in work: UnitOfWork
    ) async throws -> Permit {
        try await context.permit(
            about: participantID, as: reach.relationship, in: work.transaction, at: work.now)
    }

    /// A plan that the caller may see.
    ///
    /// - Throws: 404 where there is none, or it is not for this caller.
    func reachable(_ planID: PlanID, _ reach: Reach, in work: UnitOfWork) async throws -> ContactPlan {
        guard let plan = try await PlanStore.load(planID, locking: false, in: work.transaction) else {
            throw Problem.notFound.denying(Denial(.hidden))
        }
        try reach.require(peerID: plan.peerID, participantID: plan.participantID)
        return plan
    }
}
