/// What was asked of a connection, from its submission to its answer.
///
/// A class, because it is looked at again for each result that arrives: copying its eight parts each time took a tenth of
/// a transaction's time.
final class Request: @unchecked Sendable {
    // SAFETY: what changes is changed by the wire alone, which is held by one thread at a time.
    typealias Answer = @Sendable (Result<[Rows], RequestFailure>) -> Void

    let id: PipelineStateMachine.RequestID
    let work: Work
    /// When its caller's time is over.
    let deadline: ContinuousClock.Instant?
    var sentAt: ContinuousClock.Instant?
    var results: [ResultMemory] = []
    /// The step that the server refused, counted from 0.
    var failedStep: Int?
    /// Why it is being stopped, once it is: what the caller is told in place of the server's answer.
    var reason: PostgresError?
    let answer: Answer

    init(
        id: PipelineStateMachine.RequestID, work: Work, deadline: ContinuousClock.Instant? = nil,
        answer: @escaping Answer
    ) {
        (self.id, self.work, self.deadline, self.answer) = (id, work, deadline, answer)
    }

    /// The statement whose result is the next to arrive; nil where all have.
    var nextStep: Step? {
        guard case .steps(let steps) = work, results.count < steps.count else { return nil }
        return steps[results.count]
    }

    enum Work: Sendable {
        /// Statements in pipeline mode, up to one sync.
        case steps([Step])
        /// Something that has the connection for itself, outside pipeline mode.
        case solo(any Solo)
    }
}

/// An answer that is to be given as soon as the wire is let go.
struct Answer: Sendable {
    private let taker: Request.Answer
    private let result: Result<[Rows], RequestFailure>

    init(_ request: Request, _ result: Result<[Rows], RequestFailure>) {
        (taker, self.result) = (request.answer, result)
    }

    func give() { taker(result) }
}

/// Why a request failed, and at which of its steps; nil where the failure belongs to none of them.
struct RequestFailure: Error, Sendable {
    var error: PostgresError
    var step: Int?
    /// Whether any of it had gone to the server. What had not may simply be sent on another connection.
    var wasSent = true
}

/// The limits in time that a connection keeps on this side.
struct ConnectionLimits: Sendable {
    private let statement: Duration
    private let fixed: Duration?
    /// For how long a cancellation may go unanswered.
    var cancellation: Duration = .seconds(5)

    init(_ settings: ConnectionSettings) {
        (statement, fixed) = (settings.statementTimeout, settings.silence)
    }

    /// For how long the server may say nothing while this is asked of it: longer than its own limit for each statement, so
    /// that what is silent for that long is a broken link. It keeps the answers of a request together until its end.
    ///
    /// - Returns: nil for a script, such as a migration, which sets its own limits and may take hours.
    func silence(of work: Request.Work) -> Duration? {
        switch work {
        case .steps(let steps): fixed ?? statement * max(1, steps.count) + .seconds(30)
        case .solo(let solo): solo is Script ? nil : fixed ?? statement + .seconds(30)
        }
    }
}
