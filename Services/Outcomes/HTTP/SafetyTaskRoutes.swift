internal import Confidentiality
internal import Hummingbird
internal import Models
internal import OutcomesDomain
internal import ServiceKit

extension OutcomesAPI {
    func addSafetyTasks(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/safety-tasks", "listSafetyTasks",
                "Safety tasks, the first due first; open ones unless status=closed.", access: .supervisors,
                discloses: [.presence, .assessment]
            ),
            listTasks
        )
        routes.add(
            Route(
                .get, "/v1/safety-tasks/{safetyTaskID}", "getSafetyTask", "A safety task with what it asks for.",
                access: .supervisors, discloses: [.presence, .assessment]
            ),
            findTask
        )
        routes.add(
            Route(
                .post, "/v1/safety-tasks/{safetyTaskID}/close", "closeSafetyTask",
                "Closes a safety task by saying what was done.", access: .supervisors,
                discloses: [.presence, .assessment], idempotency: .supported, bodyLimit: 1 << 12
            ),
            closeTask
        )
    }

    @Sendable private func listTasks(_ request: Request, context: APIContext) async throws -> Response {
        let status = try request.query("status", as: String.self) ?? "open"
        guard ["open", "closed"].contains(status) else { throw Problem.invalid("status", "open or closed") }
        let page = try request.page()
        let after = try page.cursor.map { cursor throws(Problem) in
            (try cursor.value(0, as: Instant.self), try cursor.value(1, as: SafetyTaskID.self))
        }
        return try await transaction(context) { work in
            let tasks = try await SafetyTaskStore.list(
                isOpen: status == "open", after: after ?? (.startOfTime, .first), limit: page.limit + 1, in: work
            )
            let views = Page(tasks.map { view($0, at: work.now) }, limit: page.limit) {
                [$0.dueAt.description, $0.safetyTaskID.description]
            }
            return try .ok(
                try await context.audited(
                    views, about: \.participantID, as: .agency, in: work.transaction, at: work.now))
        }
    }

    @Sendable private func findTask(_ request: Request, context: APIContext) async throws -> Response {
        let id: SafetyTaskID = try context.parameter("safetyTaskID")
        return try await transaction(context) { work in
            guard let task = try await SafetyTaskStore.find(id, in: work) else { throw StoreRefusal.missing }
            let permit = try await Reach.permit(context, about: task.participantID, in: work)
            try work.transaction.audit(AuditRecord(.read, under: permit, participantIDs: [task.participantID]), context)
            return try .ok(view(task, at: work.now), etag: task.version)
        }
    }

    @Sendable private func closeTask(_ request: Request, context: APIContext) async throws -> Response {
        let id: SafetyTaskID = try context.parameter("safetyTaskID")
        let body = try await request.decode(ClosingRequest.self, context: context)
        let version = try request.ifMatch
        return try await transaction(context) { work in
            guard let before = try await SafetyTaskStore.find(id, in: work) else { throw StoreRefusal.missing }
            let permit = try await Reach.permit(context, about: before.participantID, in: work)
            let record = AuditRecord(.update, under: permit, participantIDs: [before.participantID])
            return try await work.transaction.once(
                context, resource: id.rawValue, status: .ok, recording: record
            ) {
                _ = try await SafetyTaskStore.close(id, body.disposition, expecting: version, in: work)
            } answer: { _ in
                guard let task = try await SafetyTaskStore.find(id, in: work) else { throw StoreRefusal.missing }
                return try .ok(self.view(task, at: work.now), etag: task.version)
            }
        }
    }

    private func view(_ task: SafetyTask, at now: Instant) -> SafetyTaskView {
        let alert = instruments.all.flatMap(\.alerts).first { $0.code == task.alert }
        return SafetyTaskView(task, text: alert?.text, at: now)
    }
}

/// What was done, in one code: nothing about a crisis is written as free text here.
struct ClosingRequest: Decodable, Sendable {
    let disposition: SafetyDisposition
}

/// A safety task as a supervisor sees it.
struct SafetyTaskView: Encodable, Sendable {
    let safetyTaskID: SafetyTaskID
    let participantID: ParticipantID
    let assessmentID: AssessmentID
    let alert: String
    /// What to do, with the crisis line.
    let text: String?
    let openedAt: Instant
    let dueAt: Instant
    let isOverdue: Bool
    /// `open` or `closed`.
    let status: String
    let disposition: SafetyDisposition?
    let closedBy: String?
    let closedAt: Instant?
    let version: Int

    init(_ task: SafetyTask, text: String?, at now: Instant) {
        safetyTaskID = task.id
        participantID = task.participantID
        assessmentID = task.assessmentID
        alert = task.alert
        self.text = text
        openedAt = task.openedAt
        dueAt = task.dueAt
        isOverdue = task.isOverdue(at: now)
        status = task.closing == nil ? "open" : "closed"
        disposition = task.closing?.disposition
        closedBy = task.closing?.by
        closedAt = task.closing?.at
        version = task.version
    }
}
