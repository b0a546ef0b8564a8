public import Logging
internal import NIOConcurrencyHelpers

/// A bounded number of connections, lent to one caller at a time.
///
/// Callers beyond the bound wait, also in bounded number and time, and are refused with code `overloaded`. After a
/// failed opening the next one waits with back-off and jitter. Connections are replaced after a lifetime with jitter,
/// so that they follow a failover and do not all end at once.
public final class Pool: Sendable {
    public struct Configuration: Sendable {
        public var connection: ConnectionSettings
        public var maximumConnections = 8
        public var maximumWaiters = 1000
        /// How long a caller waits for a connection.
        public var leaseTimeout: Duration = .seconds(5)
        public var lifetime: Duration = .seconds(1800)

        public init(_ connection: ConnectionSettings) {
            self.connection = connection
        }
    }

    private typealias ConnectionID = PoolStateMachine.ConnectionID
    private typealias WaiterID = PoolStateMachine.WaiterID

    private struct Member {
        let connection: Connection
        let retireAt: ContinuousClock.Instant
    }

    private struct Lease {
        let id: ConnectionID
        let connection: Connection
    }

    private struct State {
        var machine: PoolStateMachine
        var members: [ConnectionID: Member] = [:]
        var waiting: [WaiterID: CheckedContinuation<Result<Lease, PostgresError>, Never>] = [:]
        var failures = 0
        var lastFailure: PostgresError?
        var nextWaiter: WaiterID = 1
        var drained: [CheckedContinuation<Void, Never>] = []
    }

    private let configuration: Configuration
    private let reactor: Reactor
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    public init(_ configuration: Configuration, reactor: Reactor, logger: Logger) {
        self.configuration = configuration
        self.reactor = reactor
        self.logger = logger
        state = NIOLockedValueBox(
            State(
                machine: PoolStateMachine(
                    .init(connections: configuration.maximumConnections, waiters: configuration.maximumWaiters))))
    }

    // MARK: Work

    /// Runs one statement as its own transaction.
    public func query<each P: PostgresEncodable>(
        _ statement: Statement, _ parameters: repeat each P
    ) async throws(PostgresError) -> Rows {
        let bindings = Bindings(repeat each parameters)
        let results = try await run([Step(statement, bindings)])
        return results[0]
    }

    private func run(_ steps: [Step]) async throws(PostgresError) -> [Rows] {
        let lease = try await lease()
        do {
            let rows = try await lease.connection.run(steps)
            give(back: lease)
            return rows
        } catch {
            give(back: lease)
            throw error
        }
    }

    /// Runs the body in one transaction: committed when it returns, rolled back when it throws.
    ///
    /// `begin` and the settings travel in front of the first statement, so they cost no round trip.
    /// - Throws: what the body throws; ``PostgresError`` where PostgreSQL fails. When the commit itself throws
    ///   `connectionLost`, it may or may not have happened.
    public func withTransaction<T: Sendable>(
        _ settings: LocalSettings = .none, _ body: @Sendable (Transaction) async throws -> T
    ) async throws -> T {
        let lease = try await lease()
        lease.connection.begin(settings)
        do {
            let value = try await body(Transaction(connection: lease.connection))
            try await lease.connection.commit()
            give(back: lease)
            return value
        } catch {
            await lease.connection.rollBack()
            give(back: lease)
            throw error
        }
    }

    /// Runs SQL text of any number of statements, outside any transaction of ours. Only for fixed text.
    public func runScript(_ sql: String) async throws(PostgresError) {
        let lease = try await lease()
        do {
            try await lease.connection.runScript(sql)
            give(back: lease)
        } catch {
            give(back: lease)
            throw error
        }
    }

    // MARK: Leases

    private func lease() async throws(PostgresError) -> Lease {
        while true {
            let lease = try await nextLease()
            if lease.connection.isOpen { return lease }
            // It broke while it was idle; the next one may be fine.
            settle(state.withLockedValue { $0.machine.release(lease.id, usable: false) }, of: lease.id)
        }
    }

