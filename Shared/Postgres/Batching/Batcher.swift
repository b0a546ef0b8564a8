internal import Logging
internal import NIOConcurrencyHelpers

/// Carries calls in batches: whatever has come while a connection was busy goes out as one request with one sync, which
/// is one transaction, one commit, one flush of the log. There is no timer: with few callers nobody waits.
///
/// When a member fails, the server has undone the whole batch, and each member is run again as a request of its own:
/// only the one that fails again sees an error. A member that waits too long for a lock or runs too long leaves the batch
/// and runs alone on a leased connection, so that nobody waits behind it.
final class Batcher: Sendable {
    typealias LaneID = BatchStateMachine<BatchMember>.LaneID
    typealias RunAlone =
        @Sendable ([Step], ContinuousClock.Instant) async -> Result<[Rows], PostgresError>

    struct Lane {
        let connection: Connection
        let retireAt: ContinuousClock.Instant
    }

    struct State {
        var machine: BatchStateMachine<BatchMember>
        var policy = BatchPolicy()
        var lanes: [LaneID: Lane] = [:]
        /// Members that have been sent, by lane.
        var sent: [LaneID: [BatchMember]] = [:]
        var alone = 0
        var runAlone: RunAlone?
        var isWatched = false
        var drained: [CheckedContinuation<Void, Never>] = []
    }

    private let configuration: Pool.Configuration
    private let settings: ConnectionSettings
    private let metrics: PoolMetrics
    let reactor: Reactor
    private let logger: Logger
    private let token: UInt64
    let state: NIOLockedValueBox<State>

    init(_ configuration: Pool.Configuration, _ metrics: PoolMetrics, reactor: Reactor, logger: Logger) {
        self.configuration = configuration
        self.metrics = metrics
        self.reactor = reactor
        self.logger = logger
        token = reactor.newToken()
        var settings = configuration.connection
        settings.lockTimeout = min(settings.lockTimeout, configuration.batches.lockTimeout)
        settings.statementTimeout = min(settings.statementTimeout, configuration.batches.statementTimeout)
        self.settings = settings
        state = NIOLockedValueBox(
            State(machine: BatchStateMachine(configuration.batches, largestQueue: configuration.maximumWaiters)))
    }

    /// How a member is run that cannot stay in a batch.
    func runAlone(_ body: @escaping RunAlone) {
        state.withLockedValue { $0.runAlone = body }
    }

