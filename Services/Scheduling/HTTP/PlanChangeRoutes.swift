internal import Hummingbird
internal import Models
internal import SchedulingDomain
internal import ServiceKit

extension SchedulingAPI {
    /// What happens to a plan: each needs the version that it is based on.
    func addPlanChanges(to routes: inout Routes) {
        change(
            "/v1/plans/{planID}/phase", "advancePlan",
            "Go over to a later phase, with the review of the one that ends.",
            in: &routes
        ) { (body: AdvancePlan, plan, model, work) in
            let tally = try await PlanStore.tally(of: plan, in: work.unit)
            return try plan.advance(
                to: body.to, review: try body.review.bounded(), tally: tally,
                override: try work.override(body.override),
                at: work.unit.now, model: model
            )
        }
        change(
            "/v1/plans/{planID}/community-entry", "enterCommunity",
            "Set a prepared plan's dates: the person has been released or discharged.", in: &routes
        ) { (body: EnterCommunity, plan, model, work) in
            try plan.enterCommunity(on: body.on, at: work.unit.now, model: model)
        }
        change(
            "/v1/plans/{planID}/extension", "extendPhase", "Let the current phase last longer; for supervisors.",
            in: &routes
        ) { (body: ExtendPhase, plan, model, work) in
            guard let override = try work.override(body.override) else { return [] }
            try plan.extend(until: body.until, override: override, at: work.unit.now, model: model)
            return []
        }
        change(
            "/v1/plans/{planID}/close", "closePlan", "End a plan; a completed one is followed by continuing care.",
            in: &routes
        ) { (body: ClosePlan, plan, model, work) in
            guard ClosureReason.givenByPeople.contains(body.reason) else {
                throw Problem.invalid("/reason", "this reason follows from what happened, and is not given")
            }
            let effects = try plan.close(
                body.reason, closing: try body.closing(), override: try work.override(body.override), at: work.unit.now,
                model: model
            )
            try await AppointmentStore.cancelAhead(of: plan.id, body.reason.asCancellation, in: work.unit)
            return effects
        }
        change(
            "/v1/plans/{planID}/recurrences", "reportRecurrence",
            "Report a recurrence: check-ups become weekly again; no date moves.", in: &routes
        ) { (body: ReportRecurrence, plan, model, work) in
            let unit = work.unit
            if try await PlanStore.hasRecurrence(plan.id, on: body.occurredOn, in: unit) { return [] }
            let added = try plan.tighten(afterRecurrenceOn: body.occurredOn, at: unit.now, model: model)
            try await PlanStore.addRecurrence(plan.id, on: body.occurredOn, added: added.count, in: unit)
            return []
        }
    }

    /// A change's work, with who makes it.
    struct PlanWork: Sendable {
        let unit: UnitOfWork
        let role: Role

        /// - Throws: 403 where somebody else than a supervisor overrides; ``Refusal`` without a reason.
        func override(_ request: OverrideRequest?) throws -> SupervisorOverride? {
            guard let request else { return nil }
            guard role == .supervisor else { throw Problem.forbidden.denying(Denial(.role)) }
            guard request.reason.utf8.count <= 2000,
                let override = SupervisorOverride(by: unit.actor, reason: request.reason)
            else { throw Refusal(.reasonMissing, "say in at most 2000 bytes why the rule is left aside") }
            return override
        }
    }

    private func change<Body: Decodable & Sendable>(
        _ template: String, _ operationID: String, _ summary: String, in routes: inout Routes,
        _ apply: @escaping @Sendable (Body, inout ContactPlan, ProgrammeModel, PlanWork) async throws -> [PlanEffect]
    ) {
        let route = Route(
            .post, template, operationID, summary, access: .staff, discloses: [.presence, .contact],
            idempotency: .supported
        )
        routes.add(route) { request, context in
            let planID: PlanID = try context.parameter("planID")
            let version = try request.ifMatch
            let body = try await request.decode(Body.self, context: context)
            let role = try context.principal.role
            return try await transaction(context) { unit, reach in
                let before = try await reachable(planID, reach, in: unit)
                let permit = try await permit(context, about: before.participantID, reach, in: unit)
                let record = AuditRecord(.update, under: permit, participantIDs: [before.participantID])
                return try await unit.transaction.once(
                    context, resource: planID.rawValue, status: .ok, recording: record
                ) {
                    let work = PlanWork(unit: unit, role: role)
                    _ = try await PlanStore.update(planID, expecting: version, in: unit) { plan, model in
                        try await apply(body, &plan, model, work)
                    }
                } answer: { _ in
                    let plan = try await reachable(planID, reach, in: unit)
                    return try .ok(PlanView(plan), etag: plan.version)
                }
            }
        }
    }
}

extension ClosureReason {
    /// Why the appointments of a plan that ended so are cancelled.
    fileprivate var asCancellation: CancellationReason {
        switch self {
        case .died: .participantDeceased
        case .moved: .participantMoved
        case .completed, .superseded: .provider
        case .withdrew, .reincarcerated, .lost, .cancelled: .participant
        }
    }
}

extension PhaseReview {
    /// The review, where its texts and numbers are within bounds.
    ///
    /// - Throws: 422.
    fileprivate func bounded() throws(Problem) -> PhaseReview {
        var errors: [Problem.FieldError] = []
        if connections.count > 50 { errors.append(.init("/review/connections", "at most 50")) }
        for (index, connection) in connections.enumerated() {
            if !(0...3).contains(connection.strength) {
                errors.append(.init("/review/connections/\(index)/strength", "0 to 3"))
            }
            if !(1...200).contains(connection.support.count) {
                errors.append(.init("/review/connections/\(index)/support", "1 to 200 characters"))
            }
        }
        if nextFocusAreas.count > 20 { errors.append(.init("/review/nextFocusAreas", "at most 20")) }
        if let note, note.count > 4000 { errors.append(.init("/review/note", "at most 4000 characters")) }
        guard errors.isEmpty else { throw .invalid(errors) }
        return self
    }
}

extension ClosePlan {
    /// The closing review, where its texts are within bounds.
    ///
    /// - Throws: 422.
    fileprivate func closing() throws(Problem) -> ClosingReview {
        let supports = supports ?? []
        guard supports.count <= 50 else { throw .invalid("/supports", "at most 50") }
        for (index, support) in supports.enumerated() where !(1...200).contains(support.support.count) {
            throw .invalid("/supports/\(index)/support", "1 to 200 characters")
        }
        if let note, note.count > 4000 { throw .invalid("/note", "at most 4000 characters") }
        return ClosingReview(note: note, supports: supports, finalMeetingOn: finalMeetingOn)
    }
}
