internal import CLibPQ
internal import Glibc
internal import NIOConcurrencyHelpers

/// One thread that waits for sockets with epoll and runs the connection actors.
///
/// libpq brings its own sockets, which NIO cannot watch, so the connections have an executor of their own. Everything
/// that touches a `PGconn` runs here; nothing here ever blocks except `epoll_wait`. Requests that were submitted during
/// one turn of the loop are sent together at its end.
public final class Reactor: SerialExecutor, Sendable {
    private let epoll: Int32
    private let wakeUp: Int32
    private let shared = NIOLockedValueBox(Shared())
    /// Finds the servers that the connections on this reactor are to.
    let names: NameResolver

    fileprivate struct Shared {
        var jobs: [UnownedJob] = []
        var posts: [@Sendable () -> Void] = []
        var watchers: [UInt64: @Sendable (Readiness) -> Void] = [:]
        /// Asked every now and then, while there are any, whether something has taken too long.
        var sentries: [UInt64: @Sendable (ContinuousClock.Instant) -> Void] = [:]
        var endOfTurn: [@Sendable () -> Void] = []
        var nextToken: UInt64 = 1
        var thread: pthread_t?
        /// The thread waits for sockets: something new must wake it.
        var isWaiting = false
        var stopping = false
    }

    /// Starts the thread. It runs until ``shutdown()``.
    public convenience init() {
        self.init(names: NameResolver())
    }

    init(names: NameResolver) {
        self.names = names
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        // SAFETY: without a reactor nothing can run; only a process out of descriptors comes here.
        precondition(epoll >= 0 && wakeUp >= 0, "the reactor could not get its descriptors")
        _ = handrail_epoll_control(epoll, EPOLL_CTL_ADD, wakeUp, Readiness.readable.rawValue, 0)
        startThread()
    }

    /// Ends the thread after its present turn. All connections on this reactor must be closed before.
    public func shutdown() {
        let isWaiting = shared.withLockedValue { shared in
            shared.stopping = true
            return shared.wakes()
        }
        if isWaiting { wake() }
    }

