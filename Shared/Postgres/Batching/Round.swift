internal import NIOConcurrencyHelpers

/// Members that were sent at once with a sync each, until the last of them is answered.
final class Round: Sendable {
    struct State: Sendable {
        var open: Int
        var failed = 0
        var unanswered: [BatchMember] = []
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
    func answered(_ member: BatchMember, hasFailed: Bool, lost: PostgresError?) -> State? {
        state.withLockedValue { state in
            state.open -= 1
            if hasFailed { state.failed += 1 }
            if let lost {
                state.unanswered.append(member)
                state.error = lost
            }
            return state.open == 0 ? state : nil
        }
    }
}