    private func nextLease() async throws(PostgresError) -> Lease {
        let waiter = state.withLockedValue { state in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let action = state.withLockedValue { state -> PoolStateMachine.LeaseAction in
                    let action = state.machine.lease(waiter)
                    if case .wait = action { state.waiting[waiter] = continuation }
                    return action
                }
                switch action {
                case .lease(let id): continuation.resume(returning: leased(id))
                case .refuse(let error): continuation.resume(returning: .failure(error))
                case .wait(let open):
                    if let open { Task { await self.open(open) } }
                    startDeadline(of: waiter)
                    if Task.isCancelled { withdraw(waiter) }
                }
            }
        } onCancel: {
            withdraw(waiter)
        }
        return try result.get()
    }

    private func leased(_ id: ConnectionID) -> Result<Lease, PostgresError> {
        guard let member = state.withLockedValue({ $0.members[id] }) else {
            return .failure(PostgresError(.connectionLost))
        }
        return .success(Lease(id: id, connection: member.connection))
    }

    private func startDeadline(of waiter: WaiterID) {
        Task {
            try await Task.sleep(for: configuration.leaseTimeout)
            withdraw(waiter)
        }
    }

    private func withdraw(_ waiter: WaiterID) {
        let (continuation, failure) = state.withLockedValue { state in
            let waited = state.machine.withdraw(waiter)
            return (waited ? state.waiting.removeValue(forKey: waiter) : nil, state.lastFailure)
        }
        continuation?.resume(
            returning: .failure(failure ?? PostgresError(.overloaded, explanation: "no connection became free in time"))
        )
    }

    private func give(back lease: Lease) {
        let isOpen = lease.connection.isOpen
        let action = state.withLockedValue { state in
            let isYoung = state.members[lease.id].map { $0.retireAt > .now } ?? false
            return state.machine.release(lease.id, usable: isOpen && isYoung)
        }
        settle(action, of: lease.id)
    }

    private func settle(_ action: PoolStateMachine.ReturnAction, of id: ConnectionID) {
        switch action {
        case .nothing, .keepIdle: break
        case .hand(let id, let waiter):
            let continuation = state.withLockedValue { $0.waiting.removeValue(forKey: waiter) }
            continuation?.resume(returning: leased(id))
        case .close(let open):
            let member = state.withLockedValue { $0.members.removeValue(forKey: id) }
            if let member { Task { await member.connection.close() } }
            if let open { Task { await self.open(open) } }
        case .retry(let id):
            Task {
                try await Task.sleep(for: backOff())
                await open(id)
            }
        }
        resumeDrainIfDone()
    }

    // MARK: Opening

    private func open(_ id: ConnectionID) async {
        do {
            let connection = try await Connection.open(configuration.connection, on: reactor)
            let lifetime = configuration.lifetime * Double.random(in: 0.9...1.1)
            let action = state.withLockedValue { state in
                (state.failures, state.lastFailure) = (0, nil)
                state.members[id] = Member(connection: connection, retireAt: .now + lifetime)
                return state.machine.opened(id)
            }
            settle(action, of: id)
        } catch {
            logger.warning("no connection to PostgreSQL", metadata: ["error": "\(error)"])
            let action = state.withLockedValue { state in
                state.failures += 1
                state.lastFailure = error
                return state.machine.openingFailed(id)
            }
            settle(action, of: id)
        }
    }

    /// 50 ms doubled with each failure up to 2 s, and up to half of it more at random.
    private func backOff() -> Duration {
        let failures = state.withLockedValue { $0.failures }
        let base = Duration.milliseconds(min(2000, 50 << min(failures, 6)))
        return base * Double.random(in: 1...1.5)
    }

    // MARK: The end

    /// Stops giving out connections, waits until those in use have come back, and closes all.
    public func shutDown() async {
        let (members, waiters) = state.withLockedValue { state in
            let (close, refuse) = state.machine.shutDown()
            return (
                close.compactMap { state.members.removeValue(forKey: $0) },
                refuse.compactMap { state.waiting.removeValue(forKey: $0) }
            )
        }
        for waiter in waiters { waiter.resume(returning: .failure(PostgresError(.shutDown))) }
        for member in members { await member.connection.close() }
        await withCheckedContinuation { continuation in
            state.withLockedValue { $0.drained.append(continuation) }
            resumeDrainIfDone()
        }
    }

    private func resumeDrainIfDone() {
        let done = state.withLockedValue { state in
            guard state.machine.isDrained else { return [CheckedContinuation<Void, Never>]() }
            defer { state.drained.removeAll() }
            return state.drained
        }
        for continuation in done { continuation.resume() }
    }
}
