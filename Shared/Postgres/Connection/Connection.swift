internal import NIOConcurrencyHelpers

/// One connection to PostgreSQL, in pipeline mode except while it does something that is not possible there (``Solo``).
///
/// Whoever asks something of it writes to the socket at once, on their own thread; the reactor's thread reads the answers.
/// So a statement costs one change of threads, not two. The ``Wire`` is held for as long as libpq takes to read or write a
/// buffer, never while anybody waits; answers are given after it is let go, so that whoever gets one may ask again.
final class Connection: Sendable {
    typealias RequestID = PipelineStateMachine.RequestID

    let reactor: Reactor
    private let token: UInt64
    private let wire: NIOLockedValueBox<Wire>
    /// What the one who has leased the connection has put down for the next request.
    let lent: NIOLockedValueBox<Lent>

    struct Lent: Sendable {
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

    init(_ handle: LibPQHandle, _ limits: ConnectionLimits, reactor: Reactor) {
        self.reactor = reactor
        token = reactor.newToken()
        lent = NIOLockedValueBox(Lent())
        wire = NIOLockedValueBox(Wire(handle, limits, Watch(reactor: reactor, token: token), lent))
    }

    /// Runs the body with the wire held; gives the answers that came of it afterwards.
    private func hold<T: Sendable>(_ body: (inout Wire) -> T) -> T {
        let (value, answers) = wire.withLockedValue { wire in (body(&wire), wire.takeAnswers()) }
        for answer in answers { answer.give() }
        return value
    }

    // MARK: For those who use it

    /// Sends requests at once, or behind what is under way.
    func accept(_ requests: [Request]) {
        let mustBeGuarded = hold { $0.accept(requests) }
        if mustBeGuarded { reactor.stand(token) { [self] now in hold { $0.look(at: now) } } }
    }

    /// Stops one request: it is taken back where it has not been sent yet, and cancelled on the server otherwise.
    func stop(_ id: RequestID, because reason: PostgresError) {
        hold { $0.stop(id, because: reason) }
    }

    /// Stops one request because its task was cancelled.
    ///
    /// Not at once: whoever is told of a cancellation holds a lock of the task's, which giving it an answer needs, and
    /// answers to streams are given while the wire is held.
    func stopSoon(_ id: RequestID) {
        Task { stop(id, because: PostgresError(.cancelled)) }
    }

    /// Goes on reading after a pause that the reader of a stream needed.
    func goOnReading() {
        hold { $0.goOnReading() }
    }

    /// Does something with libpq's connection that is neither a request nor an answer, such as handing over a piece of
    /// COPY.
    func withWire(_ body: (inout Wire) -> Void) {
        hold { body(&$0) }
    }

    /// Closes the connection. Requests that are in flight are answered with `reason`.
    func close(_ reason: PostgresError = PostgresError(.shutDown)) {
        hold { $0.shutDown(reason) }
    }

    /// Whether the connection can take requests.
    var isOpen: Bool { lent.withLockedValue { $0.isOpen } }
    /// Whether the connection may go to its next user.
    var isUsable: Bool { lent.withLockedValue { $0.isOpen && !$0.isSpoiled } }
    /// What metrics say of a connection that may not go to its next user.
    var whyUnusable: String { lent.withLockedValue { $0.isSpoiled ? "cancelled" : $0.endedBy ?? "lost" } }

    func newRequestID() -> RequestID {
        lent.withLockedValue { lent in
            defer { lent.nextRequest += 1 }
            return lent.nextRequest
        }
    }

    /// Tells from now on how long statements take.
    func measure(by metrics: PoolMetrics) {
        hold { $0.metrics = metrics }
    }

    /// Notifications of the channels that a script has asked to LISTEN to. Ends with the connection.
    func notifications() -> AsyncStream<Notification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Notification.self, bufferingPolicy: .bufferingNewest(1024))
        hold { $0.notify(continuation) }
        return stream
    }

    /// What the server stores for a password; made here, so that the password itself is never sent.
    func scramVerifier(_ password: String, _ login: String) -> String? {
        hold { $0.scramVerifier(password, login) }
    }

    // MARK: Opening

    /// Opens a connection with libpq's arguments for one server.
    static func open(
        _ arguments: [String: String], by end: ContinuousClock.Instant, _ settings: ConnectionSettings,
        on reactor: Reactor
    ) async throws(PostgresError) -> Connection {
        let connection = Connection(
            try await LibPQHandle.start(arguments), ConnectionLimits(settings), reactor: reactor)
        let deadline = Task {
            try await Task.sleep(until: end, clock: .continuous)
            connection.close(.tookTooLong)
        }
        let failure = await withCheckedContinuation { continuation in
            connection.reactor.attend(connection.token) { ready in connection.hold { $0.socketIsReady(ready) } }
            connection.hold { $0.beginOpening(continuation) }
        }
        deadline.cancel()
        if let failure { throw failure }
        return connection
    }
}

/// How one socket is watched.
struct Watch: Sendable {
    let reactor: Reactor
    let token: UInt64
}
