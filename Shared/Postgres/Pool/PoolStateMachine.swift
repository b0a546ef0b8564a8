internal import DequeModule

/// Who holds which connection and who waits, as a pure state machine: no clocks, no sockets.
///
/// Invariant: idle + leased + opening never exceeds the limit, and nobody waits while a connection is idle.
struct PoolStateMachine: Sendable {
    typealias ConnectionID = UInt64
    typealias WaiterID = UInt64

    struct Limits: Sendable {
        var connections: Int
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
        /// Opening failed: try again later with this id, because somebody still waits.
        case retry(ConnectionID)
        case nothing
    }

    let limits: Limits
    private(set) var idle: [ConnectionID] = []
    private(set) var leased: Set<ConnectionID> = []
    private(set) var opening: Set<ConnectionID> = []
    private(set) var waiters: Deque<WaiterID> = []
    private(set) var isShutDown = false
    private var nextConnection: ConnectionID = 1

    init(_ limits: Limits) {
        self.limits = limits
    }

    private var total: Int { idle.count + leased.count + opening.count }
    /// True when nothing is leased any more, after a shutdown.
    var isDrained: Bool { isShutDown && leased.isEmpty && opening.isEmpty }

    mutating func lease(_ waiter: WaiterID) -> LeaseAction {
        if isShutDown { return .refuse(PostgresError(.shutDown)) }
        // The most recently used one first: the others may grow old and be closed.
        if let connection = idle.popLast() {
            leased.insert(connection)
            return .lease(connection)
        }
        guard waiters.count < limits.waiters else {
            return .refuse(PostgresError(.overloaded, explanation: "\(waiters.count) callers are waiting"))
        }
        waiters.append(waiter)
        return .wait(open: openIfNeeded())
    }

    private mutating func openIfNeeded() -> ConnectionID? {
        guard !isShutDown, total < limits.connections, opening.count < waiters.count else { return nil }
        defer { nextConnection += 1 }
        opening.insert(nextConnection)
        return nextConnection
    }

    mutating func opened(_ connection: ConnectionID) -> ReturnAction {
        guard opening.remove(connection) != nil else { return .nothing }
        return isShutDown ? .close(open: nil) : settle(connection)
    }

    mutating func openingFailed(_ connection: ConnectionID) -> ReturnAction {
        guard opening.contains(connection) else { return .nothing }
        // Kept among the opening ones while the retry waits, so that not every waiter starts one of its own.
        if !waiters.isEmpty && !isShutDown { return .retry(connection) }
        opening.remove(connection)
        return .nothing
    }

    mutating func release(_ connection: ConnectionID, usable: Bool) -> ReturnAction {
        guard leased.remove(connection) != nil else { return .nothing }
        guard usable && !isShutDown else { return .close(open: openIfNeeded()) }
        return settle(connection)
    }

    private mutating func settle(_ connection: ConnectionID) -> ReturnAction {
        guard let waiter = waiters.popFirst() else {
            idle.append(connection)
            return .keepIdle
        }
        leased.insert(connection)
        return .hand(connection, to: waiter)
    }

    /// The waiter no longer waits; true when it still did.
    mutating func withdraw(_ waiter: WaiterID) -> Bool {
        guard let index = waiters.firstIndex(of: waiter) else { return false }
        waiters.remove(at: index)
        return true
    }

    /// Stops giving out connections. Leased ones finish; returns those to close now and the waiters to refuse.
    mutating func shutDown() -> (close: [ConnectionID], refuse: [WaiterID]) {
        isShutDown = true
        defer {
            idle.removeAll()
            waiters.removeAll()
        }
        return (idle, Array(waiters))
    }
}
