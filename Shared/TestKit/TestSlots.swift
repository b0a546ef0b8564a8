internal import NIOConcurrencyHelpers

/// How many tests have something at the same moment, for example a database. All tests start at once; without a bound their
/// connections would starve each other on a small machine.
public final class TestSlots: Sendable {
    /// For databases.
    static let shared = TestSlots(8)

    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: NIOLockedValueBox<State>

    public init(_ count: Int) {
        state = NIOLockedValueBox(State(free: count))
    }

    /// Runs the body when a slot is free, and gives the slot back.
    public func inTurn<T: Sendable>(_ body: @Sendable () async throws -> T) async rethrows -> T {
        await take()
        defer { giveBack() }
        return try await body()
    }

    /// Waits for a free slot.
    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLockedValue { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    func giveBack() {
        let next = state.withLockedValue { state in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return CheckedContinuation<Void, Never>?.none
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
