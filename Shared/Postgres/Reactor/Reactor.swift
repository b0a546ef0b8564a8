internal import CLibPQ
internal import Glibc
internal import NIOConcurrencyHelpers

/// One thread that waits for the sockets of all connections with epoll, and tells each connection that something has
/// arrived or can be sent. libpq brings its own sockets, which NIO cannot watch.
///
/// Nothing on this thread ever blocks except `epoll_wait`.
public final class Reactor: Sendable {
    private let epoll: Int32
    private let wakeUp: Int32
    let shared = NIOLockedValueBox(Shared())
    /// Finds the servers that the connections on this reactor are to.
    let names: NameResolver

    struct Shared {
        var handlers: [UInt64: @Sendable (Readiness) -> Void] = [:]
        /// Asked every now and then, while there are any, whether something has taken too long.
        var sentries: [UInt64: @Sendable (ContinuousClock.Instant) -> Void] = [:]
        var nextToken: UInt64 = 1
        var isStopping = false
        /// Work of tasks that prefer this thread.
        var jobs: [UnownedJob] = []
        /// Which thread it is, once it runs.
        var thread: pthread_t?
        /// It takes no more work.
        var hasEnded = false
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
        shared.withLockedValue { $0.isStopping = true }
        wake()
    }

    // MARK: Sockets

    /// A name for a watched socket that is never used again, so that a late event cannot reach a newer socket.
    func newToken() -> UInt64 {
        shared.withLockedValue { shared in
            defer { shared.nextToken += 1 }
            return shared.nextToken
        }
    }

    /// Says who is told about a socket; called on the reactor's thread.
    func attend(_ token: UInt64, _ handler: @escaping @Sendable (Readiness) -> Void) {
        shared.withLockedValue { $0.handlers[token] = handler }
    }

    /// Watches a socket, level-triggered: libpq reads one buffer at a time and leaves the rest for the next turn. Calling
    /// it again changes what is waited for.
    func watch(_ descriptor: Int32, token: UInt64, for readiness: Readiness) {
        if handrail_epoll_control(epoll, EPOLL_CTL_MOD, descriptor, readiness.rawValue, token) != 0 {
            // Not watched so far, or libpq has replaced the socket by another one of the same number.
            _ = handrail_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, readiness.rawValue, token)
        }
    }

    func unwatch(_ descriptor: Int32, token: UInt64) {
        shared.withLockedValue { shared in
            shared.handlers[token] = nil
            shared.sentries[token] = nil
        }
        if descriptor >= 0 { _ = handrail_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0, token) }
    }

    // MARK: Time

    /// Calls the closure on the reactor's thread some ten times a second, until it is taken away: one look at the clock
    /// for all that may take too long, instead of a timer for each statement.
    func stand(_ token: UInt64, _ sentry: @escaping @Sendable (ContinuousClock.Instant) -> Void) {
        let isFirst = shared.withLockedValue { shared in
            defer { shared.sentries[token] = sentry }
            return shared.sentries.isEmpty
        }
        // So far the thread has waited for sockets only.
        if isFirst { wake() }
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
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var nextLook = ContinuousClock.now
        shared.withLockedValue { $0.thread = pthread_self() }
        while true {
            let (hasSentries, hasJobs, isStopping) = shared.withLockedValue {
                (!$0.sentries.isEmpty, !$0.jobs.isEmpty, $0.isStopping)
            }
            if isStopping { break }
            let count = epoll_wait(epoll, &events, Int32(events.count), hasJobs ? 0 : hasSentries ? 100 : -1)
            for event in events.prefix(max(0, Int(count))) { deliver(event) }
            if hasSentries { look(&nextLook) }
            runJobs()
        }
        endJobs()
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
        let handler = shared.withLockedValue { $0.handlers[token] }
        handler?(Readiness(rawValue: event.events))
    }

    private func look(_ next: inout ContinuousClock.Instant) {
        let now = ContinuousClock.now
        guard now >= next else { return }
        next = now + Self.lookEvery
        for sentry in shared.withLockedValue({ Array($0.sentries.values) }) { sentry(now) }
    }

    func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, MemoryLayout<UInt64>.size)
    }
}

/// What a socket is ready for, or waited for, in epoll's bits.
struct Readiness: OptionSet, Sendable {
    let rawValue: UInt32

    static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
}
