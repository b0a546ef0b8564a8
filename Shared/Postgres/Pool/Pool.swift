public import CoreMetrics
public import Logging
internal import NIOConcurrencyHelpers

/// A bounded number of connections, lent to one caller at a time; and a few more that callers share by batches.
///
/// Callers beyond the bound wait, also in bounded number and time, and are refused with code `overloaded`. After a
/// failed opening the next one waits with back-off and jitter; after several in a row callers are refused at once, until
/// an attempt succeeds. Connections are replaced after a lifetime with jitter, so that they follow a failover and do not
/// all end at once.
///
/// ```swift
/// let pool = Pool(Pool.Configuration(settings), reactor: reactor, logger: logger)
/// let rows = try await pool.query(findPeer, peerID)            // one statement, its own transaction
/// try await pool.withTransaction(.init([("handrail.agency_id", agency)])) { transaction in
///     transaction.enqueue(insertContact, contactID, peerID)     // travels with the next one
///     try await transaction.execute(insertAudit, auditID)
/// }
/// try await pool.batch(recordVisit, visitID)                    // shares its commit with whoever comes at the same moment
/// ```
public final class Pool: Sendable {
    public struct Configuration: Sendable {
        public var connection: ConnectionSettings
        /// What metrics call this pool.
        public var name = "main"
        public var maximumConnections = 8
        /// Opened at the start and kept open.
        public var minimumConnections = 0
        public var maximumWaiters = 1000
        /// How long a caller waits for a connection.
        public var leaseTimeout: Duration = .seconds(5)
        public var lifetime: Duration = .seconds(1800)
        public var batches = BatchLimits()
        public var metrics: any MetricsFactory = NOOPMetricsHandler.instance

        public init(_ connection: ConnectionSettings) {
            self.connection = connection
        }
    }

    typealias ConnectionID = PoolStateMachine.ConnectionID
    typealias WaiterID = PoolStateMachine.WaiterID

    struct Member {
        let connection: Connection
        let retireAt: ContinuousClock.Instant
    }

    struct Lease {
        let id: ConnectionID
        let connection: Connection
    }

    struct Waiter {
        let continuation: CheckedContinuation<Result<Lease, PostgresError>, Never>
        /// Until when the pool lets callers wait.
        let patience: ContinuousClock.Instant
        /// When the caller's own time is over.
        let deadline: ContinuousClock.Instant?
        let since: ContinuousClock.Instant
    }

    struct State {
        var machine: PoolStateMachine
        var members: [ConnectionID: Member] = [:]
        var waiting: [WaiterID: Waiter] = [:]
        var nextWaiter: WaiterID = 1
        var isWatched = false
        var drained: [CheckedContinuation<Void, Never>] = []
    }

    let configuration: Configuration
    let reactor: Reactor
    let logger: Logger
    let state: NIOLockedValueBox<State>
    let metrics: PoolMetrics
    let token: UInt64
    let batcher: Batcher

    public init(_ configuration: Configuration, reactor: Reactor, logger: Logger) {
        self.configuration = configuration
        self.reactor = reactor
        self.logger = logger
        token = reactor.newToken()
        metrics = PoolMetrics(configuration.name, configuration.metrics)
        batcher = Batcher(configuration, metrics, reactor: reactor, logger: logger)
        state = NIOLockedValueBox(
            State(
                machine: PoolStateMachine(
                    .init(
                        connections: configuration.maximumConnections, minimum: configuration.minimumConnections,
                        waiters: configuration.maximumWaiters))))
        batcher.runAlone { [weak self] in
            guard let self else { return .failure(PostgresError(.shutDown)) }
            return await self.run($0, by: $1)
        }
        warmUp()
    }

    // MARK: Work

    /// Runs one statement as its own transaction, on a connection of its own.
    ///
    /// A statement whose prepared plan the server finds out of date is prepared and run once more.
    /// - Throws: ``PostgresError``.
    public func query<each P: PostgresEncodable>(
        _ statement: Statement, _ parameters: repeat each P, by deadline: ContinuousClock.Instant? = nil
    ) async throws(PostgresError) -> Rows {
        let bindings = Bindings(repeat each parameters)
        return try await run([Step(statement, bindings)], by: deadline).get()[0]
    }

    private func run(_ steps: [Step], by deadline: ContinuousClock.Instant?) async -> Result<[Rows], PostgresError> {
        do {
            let lease = try await lease(by: deadline)
            defer { give(back: lease) }
            do {
                return .success(try await lease.connection.run(steps))
            } catch {
                guard error.isStalePlan, lease.connection.isUsable else { return .failure(error) }
            }
            do { return .success(try await lease.connection.run(steps)) } catch { return .failure(error) }
        } catch {
            return .failure(error)
        }
    }

    /// Runs the body in one transaction: committed when it returns, rolled back when it throws.
    ///
    /// `begin` and the settings travel in front of the first statement, so they cost no round trip.
    /// - Parameter deadline: when the caller's time is over; whatever runs then is stopped on the server.
    /// - Throws: what the body throws; ``PostgresError`` where PostgreSQL fails. When the commit itself throws
    ///   `outcomeUnknown`, it may or may not have happened.
    public func withTransaction<T: Sendable>(
        _ settings: LocalSettings = .none, by deadline: ContinuousClock.Instant? = nil,
        _ body: @Sendable (Transaction) async throws -> T
    ) async throws -> T {
        let lease = try await lease(by: deadline)
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
        let lease = try await lease(by: nil)
        defer { give(back: lease) }
        try await lease.connection.runScript(sql)
    }

    // MARK: The end

    /// Stops giving out connections, waits until those in use have come back, and closes all.
    public func shutDown() async {
        await batcher.shutDown()
        let (members, waiters) = state.withLockedValue { state in
            let (close, refuse) = state.machine.shutDown()
            return (
                close.compactMap { state.members.removeValue(forKey: $0) },
                refuse.compactMap { state.waiting.removeValue(forKey: $0) }
            )
        }
        for waiter in waiters { waiter.continuation.resume(returning: .failure(PostgresError(.shutDown))) }
        for member in members { member.connection.close() }
        await withCheckedContinuation { continuation in
            state.withLockedValue { $0.drained.append(continuation) }
            resumeDrainIfDone()
        }
    }

    func resumeDrainIfDone() {
        let done = state.withLockedValue { state in
            guard state.machine.isDrained else { return [CheckedContinuation<Void, Never>]() }
            defer { state.drained.removeAll() }
            return state.drained
        }
        guard !done.isEmpty else { return }
        reactor.standDown(token)
        for continuation in done { continuation.resume() }
    }
}
