import FoundationEssentials
import Models
import OutcomesDomain
import Testing

@Suite("Safety tasks")
struct SafetyTaskTests {
    private static let openedAt = Instant(unixSeconds: 1_795_336_200)

    private static func task() -> SafetyTask {
        SafetyTask(
            id: ID(rawValue: UUID()), participantID: ID(rawValue: UUID()), assessmentID: ID(rawValue: UUID()),
            alert: "thoughts-of-death-or-self-harm", openedAt: openedAt, dueAt: openedAt + .seconds(3600)
        )
    }

    @Test("a task is closed by a disposition, with who and when", arguments: SafetyDisposition.allCases)
    func closes(_ disposition: SafetyDisposition) throws {
        var task = Self.task()
        try task.close(disposition, by: "supervisor-1", at: Self.openedAt + .seconds(60))
        #expect(task.closing == .init(disposition: disposition, by: "supervisor-1", at: Self.openedAt + .seconds(60)))
        #expect(task.version == 2)
    }

    @Test("the first disposition stands")
    func closesOnce() throws {
        var task = Self.task()
        try task.close(.connectedTo988, by: "a", at: Self.openedAt)
        let before = task
        #expect(throws: SafetyTaskRefusal.alreadyClosed) {
            try task.close(.enteredInError, by: "b", at: Self.openedAt)
        }
        #expect(task == before)
    }

    @Test("it is overdue only while it is open and past its time")
    func overdue() throws {
        var task = Self.task()
        #expect(!task.isOverdue(at: task.dueAt))
        #expect(task.isOverdue(at: task.dueAt + .seconds(1)))
        try task.close(.safetyPlanMade, by: "a", at: task.dueAt + .seconds(2))
        #expect(!task.isOverdue(at: task.dueAt + .seconds(3)))
    }
}
