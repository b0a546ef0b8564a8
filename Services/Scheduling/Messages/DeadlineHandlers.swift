internal import Models
internal import SchedulingDomain

/// What happens when a plan's deadline comes.
enum DeadlineHandlers {
    /// Looks at the plan again: what was met meanwhile is not missed. The update itself sees to all that is due, and
    /// schedules the next deadline.
    static func handle(_ deadline: ContactOverdue, in work: UnitOfWork) async throws {
        let plan = try await PlanStore.update(deadline.planID, heard: deadline.sequence, in: work) { _, _ in [] }
        // A message that came early by the database's clock finds nothing due: it is put back.
        if plan.status != .closed {
            try await PlanStore.setDeadline(of: plan, model: try work.model(of: plan), in: work)
        }
    }
}