    func run(_ call: BatchCall, by deadline: ContinuousClock.Instant?) async -> Result<[Rows], PostgresError> {
        if Task.isCancelled { return .failure(PostgresError(.cancelled)) }
        let now = ContinuousClock.now
        // What waits longer than the server would let it run has been forgotten by somebody.
        let member = BatchMember(call, by: deadline ?? now + configuration.connection.statementTimeout + .seconds(5))
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                member.answer(to: continuation)
                follow(state.withLockedValue { $0.machine.submit(member, at: now) }, member)
            }
        } onCancel: {
            // Others share its batch: it loses only its answer.
            member.finish(.failure(PostgresError(.cancelled)))
        }
    }

    private func follow(_ submission: BatchStateMachine<BatchMember>.Submission, _ member: BatchMember?) {
        switch submission {
        case .wake(let lane): carry(on: lane)
        case .open(let lane): Task { await self.open(lane) }
        case .wait: break
        case .refuse(let error): member?.finish(.failure(error))
        }
        watchOver()
    }

    // MARK: Carrying

    /// Sends the next batch on this connection, or leaves it idle.
    func carry(on lane: LaneID) {
        let (connection, members, shares) = state.withLockedValue { state -> (Connection?, [BatchMember], Bool) in
            guard let held = state.lanes[lane] else { return (nil, [], true) }
            // Replaced between two batches.
            if held.retireAt <= .now { return (nil, [], true) }
            let members = state.machine.take(lane)
            state.sent[lane] = members
            return (held.connection, members, state.policy.shares)
        }
        guard let connection else { return retire(lane, because: "lifetime") }
        guard connection.isUsable || members.isEmpty else {
            return broke(lane, members, PostgresError(.connectionLost))
        }
        let present = members.filter { !$0.isAnswered }
        guard !present.isEmpty else {
            if !members.isEmpty { return carry(on: lane) }
            return resumeDrainIfDone()
        }
        metrics.sentBatch(of: present.count)
        guard shares && present.count > 1 else { return sendEach(present, on: lane, connection) }
        let batch = Batch(present.map(\.call))
        for member in present { member.wasSent() }
        connection.accept([
            Request(id: connection.newRequestID(), work: .steps(batch.steps)) { result in
                self.answered(batch, present, on: lane, result)
            }
        ])
    }

    private func answered(
        _ batch: Batch, _ members: [BatchMember], on lane: LaneID, _ result: Result<[Rows], RequestFailure>
    ) {
        switch result {
        case .success(let rows):
            for (member, range) in zip(members, batch.ranges) { member.finish(.success(Array(rows[range]))) }
            state.withLockedValue { $0.policy.record(members.count, failed: 0) }
            carry(on: lane)
        case .failure(let failure):
            metrics.batchFailed()
            if failure.error.leavesOutcomeOpen { return broke(lane, members, failure.error) }
            guard let connection = state.withLockedValue({ $0.lanes[lane]?.connection }), connection.isUsable else {
                // The server undid the batch before it let go of the connection.
                return putBack(members, of: lane, failure.error)
            }
            let guilty = failure.step.flatMap { batch.member(ofStep: $0) }
            var rest = members.filter { !$0.isAnswered }
            if let guilty, failure.error.needsTime {
                rest.removeAll { $0 === members[guilty] }
                leave(members[guilty])
            }
            sendEach(rest, on: lane, connection)
        }
    }

    /// Each member with a sync of its own; still sent together.
    private func sendEach(_ members: [BatchMember], on lane: LaneID, _ connection: Connection) {
        guard !members.isEmpty else { return carry(on: lane) }
        let round = Round(members)
        connection.accept(
            members.map { member in
                member.wasSent()
                return Request(id: connection.newRequestID(), work: .steps(member.call.ownSteps)) { result in
                    self.answered(member, in: round, on: lane, result)
                }
            })
    }

    private func answered(
        _ member: BatchMember, in round: Round, on lane: LaneID, _ result: Result<[Rows], RequestFailure>
    ) {
        var lost: PostgresError?
        var hasFailed = false
        switch result {
        case .success(let rows): member.finish(.success(Array(rows.suffix(member.call.steps.count))))
        case .failure(let failure):
            hasFailed = true
            if failure.error.leavesOutcomeOpen {
                lost = failure.error
            } else if failure.error.needsTime {
                leave(member)
            } else {
                member.finish(.failure(failure.error))
            }
        }
        guard let end = round.answered(member, hasFailed: hasFailed, lost: lost) else { return }
        state.withLockedValue { $0.policy.record(round.count, failed: end.failed) }
        if let error = end.error { return broke(lane, end.unanswered, error) }
        carry(on: lane)
    }

    /// The member runs on a leased connection, for as long as a statement may.
    private func leave(_ member: BatchMember) {
        guard !member.isAnswered else { return }
        let run = state.withLockedValue { state in
            state.alone += 1
            return state.runAlone
        }
        Task {
            var result = await run?(member.call.ownSteps, member.deadline) ?? .failure(PostgresError(.shutDown))
            result = result.map { Array($0.suffix(member.call.steps.count)) }
            if case .failure(let error) = result, error.leavesOutcomeOpen, member.call.ifLost == .tell {
                result = .failure(PostgresError(.outcomeUnknown, serverMessage: error.serverMessage))
            }
            member.finish(result)
            state.withLockedValue { $0.alone -= 1 }
            resumeDrainIfDone()
        }
    }

    // MARK: Connections

    private func open(_ lane: LaneID) async {
        do {
            let connection = try await Connection.open(settings, on: reactor)
            connection.measure(by: metrics)
            let lifetime = configuration.lifetime * Double.random(in: 0.9...1.1)
            let count = state.withLockedValue { state in
                state.lanes[lane] = Lane(connection: connection, retireAt: .now + lifetime)
                state.machine.opened(lane)
                return state.lanes.count
            }
            metrics.counted(batchConnections: count)
            carry(on: lane)
        } catch {
            logger.warning("no connection to PostgreSQL", metadata: ["error": "\(error)"])
            let (refused, pause) = state.withLockedValue {
                $0.machine.openingFailed(lane, error, at: .now, jitter: .random(in: 0...1))
            }
            for member in refused { member.finish(.failure(error)) }
            guard let pause else { return resumeDrainIfDone() }
            await pause.elapse()
            await open(lane)
        }
    }

    /// The connection broke: what was in flight is run again where that is safe.
    private func broke(_ lane: LaneID, _ members: [BatchMember], _ error: PostgresError) {
        metrics.evicted(error.sqlState ?? "lost")
        putBack(members.filter { $0.lost(error) }, of: lane, error)
    }

    private func putBack(_ members: [BatchMember], of lane: LaneID, _ error: PostgresError) {
        let (held, submission) = state.withLockedValue { state in
            state.sent[lane] = nil
            let held = state.lanes.removeValue(forKey: lane)
            let closed = state.machine.closed(lane)
            guard !members.isEmpty else { return (held, closed) }
            // Closing may have begun to open another one, which then carries these as well.
            let resubmitted = state.machine.resubmit(members)
            if case .open = closed { return (held, closed) }
            return (held, resubmitted)
        }
        held?.connection.close(error)
        metrics.counted(batchConnections: state.withLockedValue { $0.lanes.count })
        follow(submission, nil)
        resumeDrainIfDone()
    }

    private func retire(_ lane: LaneID, because reason: String) {
        metrics.evicted(reason)
        putBack([], of: lane, PostgresError(.shutDown))
    }

    // MARK: Time

    private func watchOver() {
        let isNew = state.withLockedValue { state in
            defer { state.isWatched = true }
            return !state.isWatched
        }
        if isNew { reactor.stand(token) { [weak self] now in self?.look(at: now) } }
    }

    private func look(at now: ContinuousClock.Instant) {
        let (late, isQuiet) = state.withLockedValue { state in
            var late = state.machine.withdraw { $0.deadline <= now || $0.isAnswered }
            late += state.sent.values.joined().filter { $0.deadline <= now }
            let isQuiet = state.machine.waiting.isEmpty && state.machine.busy.isEmpty && state.machine.opening.isEmpty
            if isQuiet { state.isWatched = false }
            return (late, isQuiet)
        }
        for member in late { member.expire() }
        if isQuiet { reactor.standDown(token) }
    }

    // MARK: The end

    /// Takes nobody any more, and returns when everybody who was there has been answered.
    func shutDown() async {
        let idle = state.withLockedValue { state in
            state.machine.shutDown().compactMap { state.lanes.removeValue(forKey: $0)?.connection }
        }
        for connection in idle { connection.close() }
        await withCheckedContinuation { continuation in
            state.withLockedValue { $0.drained.append(continuation) }
            resumeDrainIfDone()
        }
    }

    private func resumeDrainIfDone() {
        let (done, connections) = state.withLockedValue { state -> ([CheckedContinuation<Void, Never>], [Connection]) in
            guard state.machine.isDrained, state.alone == 0 else { return ([], []) }
            defer { (state.drained, state.lanes) = ([], [:]) }
            return (state.drained, state.lanes.values.map(\.connection))
        }
        guard !done.isEmpty else { return }
        for connection in connections { connection.close() }
        reactor.standDown(token)
        for continuation in done { continuation.resume() }
    }
}

/// Members that were sent at once with a sync each, until the last of them is answered.
private final class Round: Sendable {
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

extension PostgresError {
    /// It failed for want of time: for a lock, in a deadlock, or because it runs long. Alone it may take longer.
    fileprivate var needsTime: Bool { sqlState == "55P03" || sqlState == "40P01" || sqlState == "57014" }
}
