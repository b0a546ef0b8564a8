internal import MessageTable
internal import Models
internal import OutcomesDomain
internal import Postgres

/// Safety tasks: opened with the assessment that raised them, closed with a disposition.
enum SafetyTaskStore {
    /// Opens the task that an alert asks for, due by the end of the agency's present day.
    static func open(_ alert: Alert, for assessment: Assessment, in work: UnitOfWork) async throws {
        let today = try await AgencyCalendar.day(of: work.now, in: work)
        let id: SafetyTaskID = work.ids.new()
        try await work.transaction.execute(
            insert, work.agencyID, id, assessment.participantID, assessment.id, alert.code, work.now, today.endsAt
        )
    }

    /// Loads the task, lets the domain close it, and stores it.
    ///
    /// - Throws: ``StoreRefusal`` where it is not there or has another version; ``SafetyTaskRefusal``.
    static func close(
        _ id: SafetyTaskID, _ disposition: SafetyDisposition, expecting version: Int, in work: UnitOfWork
    ) async throws -> SafetyTask {
        guard let row = try await work.transaction.query(lock, work.agencyID, id).first else {
            throw StoreRefusal.missing
        }
        var task = try Self.task(row)
        guard task.version == version else { throw StoreRefusal.stale }
        try task.close(disposition, by: work.actor, at: work.now)
        try await work.transaction.execute(
            update, work.agencyID, id, task.closing?.disposition, task.closing?.by, task.closing?.at, task.version
        )
        return task
    }

    static func find(_ id: SafetyTaskID, in work: UnitOfWork) async throws -> SafetyTask? {
        try await work.transaction.query(find, work.agencyID, id).first.map(task)
    }

    /// Tasks of a status, the first due first, from after a position on.
    static func list(
        isOpen: Bool, after: (Instant, SafetyTaskID), limit: Int, in work: UnitOfWork
    ) async throws -> [SafetyTask] {
        try await work.transaction.query(
            list, work.agencyID, isOpen ? "open" : "closed", after.0, after.1, limit
        ).map(task)
    }

    /// The ids of the tasks that an assessment raised.
    static func ids(of assessmentID: AssessmentID, in work: UnitOfWork) async throws -> [SafetyTaskID] {
        try await work.transaction.query(ofAssessment, work.agencyID, assessmentID).map {
            try $0.decode(SafetyTaskID.self)
        }
    }

    private static func task(_ row: Row) throws -> SafetyTask {
        let (id, participantID, assessmentID, alert, openedAt, dueAt, disposition, by, at, version) = try row.decode(
            (
                SafetyTaskID, ParticipantID, AssessmentID, String, Instant, Instant, SafetyDisposition?, String?,
                Instant?, Int
            ).self
        )
        var closing: SafetyTask.Closing?
        if let disposition, let by, let at { closing = .init(disposition: disposition, by: by, at: at) }
        return SafetyTask(
            id: id, participantID: participantID, assessmentID: assessmentID, alert: alert, openedAt: openedAt,
            dueAt: dueAt, closing: closing, version: version
        )
    }

    private static let insert = Statement(
        "safety_task.insert",
        """
        insert into outcome.safety_task (
            agency_id, safety_task_id, participant_id, assessment_id, alert, opened_at, due_at, status, version
        )
        values ($1, $2, $3, $4, $5, $6, $7, 'open', 1)
        """
    )

    private static let find = Statement(
        "safety_task.find",
        """
        select
            safety_task_id, participant_id, assessment_id, alert, opened_at, due_at, disposition, closed_by, closed_at,
            version
        from outcome.safety_task
        where agency_id = $1 and safety_task_id = $2
        """
    )

    private static let lock = Statement(
        "safety_task.lock",
        """
        select
            safety_task_id, participant_id, assessment_id, alert, opened_at, due_at, disposition, closed_by, closed_at,
            version
        from outcome.safety_task
        where agency_id = $1 and safety_task_id = $2
        for update
        """
    )

    private static let update = Statement(
        "safety_task.close",
        """
        update outcome.safety_task
        set status = 'closed', disposition = $3, closed_by = $4, closed_at = $5, version = $6
        where agency_id = $1 and safety_task_id = $2
        """
    )

    private static let list = Statement(
        "safety_task.list",
        """
        select
            safety_task_id, participant_id, assessment_id, alert, opened_at, due_at, disposition, closed_by, closed_at,
            version
        from outcome.safety_task
        where agency_id = $1 and status = $2 and (due_at, safety_task_id) > ($3, $4)
        order by due_at, safety_task_id
        limit $5
        """
    )

    private static let ofAssessment = Statement(
        "safety_task.of_assessment",
        """
        select safety_task_id
        from outcome.safety_task
        where agency_id = $1 and assessment_id = $2
        order by alert
        """
    )
}
