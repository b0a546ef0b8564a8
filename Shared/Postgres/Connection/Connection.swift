internal import CLibPQ
internal import DequeModule
internal import NIOConcurrencyHelpers

/// One connection to PostgreSQL: an actor that lives on the reactor's thread, always in pipeline mode.
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

    struct Request {
        var id: RequestID
        var work: Work
        var results: [ResultMemory] = []
        var answer: CheckedContinuation<Result<[Rows], PostgresError>, Never>
    }

    enum Work {
        case steps([Step])
        case script(String)
    }

    /// A statement is prepared once for each list of parameter types it is used with.
    struct PreparedKey: Hashable {
        let statement: Statement
        let types: [PostgresType]
    }

    /// What the one who has leased the connection may touch without a hop to the reactor's thread.
    private nonisolated let lent = NIOLockedValueBox(Lent())

    private struct Lent {
        var isOpen = false
        /// Steps that go out in front of the next request, and cost no round trip of their own.
        var prefix: [Step] = []
        /// `begin` is among them, so that on the server nothing has begun.
        var hasUnsentBegin = false
        /// Statements of the caller are among them.
        var hasUnsentWork = false
    }

    // SAFETY: only used on the reactor's thread; `PQfinish` is called exactly once, in `shutDown`.
    nonisolated(unsafe) let pointer: OpaquePointer
    let token: UInt64
    var descriptor: Int32 = -1
    var phase: Phase?
    var machine = PipelineStateMachine()
    var inFlight: Deque<Request> = []
    var waiting: Deque<Request> = []
    private var nextRequest: RequestID = 1
    var prepared: [PreparedKey: String] = [:]
    private var flushIsDue = false
    var listener: AsyncStream<Notification>.Continuation?

    private init(_ handle: LibPQHandle, reactor: Reactor) {
        self.reactor = reactor
        pointer = handle.pointer
        token = reactor.newToken()
    }

    // MARK: Opening and closing

    /// Opens a connection with libpq's arguments for one server.
    static func open(
        _ arguments: [String: String], by end: ContinuousClock.Instant, _ settings: ConnectionSettings,
        on reactor: Reactor
    ) async throws(PostgresError) -> Connection {
        let connection = Connection(try await LibPQHandle.start(arguments), reactor: reactor)
        let deadline = Task {
            try await Task.sleep(until: end, clock: .continuous)
            await connection.shutDown(.tookTooLong)
        }
        let failure = await connection.finishOpening()
        deadline.cancel()
        if let failure { throw failure }
        return connection
    }

    private func finishOpening() async -> PostgresError? {
        await withCheckedContinuation { continuation in
            phase = .opening(continuation)
            if PQstatus(pointer) == CONNECTION_BAD {
                shutDown(.cannotConnect(libpqMessage))
            } else {
                // libpq's rule: begin as if it had last asked for writing.
                watch(for: .writable)
            }
        }
    }

    func pollOpening(_ opener: CheckedContinuation<PostgresError?, Never>) {
        switch PQconnectPoll(pointer) {
        case PGRES_POLLING_READING: watch(for: .readable)
        case PGRES_POLLING_WRITING: watch(for: .writable)
        case PGRES_POLLING_OK:
            guard PQsetnonblocking(pointer, 1) == 0, PQenterPipelineMode(pointer) == 1 else {
                return shutDown(PostgresError(.cannotConnect, explanation: "no pipeline mode"))
            }
            phase = .open
            lent.withLockedValue { $0.isOpen = true }
            watch(for: .readable)
            opener.resume(returning: nil)
        default:
            shutDown(.cannotConnect(libpqMessage))
        }
    }

    var libpqMessage: String? { PQerrorMessage(pointer).map { String(cString: $0) } }

    /// Closes the connection. Requests that are in flight are answered with `reason`.
    func close(_ reason: PostgresError = PostgresError(.shutDown)) {
        shutDown(reason)
    }

    func shutDown(_ reason: PostgresError) {
        let before = phase
        if case .closed = before { return }
        phase = .closed(reason)
        lent.withLockedValue { $0 = Lent() }
        reactor.unwatch(descriptor, token: token)
        PQfinish(pointer)
        _ = machine.connectionLost()
        if case .opening(let opener) = before { opener.resume(returning: reason) }
        for request in inFlight + waiting { request.answer.resume(returning: .failure(reason)) }
        inFlight.removeAll()
        waiting.removeAll()
        listener?.finish()
    }

    /// Whether the connection can take requests.
    nonisolated var isOpen: Bool { lent.withLockedValue { $0.isOpen } }

    // MARK: Requests

    /// Runs the steps as one request: all of them up to one sync. Without an own `begin` they are one transaction.
    ///
    /// - Returns: one result for each step.
    func run(_ steps: [Step]) async throws(PostgresError) -> [Rows] {
        let prefix = lent.withLockedValue { lent in
            defer { (lent.prefix, lent.hasUnsentBegin, lent.hasUnsentWork) = ([], false, false) }
            return lent.prefix
        }
        return Array(try await submit(.steps(prefix + steps)).dropFirst(prefix.count))
    }

    /// Begins a transaction with the next request.
    nonisolated func begin(_ settings: LocalSettings) {
        lent.withLockedValue { lent in
            lent.prefix = [.begin] + settings.steps
            lent.hasUnsentBegin = true
        }
    }

    /// Adds steps in front of the next request.
    nonisolated func runBeforeNext(_ steps: [Step], isWork: Bool) {
        lent.withLockedValue { lent in
            lent.prefix.append(contentsOf: steps)
            if isWork { lent.hasUnsentWork = true }
        }
    }

    /// Whether statements of the caller wait for the next request.
    nonisolated var hasUnsentWork: Bool { lent.withLockedValue { $0.hasUnsentWork } }

    func commit() async throws(PostgresError) {
        let isNeeded = lent.withLockedValue { lent in
            guard lent.hasUnsentBegin && !lent.hasUnsentWork else { return true }
            lent.prefix = []
            lent.hasUnsentBegin = false
            return false
        }
        guard isNeeded else { return }
        let rows = try await run([.commit])
        // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and with success.
        if rows[0].result.commandTag == "ROLLBACK" { throw PostgresError(.transactionAborted) }
    }

    /// Rolls back; a connection that cannot even do that is closed, which rolls back on the server.
    func rollBack() async {
        let hasBegun = lent.withLockedValue { lent in
            defer { (lent.prefix, lent.hasUnsentBegin, lent.hasUnsentWork) = ([], false, false) }
            return !lent.hasUnsentBegin
        }
        guard hasBegun, isOpen else { return }
        do {
            _ = try await run([.rollback])
        } catch {
            close(error)
        }
    }

    /// Runs SQL text of any number of statements outside pipeline mode: migrations, LISTEN, statements that cannot run
    /// in a transaction. Waits until everything before it is answered.
    func runScript(_ sql: String) async throws(PostgresError) {
        _ = try await submit(.script(sql))
    }

    /// Notifications of the channels that a script has asked to LISTEN to. Ends with the connection.
    func notifications() -> AsyncStream<Notification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Notification.self, bufferingPolicy: .bufferingNewest(1024))
        listener = continuation
        if case .closed = phase { continuation.finish() }
        return stream
    }

    private func submit(_ work: Work) async throws(PostgresError) -> [Rows] {
        let result = await withCheckedContinuation { continuation in
            if case .closed(let reason) = phase {
                continuation.resume(
                    returning: Result<[Rows], PostgresError>.failure(
                        PostgresError(.connectionLost, serverMessage: reason.serverMessage)))
                return
            }
            waiting.append(Request(id: nextRequest, work: work, answer: continuation))
            nextRequest += 1
            scheduleFlush()
        }
        return try result.get()
    }

    func scheduleFlush() {
        guard !flushIsDue else { return }
        flushIsDue = true
        reactor.atEndOfTurn { [self] in assumeIsolated { $0.flushWaiting() } }
    }

    func flushWaiting() {
        flushIsDue = false
        guard isOpen else { return }
        while let next = waiting.first {
            switch next.work {
            case .steps(let steps):
                if case .script = inFlight.last?.work { return flush() }
                guard send(steps, as: next.id) else { return lost() }
            case .script(let sql):
                guard machine.isIdle else { return flush() }
                guard PQexitPipelineMode(pointer) == 1, PQsendQuery(pointer, sql) == 1 else { return lost() }
                machine.sent([.script(next.id)])
            }
            inFlight.append(waiting.removeFirst())
        }
        flush()
    }

    func send(_ steps: [Step], as id: RequestID) -> Bool {
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
                machine.sent([.preparation(id, serverName: name)])
            }
            guard
                step.bindings.withLibPQArguments({ count, values, lengths, formats in
                    PQsendQueryPrepared(pointer, name, count, values, lengths, formats, 1) == 1
                })
            else { return false }
            machine.sent([.rows(id)])
        }
        guard PQpipelineSync(pointer) == 1 else { return false }
        machine.sent([.sync(id)])
        return true
    }

    /// What the server stores for a password; made here, so that the password itself is never sent.
    func scramVerifier(_ password: String, _ login: String) -> String? {
        guard isOpen, let text = PQencryptPasswordConn(pointer, password, login, "scram-sha-256") else { return nil }
        defer { PQfreemem(text) }
        return String(cString: text)
    }
}
