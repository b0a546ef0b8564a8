internal import Hummingbird
internal import Models
internal import OutcomesDomain
internal import ServiceKit

extension OutcomesAPI {
    func addTimelines(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/participants/{participantID}/timeline", "getTimeline",
                "A participant's recovery over the years, the newest event first.", access: .staffAndParticipants,
                discloses: [.presence, .referral, .contact, .assessment, .medication]
            ),
            timeline
        )
        routes.add(
            Route(
                .get, "/v1/participants/{participantID}/recovery", "getRecovery",
                "What the timeline comes to: first help, engagements, the remission that holds.",
                access: .staffAndParticipants, discloses: [.presence, .referral, .medication]
            ),
            recovery
        )
        routes.add(
            Route(
                .post, "/v1/participants/{participantID}/events", "reportEvent",
                "Reports an event: a return to use, a remission begun, a treatment started or stopped, and others.",
                access: .staffAndParticipants, discloses: [.presence, .medication], idempotency: .supported,
                bodyLimit: 1 << 12
            ),
            report
        )
    }

    @Sendable private func timeline(_ request: Request, context: APIContext) async throws -> Response {
        let participantID: ParticipantID = try context.parameter("participantID")
        let page = try request.page()
        let before = try page.cursor.map { cursor throws(Problem) in
            (try cursor.value(0, as: Instant.self), try cursor.value(1, as: TimelineEventID.self))
        }
        return try await transaction(context) { work in
            let permit = try await Reach.permit(context, about: participantID, in: work)
            let person = try await Reach.person(participantID, in: work)
            try work.transaction.audit(AuditRecord(.read, under: permit, participantIDs: person), context)
            let events = try await TimelineStore.list(
                of: participantID, before: before ?? (.endOfTime, .last), limit: page.limit + 1, in: work
            )
            return try .ok(
                Page(events.map(EventView.init), limit: page.limit) {
                    [$0.occurredAt.description, $0.eventID.description]
                }
            )
        }
    }

    @Sendable private func recovery(_ request: Request, context: APIContext) async throws -> Response {
        let participantID: ParticipantID = try context.parameter("participantID")
        return try await transaction(context) { work in
            let permit = try await Reach.permit(context, about: participantID, in: work)
            let person = try await Reach.person(participantID, in: work)
            try work.transaction.audit(AuditRecord(.read, under: permit, participantIDs: person), context)
            let events = try await TimelineStore.milestones(of: participantID, in: work)
            let today = try await AgencyCalendar.day(of: work.now, in: work).on
            return try .ok(RecoveryView(RecoveryTimeline(events), today: today))
        }
    }

    @Sendable private func report(_ request: Request, context: APIContext) async throws -> Response {
        let participantID: ParticipantID = try context.parameter("participantID")
        let body = try await request.decode(EventRequest.self, context: context)
        let id: TimelineEventID = ids.new()
        return try await transaction(context) { work in
            let principal = try context.principal
            let permit = try await Reach.permit(context, about: participantID, in: work)
            let record = AuditRecord(.create, under: permit, participantIDs: [participantID])
            return try await work.transaction.once(context, resource: id.rawValue, recording: record) {
                let today = try await AgencyCalendar.day(of: work.now, in: work).on
                let event = try body.event(by: principal.role, today: today)
                try await TimelineStore.add(event, id: id, of: participantID, in: work)
            } answer: { stored in
                let found = try await TimelineStore.find(TimelineEventID(rawValue: stored), in: work)
                // A key that was used for another participant's event shows nothing of it.
                guard let (owner, event) = found, owner == participantID else { throw Problem.idempotencyKeyReused }
                return try .created(EventView(event), at: "/v1/participants/\(participantID)/timeline")
            }
        }
    }
}
