internal import CLibPQ
internal import DequeModule
internal import NIOConcurrencyHelpers

/// One connection to PostgreSQL: an actor that lives on the reactor's thread, in pipeline mode except while it does
/// something that is not possible there (``Solo``).
///
/// What is submitted during one turn of the reactor's loop is sent together at its end. Answers come in the order of
/// submission; one request's failure never touches its neighbours.
actor Connection {
    typealias RequestID = PipelineStateMachine.RequestID

    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    enum Phase {
        case opening(CheckedContinuation<PostgresError?, Never>)
        case open
        case closed(PostgresError)
    }

    /// A statement is prepared once for each list of parameter types it is used with.
    struct PreparedKey: Hashable {
        let statement: Statement
        let types: [PostgresType]
    }

    /// What the one who has leased the connection may touch without a hop to the reactor's thread.
    nonisolated let lent = NIOLockedValueBox(Lent())

    struct Lent {
        var isOpen = false
        /// A cancellation is under way that could still hit whatever runs next: nothing may.
        var isSpoiled = false
        /// The server's word with which it ended the connection.
        var endedBy: String?
        /// Steps that go out in front of the next request, and cost no round trip of their own.
        var prefix: [Step] = []
        /// `begin` is among them, so that on the server nothing has begun.
        var hasUnsentBegin = false
        /// Statements of the caller are among them.
        var hasUnsentWork = false
        /// The settings that were last applied in this transaction; nil where that is not known.
        var applied: LocalSettings?
        /// When the caller's time is over; nil for the connection's own limit.
        var deadline: ContinuousClock.Instant?
        var nextRequest: RequestID = 1
    }

    // SAFETY: only used on the reactor's thread; `PQfinish` is called exactly once, in `shutDown`.
    nonisolated(unsafe) let pointer: OpaquePointer
    nonisolated let token: UInt64
    let limits: ConnectionLimits
    var descriptor: Int32 = -1
    var watching: Readiness?
    var phase: Phase?
    var machine = PipelineStateMachine()
    var inFlight: Deque<Request> = []
    var waiting: Deque<Request> = []
    var prepared: [PreparedKey: String] = [:]
    var canceller: Canceller?
    var metrics: PoolMetrics?
    /// When something last arrived, or the first request went out after a silence.
    var lastSign = ContinuousClock.now
    /// When a cancellation must have been answered.
    var mustAnswerBy: ContinuousClock.Instant?
    private var flushIsDue = false
    private var isGuarded = false
    var listener: AsyncStream<Notification>.Continuation?

    init(_ handle: LibPQHandle, _ limits: ConnectionLimits, reactor: Reactor) {
        self.reactor = reactor
        self.limits = limits
        pointer = handle.pointer
        token = reactor.newToken()
    }

    // MARK: The end

    var libpqMessage: String? { PQerrorMessage(pointer).map { String(cString: $0) } }

    /// Closes the connection. Requests that are in flight are answered with `reason`.
    func close(_ reason: PostgresError = PostgresError(.shutDown)) {
        shutDown(reason)
    }

    func shutDown(_ reason: PostgresError) {
        let before = phase
        if case .closed = before { return }
        phase = .closed(reason)
        lent.withLockedValue { lent in
            (lent.isOpen, lent.prefix, lent.hasUnsentBegin, lent.hasUnsentWork) = (false, [], false, false)
            lent.endedBy = reason.sqlState
        }
        reactor.unwatch(descriptor, token: token)
        PQfinish(pointer)
        machine = PipelineStateMachine()
        if case .opening(let opener) = before { opener.resume(returning: reason) }
        let unanswered = inFlight + waiting
        inFlight.removeAll()
        waiting.removeAll()
        for request in unanswered { request.fail(request.reason ?? reason) }
        listener?.finish()
    }

    /// The link broke: what is in flight has an unknown outcome.
    func lost() {
        shutDown(PostgresError(.connectionLost, serverMessage: libpqMessage))
    }

    /// Whether the connection can take requests.
    nonisolated var isOpen: Bool { lent.withLockedValue { $0.isOpen } }
    /// Whether the connection may go to its next user.
    nonisolated var isUsable: Bool { lent.withLockedValue { $0.isOpen && !$0.isSpoiled } }

    /// What metrics say of a connection that may not go to its next user.
    nonisolated var whyUnusable: String { lent.withLockedValue { $0.isSpoiled ? "cancelled" : $0.endedBy ?? "lost" } }

    /// Tells from now on how long statements take.
    nonisolated func measure(by metrics: PoolMetrics) {
        reactor.post { self.assumeIsolated { $0.metrics = metrics } }
    }

    // MARK: Taking requests

    nonisolated func newRequestID() -> RequestID {
        lent.withLockedValue { lent in
            defer { lent.nextRequest += 1 }
            return lent.nextRequest
        }
    }

    /// Queues a request; it goes out at the end of the reactor's turn. To be called on the reactor's thread.
    func accept(_ request: Request) {
        if case .closed(let reason) = phase {
            return request.fail(PostgresError(.connectionLost, serverMessage: reason.serverMessage))
        }
        waiting.append(request)
        scheduleFlush()
        guardTime()
    }

    func scheduleFlush() {
        guard !flushIsDue else { return }
        flushIsDue = true
        reactor.atEndOfTurn { [self] in assumeIsolated { $0.flushWaiting() } }
    }

    private func flushWaiting() {
        flushIsDue = false
        guard isOpen else { return }
        if inFlight.isEmpty { lastSign = .now }
        while let next = waiting.first {
            switch next.work {
            case .steps(let steps):
                if case .solo? = inFlight.last?.work { return flush() }
                guard send(steps, as: next.id) else { return lost() }
            case .solo(let solo):
                guard machine.isIdle else { return flush() }
                guard PQexitPipelineMode(pointer) == 1, solo.begin(pointer) else { return lost() }
                machine.sent(.solo(next.id))
            }
            inFlight.append(waiting.removeFirst())
            inFlight[inFlight.endIndex - 1].sentAt = .now
        }
        flush()
    }

    private func send(_ steps: [Step], as id: RequestID) -> Bool {
        for step in steps {
            let key = PreparedKey(statement: step.statement, types: step.bindings.types)
            let name: String
            if let known = prepared[key] {
                name = known
            } else {
                name = "s\(prepared.count)_\(id)"
                prepared[key] = name
                let types = key.types.map(\.rawValue)
                guard PQsendPrepare(pointer, name, step.statement.sql, Int32(types.count), types) == 1 else {
                    return false
                }
                machine.sent(.preparation(id, serverName: name))
            }
            guard
                step.bindings.withLibPQArguments({ count, values, lengths, formats in
                    PQsendQueryPrepared(pointer, name, count, values, lengths, formats, 1) == 1
                })
            else { return false }
            machine.sent(.rows(id))
        }
        guard PQpipelineSync(pointer) == 1 else { return false }
        machine.sent(.sync(id))
        return true
    }

    // MARK: Time

    private func guardTime() {
        guard !isGuarded else { return }
        isGuarded = true
        reactor.stand(token) { [self] now in assumeIsolated { $0.look(at: now) } }
    }

    /// Whether anything takes too long: a caller's time, an answer to a cancellation, or a link that is silent for
    /// longer than the server itself would let a statement run.
    private func look(at now: ContinuousClock.Instant) {
        guard isOpen else { return }
        if inFlight.isEmpty && waiting.isEmpty {
            isGuarded = false
            return reactor.standDown(token)
        }
        let late = (inFlight + waiting).filter { $0.reason == nil && $0.deadline.map { $0 <= now } ?? false }
        for request in late { stop(request.id, because: PostgresError(.deadlineExceeded)) }
        guard isOpen, !inFlight.isEmpty else { return }
        let isSilent = isReading && now > lastSign + limits.silence
        if isSilent || mustAnswerBy.map({ $0 <= now }) ?? false {
            shutDown(PostgresError(.connectionLost, explanation: "the server has fallen silent"))
        }
    }

    /// Whether an answer is waited for: not while the reader of a stream is the slow one.
    private var isReading: Bool { watching?.contains(.readable) ?? false }

    // MARK: Other things

    /// Notifications of the channels that a script has asked to LISTEN to. Ends with the connection.
    func notifications() -> AsyncStream<Notification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Notification.self, bufferingPolicy: .bufferingNewest(1024))
        listener = continuation
        if case .closed = phase { continuation.finish() }
        return stream
    }

    /// What the server stores for a password; made here, so that the password itself is never sent.
    func scramVerifier(_ password: String, _ login: String) -> String? {
        guard isOpen, let text = PQencryptPasswordConn(pointer, password, login, "scram-sha-256") else { return nil }
        defer { PQfreemem(text) }
        return String(cString: text)
    }
}
