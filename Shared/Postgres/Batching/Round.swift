internal import NIOConcurrencyHelpers

/// Members that were sent at once with a sync each, until the last of them is answered.
final class Round: Sendable {
    struct State: Sendable {
        var open: Int
        var failed = 0
        /// In flight when the connection broke, and still waiting when it did.
        var unanswered: [BatchMember] = []
        var unsent: [BatchMember] = []
        var error: PostgresError?
    }

    let count: Int
    private let state: NIOLockedValueBox<State>

    init(_ members: [BatchMember]) {
        count = members.count
        state = NIOLockedValueBox(State(open: members.count))
    }

    /// - Parameter lost: why the member has no answer, where it has none.
    /// - Returns: what became of all, with the last one.
    func answered(_ member: BatchMember, hasFailed: Bool, lost: RequestFailure?) -> State? {
        state.withLockedValue { state in
            state.open -= 1
            if hasFailed { state.failed += 1 }
            if let lost {
                if lost.wasSent { state.unanswered.append(member) } else { state.unsent.append(member) }
                state.error = lost.error
            }
            return state.open == 0 ? state : nil
        }
    }
}
