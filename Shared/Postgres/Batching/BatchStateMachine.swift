internal import DequeModule

/// Who waits for a batch and which connections carry them, as a pure state machine: no clocks, no sockets.
///
/// Invariant: nobody waits while connections are idle, except for the moment in which one that was woken takes them.
struct BatchStateMachine<Member>: Sendable where Member: Sendable {
    typealias LaneID = UInt64

    enum Submission: Hashable, Sendable {
        /// This idle connection is to take it.
        case wake(LaneID)
        case open(LaneID)
        /// All are busy; one of them will take it.
        case wait
        case refuse(PostgresError)
    }

    let lanes: Int
    let depth: Int
    let largestQueue: Int
    private(set) var waiting: Deque<Member> = []
    private(set) var idle: [LaneID] = []
    private(set) var busy: Set<LaneID> = []
    private(set) var opening: Set<LaneID> = []
    private(set) var breaker = Breaker()
    private(set) var isShutDown = false
    private var nextLane: LaneID = 1

    init(_ limits: BatchLimits, largestQueue: Int) {
        (lanes, depth, self.largestQueue) = (limits.connections, limits.depth, largestQueue)
    }

    private var total: Int { idle.count + busy.count + opening.count }
    /// Nothing is under way any more, after a shutdown.
    var isDrained: Bool { isShutDown && waiting.isEmpty && busy.isEmpty && opening.isEmpty }

    mutating func submit(_ member: Member, at now: ContinuousClock.Instant) -> Submission {
        if isShutDown { return .refuse(PostgresError(.shutDown)) }
        if idle.isEmpty && busy.isEmpty, let refusal = breaker.refusal(at: now) { return .refuse(refusal) }
        guard waiting.count < largestQueue else {
            return .refuse(PostgresError(.overloaded, explanation: "\(waiting.count) callers are waiting"))
        }
        waiting.append(member)
        return next()
    }

    /// Members that were sent and not answered come back in front of the others.
    mutating func resubmit(_ members: [Member]) -> Submission {
        waiting.insert(contentsOf: members, at: 0)
        return next()
    }

    private mutating func next() -> Submission {
        if let lane = idle.popLast() {
            busy.insert(lane)
            return .wake(lane)
        }
        guard total < lanes, breaker.failures == 0 || opening.isEmpty else { return .wait }
        defer { nextLane += 1 }
        opening.insert(nextLane)
        return .open(nextLane)
    }

    /// What a busy connection carries next; empty when there is nothing, and it is idle from then on.
    mutating func take(_ lane: LaneID) -> [Member] {
        guard busy.contains(lane) else { return [] }
        guard !waiting.isEmpty else {
            busy.remove(lane)
            idle.append(lane)
            return []
        }
        let members = Array(waiting.prefix(depth))
        waiting.removeFirst(members.count)
        return members
    }

    mutating func opened(_ lane: LaneID) {
        breaker.succeeded()
        opening.remove(lane)
        busy.insert(lane)
    }

    /// - Returns: the members that waited in vain, and how long to wait before it is tried again, if anybody still waits.
    mutating func openingFailed(
        _ lane: LaneID, _ error: PostgresError, at now: ContinuousClock.Instant, jitter: Double
    ) -> (refused: [Member], retryAfter: Duration?) {
        let pause = breaker.failed(error, at: now, jitter: jitter)
        var refused: [Member] = []
        if idle.isEmpty && busy.isEmpty, breaker.refusal(at: now) != nil {
            refused = Array(waiting)
            waiting.removeAll()
        }
        guard !waiting.isEmpty else {
            opening.remove(lane)
            return (refused, nil)
        }
        return (refused, pause)
    }

    /// A connection is gone; another one is to be opened where somebody waits.
    mutating func closed(_ lane: LaneID) -> Submission {
        busy.remove(lane)
        idle.removeAll { $0 == lane }
        return waiting.isEmpty ? .wait : next()
    }

    /// Those for whom it is true no longer wait.
    mutating func withdraw(where isOver: (Member) -> Bool) -> [Member] {
        let gone = waiting.filter(isOver)
        if !gone.isEmpty { waiting.removeAll(where: isOver) }
        return Array(gone)
    }

    /// Takes nobody any more; those who wait are still carried. Returns the idle connections, to be closed.
    mutating func shutDown() -> [LaneID] {
        isShutDown = true
        defer { idle.removeAll() }
        return idle
    }
}