    // MARK: Work for the thread

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isWaiting = shared.withLockedValue { shared in
            shared.jobs.append(job)
            return shared.wakes()
        }
        if isWaiting { wake() }
    }

    /// Runs the closure on the reactor's thread, soon. Cheaper than a hop of a task, and keeps the order of the callers.
    func post(_ body: @escaping @Sendable () -> Void) {
        let isWaiting = shared.withLockedValue { shared in
            shared.posts.append(body)
            return shared.wakes()
        }
        if isWaiting { wake() }
    }

    /// Runs the closure on the reactor's thread at the end of this turn. To be called on that thread only.
    func atEndOfTurn(_ body: @escaping @Sendable () -> Void) {
        shared.withLockedValue { $0.endOfTurn.append(body) }
    }

    public func checkIsolated() {
        precondition(isCurrentThread, "a connection was touched outside its reactor's thread")
    }

    private var isCurrentThread: Bool {
        shared.withLockedValue { shared in
            guard let thread = shared.thread else { return false }
            return pthread_equal(thread, pthread_self()) != 0
        }
    }

    // MARK: Watching

    /// A name for a watched socket that is never used again, so that a late event cannot reach a newer socket.
    func newToken() -> UInt64 {
        shared.withLockedValue { shared in
            defer { shared.nextToken += 1 }
            return shared.nextToken
        }
    }

    /// Watches a socket, level-triggered: libpq reads one buffer at a time and leaves the rest for the next turn.
    ///
    /// Calling it again changes what is waited for. `handler` runs on the reactor's thread.
    func watch(
        _ descriptor: Int32, token: UInt64, for readiness: Readiness,
        handler: @escaping @Sendable (Readiness) -> Void
    ) {
        shared.withLockedValue { $0.watchers[token] = handler }
        rewatch(descriptor, token: token, for: readiness)
    }

    /// Changes what a socket that is watched already is waited for.
    func rewatch(_ descriptor: Int32, token: UInt64, for readiness: Readiness) {
        if handrail_epoll_control(epoll, EPOLL_CTL_MOD, descriptor, readiness.rawValue, token) != 0 {
            // Not watched so far, or libpq has replaced the socket by another one of the same number.
            _ = handrail_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, readiness.rawValue, token)
        }
    }

    func unwatch(_ descriptor: Int32, token: UInt64) {
        shared.withLockedValue { shared in
            shared.watchers[token] = nil
            shared.sentries[token] = nil
        }
        if descriptor >= 0 { _ = handrail_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0, token) }
    }

    /// Calls the closure on the reactor's thread some ten times a second, until it is taken away: one look at the clock
    /// for all that may take too long, instead of a timer for each statement.
    func stand(_ token: UInt64, _ sentry: @escaping @Sendable (ContinuousClock.Instant) -> Void) {
        let isWaiting = shared.withLockedValue { shared in
            shared.sentries[token] = sentry
            return shared.wakes()
        }
        if isWaiting { wake() }
    }

    func standDown(_ token: UInt64) {
        shared.withLockedValue { $0.sentries[token] = nil }
    }

    private static let lookEvery = Duration.milliseconds(100)

    // MARK: The loop

    private func startThread() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Reactor>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        // SAFETY: as in init: only a process out of threads comes here.
        precondition(result == 0, "the reactor's thread could not be started")
        pthread_detach(thread)
    }

    private func run() {
        shared.withLockedValue { $0.thread = pthread_self() }
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var nextLook = ContinuousClock.now
        while true {
            runJobs()
            let (isIdle, hasSentries, isStopping) = shared.withLockedValue { shared in
                // From here on whoever brings something wakes the thread; what came before is seen now.
                shared.isWaiting = shared.jobs.isEmpty && shared.posts.isEmpty
                return (shared.isWaiting, !shared.sentries.isEmpty, shared.stopping)
            }
            if isIdle && isStopping { break }
            let timeout: Int32 = isIdle ? (hasSentries ? 100 : -1) : 0
            let count = epoll_wait(epoll, &events, Int32(events.count), timeout)
            shared.withLockedValue { $0.isWaiting = false }
            for event in events.prefix(max(0, Int(count))) { deliver(event) }
            if hasSentries { look(&nextLook) }
        }
        close(wakeUp)
        close(epoll)
    }

    private func deliver(_ event: epoll_event) {
        let token = withUnsafePointer(to: event) { handrail_epoll_token($0) }
        guard token != 0 else {
            var count: UInt64 = 0
            _ = read(wakeUp, &count, MemoryLayout<UInt64>.size)
            return
        }
        let watcher = shared.withLockedValue { $0.watchers[token] }
        watcher?(Readiness(rawValue: event.events))
    }

    private func look(_ next: inout ContinuousClock.Instant) {
        let now = ContinuousClock.now
        guard now >= next else { return }
        next = now + Self.lookEvery
        for sentry in shared.withLockedValue({ Array($0.sentries.values) }) { sentry(now) }
    }

    /// Runs what has come until nothing is left, with what it asked to be done at the end of the turn.
    private func runJobs() {
        while true {
            let (jobs, posts) = shared.withLockedValue { shared in
                defer {
                    shared.jobs.removeAll(keepingCapacity: true)
                    shared.posts.removeAll(keepingCapacity: true)
                }
                return (shared.jobs, shared.posts)
            }
            for post in posts { post() }
            for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
            let endings = shared.withLockedValue { shared in
                defer { shared.endOfTurn.removeAll(keepingCapacity: true) }
                return shared.endOfTurn
            }
            for ending in endings { ending() }
            if jobs.isEmpty && posts.isEmpty && endings.isEmpty { return }
        }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, MemoryLayout<UInt64>.size)
    }
}

extension Reactor.Shared {
    /// Whether the thread must be woken for what has just come; the first one does it for all.
    fileprivate mutating func wakes() -> Bool {
        defer { isWaiting = false }
        return isWaiting
    }
}

/// What a socket is ready for, or waited for, in epoll's bits.
struct Readiness: OptionSet, Sendable {
    let rawValue: UInt32

    static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
}
