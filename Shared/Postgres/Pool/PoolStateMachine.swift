internal import DequeModule

/// Who holds which connection and who waits, as a pure state machine: no clocks, no sockets.
///
/// Invariant: idle + leased + opening never exceeds the limit, and nobody waits while a connection is idle.
struct PoolStateMachine: Sendable {
    typealias ConnectionID = UInt64
    typealias WaiterID = UInt64

    struct Limits: Sendable {
        var connections: Int
        /// Kept open also when nobody needs them.
        var minimum = 0
        var waiters: Int
    }

    enum LeaseAction: Hashable, Sendable {
        case lease(ConnectionID)
        /// Wait; and open a connection if `open` is set.
        case wait(open: ConnectionID?)
        case refuse(PostgresError)
    }

    enum ReturnAction: Hashable, Sendable {
        /// Give the connection to this waiter.
        case hand(ConnectionID, to: WaiterID)
        case keepIdle
        /// Close it; and open another one if somebody waits.
        case close(open: ConnectionID?)
        case nothing
    }

    /// What follows from a failed attempt to connect.
    struct FailureAction: Hashable, Sendable {
        /// Try again after this pause with the same id, because somebody still waits or the minimum is not there.
        var retryAfter: Duration?
        /// These have waited in vain.
        var refuse: [WaiterID] = []
    }

    let limits: Limits
    private(set) var idle: [ConnectionID] = []
    private(set) var leased: Set<ConnectionID> = []
    private(set) var opening: Set<ConnectionID> = []
    private(set) var isShutDown = false
    private(set) var breaker = Breaker()
    private var nextConnection: ConnectionID = 1
    /// In the order of coming; those who no longer wait are passed over when their turn comes.
    private var queue: Deque<WaiterID> = []
    private var present: Set<WaiterID> = []

    init(_ limits: Limits) {
        self.limits = limits
    }

    var waiterCount: Int { present.count }
    private var total: Int { idle.count + leased.count + opening.count }
    /// True when nothing is leased any more, after a shutdown.
    var isDrained: Bool { isShutDown && leased.isEmpty && opening.isEmpty }

    /// How many connections there are in which state, and how many callers wait.
    struct Counts: Hashable, Sendable {
        var idle: Int
        var leased: Int
        var opening: Int
        var waiters: Int
    }

    var counts: Counts {
        Counts(idle: idle.count, leased: leased.count, opening: opening.count, waiters: present.count)
    }

    /// An idle connection at once, where there is one.
    mutating func leaseIdle() -> ConnectionID? {
        // The most recently used one first: the others may grow old and be closed.
        guard !isShutDown, let connection = idle.popLast() else { return nil }
        leased.insert(connection)
        return connection
    }

    mutating func lease(_ waiter: WaiterID, at now: ContinuousClock.Instant) -> LeaseAction {
        if isShutDown { return .refuse(PostgresError(.shutDown)) }
        if let connection = leaseIdle() { return .lease(connection) }
        if leased.isEmpty, let refusal = breaker.refusal(at: now) { return .refuse(refusal) }
        guard present.count < limits.waiters else {
            return .refuse(PostgresError(.overloaded, explanation: "\(present.count) callers are waiting"))
        }
        queue.append(waiter)
        present.insert(waiter)
        return .wait(open: openIfNeeded())
    }

    private mutating func openIfNeeded() -> ConnectionID? {
        guard !isShutDown, total < limits.connections else { return nil }
        guard opening.count < present.count || total < limits.minimum else { return nil }
        // While connecting fails, one attempt at a time.
        guard breaker.failures == 0 || opening.isEmpty else { return nil }
        defer { nextConnection += 1 }
        opening.insert(nextConnection)
        return nextConnection
    }

    /// The connections to open so that the minimum is there; asked at the start and after each loss.
    mutating func warmUp() -> ConnectionID? {
        total < limits.minimum ? openIfNeeded() : nil
    }

    mutating func opened(_ connection: ConnectionID) -> ReturnAction {
        guard opening.remove(connection) != nil else { return .nothing }
        breaker.succeeded()
        return isShutDown ? .close(open: nil) : settle(connection)
    }

    mutating func openingFailed(
        _ connection: ConnectionID, _ error: PostgresError, at now: ContinuousClock.Instant, jitter: Double
    ) -> FailureAction {
        guard opening.contains(connection) else { return FailureAction() }
        let pause = breaker.failed(error, at: now, jitter: jitter)
        var action = FailureAction()
        if leased.isEmpty, breaker.refusal(at: now) != nil {
            action.refuse = queue.filter { present.contains($0) }
            (queue, present) = ([], [])
        }
        // Kept among the opening ones while the retry waits, so that not every waiter starts one of its own.
        if isWanted { action.retryAfter = pause } else { opening.remove(connection) }
        return action
    }

    /// Whether one that is being opened is still needed.
    private var isWanted: Bool { !isShutDown && (!present.isEmpty || total <= limits.minimum) }

    /// Whether an attempt that was put off is still to be made.
    mutating func retries(_ connection: ConnectionID) -> Bool {
        guard opening.contains(connection) else { return false }
        let isWanted = isWanted
        if !isWanted { opening.remove(connection) }
        return isWanted
    }

    mutating func release(_ connection: ConnectionID, usable: Bool) -> ReturnAction {
        guard leased.remove(connection) != nil else { return .nothing }
        guard usable && !isShutDown else { return .close(open: openIfNeeded()) }
        return settle(connection)
    }

    private mutating func settle(_ connection: ConnectionID) -> ReturnAction {
        guard let waiter = nextWaiter() else {
            idle.append(connection)
            return .keepIdle
        }
        leased.insert(connection)
        return .hand(connection, to: waiter)
    }

    private mutating func nextWaiter() -> WaiterID? {
        while let waiter = queue.popFirst() {
            if present.remove(waiter) != nil { return waiter }
        }
        return nil
    }

    /// The waiter no longer waits; true when it still did.
    mutating func withdraw(_ waiter: WaiterID) -> Bool {
        guard present.remove(waiter) != nil else { return false }
        // Those who gave up do not pile up in front of somebody who waits long.
        if queue.count > 64, queue.count > 2 * present.count { queue = Deque(queue.filter { present.contains($0) }) }
        return true
    }

    /// Stops giving out connections. Leased ones finish; returns those to close now and the waiters to refuse.
    mutating func shutDown() -> (close: [ConnectionID], refuse: [WaiterID]) {
        isShutDown = true
        defer { (idle, queue, present) = ([], [], []) }
        return (idle, queue.filter { present.contains($0) })
    }
}
