internal import CLibPQ
internal import DequeModule
internal import NIOConcurrencyHelpers

/// The connection as libpq has it, and what is expected on it. Only reached through its ``Connection``, which holds it for
/// one thread at a time.
struct Wire: @unchecked Sendable {
    // SAFETY: it lies in the connection's lock and never leaves it; libpq allows any thread, one at a time. `PQfinish` is
    // called exactly once, in `shutDown`.
    typealias RequestID = PipelineStateMachine.RequestID

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

    let pointer: OpaquePointer
    let limits: ConnectionLimits
    let watch: Watch
    let lent: NIOLockedValueBox<Connection.Lent>
    var descriptor: Int32 = -1
    var watching: Readiness?
    var phase: Phase?
    var machine = PipelineStateMachine()
    var inFlight: Deque<Request> = []
    var waiting: Deque<Request> = []
    var answers: [Answer] = []
    var prepared: [PreparedKey: String] = [:]
    var canceller: Canceller?
    var metrics: PoolMetrics?
    /// When something last arrived, or the first request went out after a silence.
    var lastSign = ContinuousClock.now
    /// When a cancellation must have been answered.
    var mustAnswerBy: ContinuousClock.Instant?
    private var isGuarded = false
    private var listener: AsyncStream<Notification>.Continuation?

    init(
        _ handle: LibPQHandle, _ limits: ConnectionLimits, _ watch: Watch, _ lent: NIOLockedValueBox<Connection.Lent>
    ) {
        (pointer, self.limits, self.watch, self.lent) = (handle.pointer, limits, watch, lent)
    }

    var isOpen: Bool { if case .open = phase { true } else { false } }
    var libpqMessage: String? { PQerrorMessage(pointer).map { String(cString: $0) } }

    mutating func takeAnswers() -> [Answer] {
        guard !answers.isEmpty else { return [] }
        defer { answers = [] }
        return answers
    }

    // MARK: The end

    mutating func shutDown(_ reason: PostgresError) {
        let before = phase
        if case .closed = before { return }
        phase = .closed(reason)
        lent.withLockedValue { lent in
            (lent.isOpen, lent.prefix, lent.hasUnsentBegin, lent.hasUnsentWork) = (false, [], false, false)
            lent.endedBy = reason.sqlState
        }
        watch.reactor.unwatch(descriptor, token: watch.token)
        PQfinish(pointer)
        machine = PipelineStateMachine()
        if case .opening(let opener) = before { opener.resume(returning: reason) }
        for request in inFlight { fail(request, request.reason ?? reason) }
        for request in waiting { fail(request, request.reason ?? reason, wasSent: false) }
        inFlight.removeAll()
        waiting.removeAll()
        listener?.finish()
    }

    /// The link broke: what is in flight has an unknown outcome.
    mutating func lost() {
        shutDown(PostgresError(.connectionLost, serverMessage: libpqMessage))
    }

    mutating func fail(_ request: Request, _ error: PostgresError, wasSent: Bool = true) {
        if case .solo(let solo) = request.work { solo.ended(error) }
        let failure = RequestFailure(error: error, step: request.failedStep, wasSent: wasSent)
        answers.append(Answer(request, .failure(failure)))
    }

    // MARK: Taking requests

    /// - Returns: whether somebody must look at the clock for this connection from now on.
    mutating func accept(_ requests: [Request]) -> Bool {
        if case .closed(let reason) = phase {
            for request in requests {
                fail(request, PostgresError(.connectionLost, serverMessage: reason.serverMessage), wasSent: false)
            }
            return false
        }
        waiting.append(contentsOf: requests)
        sendWaiting()
        defer { isGuarded = true }
        return !isGuarded
    }

    mutating func sendWaiting() {
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
            waiting.removeFirst()
            next.sentAt = metrics == nil ? nil : .now
            inFlight.append(next)
        }
        flush()
    }

    private mutating func send(_ steps: [Step], as id: RequestID) -> Bool {
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

    mutating func stop(_ id: RequestID, because reason: PostgresError) {
        if let index = waiting.firstIndex(where: { $0.id == id }) {
            fail(waiting.remove(at: index), reason)
        } else if let index = inFlight.firstIndex(where: { $0.id == id }), inFlight[index].reason == nil {
            inFlight[index].reason = reason
            lent.withLockedValue { $0.isSpoiled = true }
            mustAnswerBy = .now + limits.cancellation
            canceller?.ask()
        }
    }

    /// Whether anything takes too long: a caller's time, an answer to a cancellation, or a link that is silent for
    /// longer than the server itself would let a statement run.
    mutating func look(at now: ContinuousClock.Instant) {
        if !isOpen || inFlight.isEmpty && waiting.isEmpty {
            isGuarded = false
            return watch.reactor.standDown(watch.token)
        }
        let late = (inFlight + waiting).filter { $0.reason == nil && $0.deadline.map { $0 <= now } ?? false }
        for request in late { stop(request.id, because: PostgresError(.deadlineExceeded)) }
        guard isOpen, !inFlight.isEmpty else { return }
        let isSilent = inFlight.first.flatMap { limits.silence(of: $0.work) }.map { now > lastSign + $0 } ?? false
        // Not while the reader of a stream is the slow one.
        let isReading = watching?.contains(.readable) ?? false
        if isReading && isSilent || mustAnswerBy.map({ $0 <= now }) ?? false {
            shutDown(PostgresError(.connectionLost, explanation: "the server has fallen silent"))
        }
    }

    // MARK: Other things

    mutating func notify(_ continuation: AsyncStream<Notification>.Continuation) {
        listener = continuation
        if case .closed = phase { continuation.finish() }
    }

    func heard(_ notification: Notification) {
        listener?.yield(notification)
    }

    func scramVerifier(_ password: String, _ login: String) -> String? {
        guard isOpen, let text = PQencryptPasswordConn(pointer, password, login, "scram-sha-256") else { return nil }
        defer { PQfreemem(text) }
        return String(cString: text)
    }
}
