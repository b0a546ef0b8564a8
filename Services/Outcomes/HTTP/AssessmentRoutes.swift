internal import Hummingbird
internal import Models
internal import OutcomesDomain
internal import ServiceKit

extension OutcomesAPI {
    func addAssessments(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/participants/{participantID}/due", "listDueAssessments",
                "Which instruments are due for a participant, and which come next.", access: .staffAndParticipants,
                discloses: [.presence, .assessment]
            ),
            due
        )
        routes.add(
            Route(
                .post, "/v1/assessments", "recordAssessment", "Records an answered instrument and scores it.",
                access: .staffAndParticipants, discloses: [.presence, .assessment], idempotency: .supported,
                bodyLimit: 1 << 16
            ),
            record
        )
        routes.add(
            Route(
                .get, "/v1/assessments", "listAssessments", "A participant's assessments, the newest first.",
                access: .staffAndParticipants, discloses: [.presence, .assessment]
            ),
            list
        )
        routes.add(
            Route(
                .get, "/v1/assessments/{assessmentID}", "getAssessment", "An assessment with its answers as given.",
                access: .staffAndParticipants, discloses: [.presence, .assessment]
            ),
            find
        )
    }

    @Sendable private func due(_ request: Request, context: APIContext) async throws -> Response {
        let participantID: ParticipantID = try context.parameter("participantID")
        let schedule = schedule
        return try await transaction(context) { work in
            let permit = try await Reach.permit(context, about: participantID, in: work)
            let person = try await Reach.person(participantID, in: work)
            try work.transaction.audit(AuditRecord(.read, under: permit, participantIDs: person), context)
            let today = try await AgencyCalendar.day(of: work.now, in: work).on
            let start = try await DueStore.start(of: participantID, in: work)
            let answered = try await AssessmentStore.answeredDays(of: participantID, in: work)
            let points = start.map { DueList.of(schedule, start: $0, today: today, answered: answered) } ?? []
            return try .ok(DueView(participantID, schedule: schedule, start: start, today: today, points))
        }
    }

    @Sendable private func record(_ request: Request, context: APIContext) async throws -> Response {
        let body = try await request.decode(AssessmentRequest.self, context: context)
        let instruments = instruments
        let id: AssessmentID = ids.new()
        return try await transaction(context) { work in
            let permit = try await Reach.permit(context, about: body.participantID, in: work)
            let record = AuditRecord(.create, under: permit, participantIDs: [body.participantID])
            return try await work.transaction.once(context, resource: id.rawValue, recording: record) {
                let instrument = try body.instrument(in: instruments)
                let assessment = try Assessment(
                    id: id, participantID: body.participantID, of: instrument,
                    answers: try Answers(body.answers, to: instrument), mode: body.mode,
                    answeredAt: body.answeredAt ?? work.now, recordedAt: work.now
                )
                try await AssessmentStore.record(assessment, of: instrument, in: work)
            } answer: { stored in
                let id = AssessmentID(rawValue: stored)
                let view = try await self.view(id, in: work)
                return try .created(view, at: "/v1/assessments/\(id)", etag: view.version)
            }
        }
    }

    @Sendable private func find(_ request: Request, context: APIContext) async throws -> Response {
        let id: AssessmentID = try context.parameter("assessmentID")
        return try await transaction(context) { work in
            let view = try await view(id, in: work)
            let permit = try await Reach.permit(context, about: view.participantID, in: work)
            try work.transaction.audit(AuditRecord(.read, under: permit, participantIDs: [view.participantID]), context)
            return try .ok(view, etag: view.version)
        }
    }

    private func view(_ id: AssessmentID, in work: UnitOfWork) async throws -> AssessmentView {
        guard let row = try await AssessmentStore.find(id, in: work) else { throw StoreRefusal.missing }
        return AssessmentView(
            row, instrument: instruments.instrument(row.instrument, version: row.instrumentVersion),
            answers: try await AssessmentStore.answers(of: id, in: work),
            safetyTaskIDs: try await SafetyTaskStore.ids(of: id, in: work)
        )
    }

    @Sendable private func list(_ request: Request, context: APIContext) async throws -> Response {
        guard let participantID = try request.query("participantID", as: ParticipantID.self) else {
            throw Problem.invalid("participantID", "needed: assessments are listed for one participant")
        }
        let instrument = try request.query("instrument", as: InstrumentCode.self)
        let page = try request.page()
        let before = try page.cursor.map { cursor throws(Problem) in
            (try cursor.value(0, as: Instant.self), try cursor.value(1, as: AssessmentID.self))
        }
        let instruments = instruments
        return try await transaction(context) { work in
            let permit = try await Reach.permit(context, about: participantID, in: work)
            let person = try await Reach.person(participantID, in: work)
            try work.transaction.audit(AuditRecord(.search, under: permit, participantIDs: person), context)
            let rows = try await AssessmentStore.list(
                of: participantID, instrument: instrument, before: before ?? (.endOfTime, .last), limit: page.limit + 1,
                in: work
            )
            let views = rows.map {
                AssessmentView(
                    $0, instrument: instruments.instrument($0.instrument, version: $0.instrumentVersion), answers: nil,
                    safetyTaskIDs: nil
                )
            }
            return try .ok(Page(views, limit: page.limit) { [$0.answeredAt.description, $0.assessmentID.description] })
        }
    }
}
