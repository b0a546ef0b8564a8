internal import NIOConcurrencyHelpers

/// One caller's place in the batches, from its coming to its answer. It is answered exactly once.
final class BatchMember: Sendable {
    let call: BatchCall
    let deadline: ContinuousClock.Instant

    private struct State {
        var continuation: CheckedContinuation<Result<[Rows], PostgresError>, Never>?
        var isAnswered = false
        var isSent = false
        var attempts = 0
    }

    private let state = NIOLockedValueBox(State())

    init(_ call: BatchCall, by deadline: ContinuousClock.Instant) {
        self.call = call
        self.deadline = deadline
    }

    /// Waits for the answer.
    func answer(to continuation: CheckedContinuation<Result<[Rows], PostgresError>, Never>) {
        let isTooLate = state.withLockedValue { state in
            if !state.isAnswered { state.continuation = continuation }
            return state.isAnswered
        }
        if isTooLate { continuation.resume(returning: .failure(PostgresError(.cancelled))) }
    }

    func finish(_ result: Result<[Rows], PostgresError>) {
        let continuation = state.withLockedValue { state in
            defer { (state.continuation, state.isAnswered) = (nil, true) }
            return state.continuation
        }
        continuation?.resume(returning: result)
    }

    var isAnswered: Bool { state.withLockedValue { $0.isAnswered } }

    func wasSent() {
        state.withLockedValue { state in
            state.isSent = true
            state.attempts += 1
        }
    }

    /// Its time is over. What was sent may have been done.
    func expire() {
        let isOpen = state.withLockedValue { $0.isSent } && call.ifLost == .tell
        finish(.failure(PostgresError(isOpen ? .outcomeUnknown : .deadlineExceeded)))
    }

    /// The connection broke while it was in flight; whether it is to be run again.
    func lost(_ error: PostgresError) -> Bool {
        if isAnswered { return false }
        guard call.ifLost == .repeatIt else {
            finish(.failure(PostgresError(.outcomeUnknown, serverMessage: error.serverMessage)))
            return false
        }
        guard state.withLockedValue({ $0.attempts < 3 }) else {
            finish(.failure(error))
            return false
        }
        return true
    }
}
