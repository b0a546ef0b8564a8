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

    let configuration: Pool.Configuration
    let settings: ConnectionSettings
    let metrics: PoolMetrics
    let reactor: Reactor
    let logger: Logger
    let token: UInt64
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

    func follow(_ submission: BatchStateMachine<BatchMember>.Submission, _ member: BatchMember?) {
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
            // It broke while it was idle, and nothing was sent: they go on another one.
            metrics.evicted("idle")
            return putBack(members, of: lane, PostgresError(.connectionLost))
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
            if failure.error.leavesOutcomeOpen && failure.wasSent { return broke(lane, members, failure.error) }
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
        var lost: RequestFailure?
        var hasFailed = false
        switch result {
        case .success(let rows): member.finish(.success(Array(rows.suffix(member.call.steps.count))))
        case .failure(let failure):
            hasFailed = true
            if failure.error.leavesOutcomeOpen {
                lost = failure
            } else if failure.error.needsTime {
                leave(member)
            } else {
                member.finish(.failure(failure.error))
            }
        }
        guard let end = round.answered(member, hasFailed: hasFailed, lost: lost) else { return }
        state.withLockedValue { $0.policy.record(round.count, failed: end.failed) }
        if let error = end.error {
            metrics.evicted(error.sqlState ?? "lost")
            return putBack(end.unanswered.filter { $0.lost(error) } + end.unsent, of: lane, error)
        }
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
}

extension PostgresError {
    /// It failed for want of time: for a lock, in a deadlock, or because it runs long. Alone it may take longer.
    fileprivate var needsTime: Bool { sqlState == "55P03" || sqlState == "40P01" || sqlState == "57014" }
}
