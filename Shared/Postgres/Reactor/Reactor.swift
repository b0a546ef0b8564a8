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

    private struct Shared {
        var jobs: [UnownedJob] = []
        var watchers: [UInt64: @Sendable (Readiness) -> Void] = [:]
        var endOfTurn: [@Sendable () -> Void] = []
        var nextToken: UInt64 = 1
        var thread: pthread_t?
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
        shared.withLockedValue { $0.stopping = true }
        wake()
    }

    // MARK: SerialExecutor

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wasIdle = shared.withLockedValue { shared in
            shared.jobs.append(job)
            return shared.jobs.count == 1
        }
        if wasIdle && !isCurrentThread { wake() }
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
        if handrail_epoll_control(epoll, EPOLL_CTL_MOD, descriptor, readiness.rawValue, token) != 0 {
            // Not watched so far, or libpq has replaced the socket by another one of the same number.
            _ = handrail_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, readiness.rawValue, token)
        }
    }

    func unwatch(_ descriptor: Int32, token: UInt64) {
        _ = shared.withLockedValue { $0.watchers.removeValue(forKey: token) }
        if descriptor >= 0 { _ = handrail_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0, token) }
    }

    /// Runs the closure on the reactor's thread at the end of this turn. To be called on that thread only.
    func atEndOfTurn(_ body: @escaping @Sendable () -> Void) {
        shared.withLockedValue { $0.endOfTurn.append(body) }
    }

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
        while !shared.withLockedValue({ $0.stopping && $0.jobs.isEmpty }) {
            runJobs()
            let count = epoll_wait(epoll, &events, Int32(events.count), -1)
            for event in events.prefix(max(0, Int(count))) {
                deliver(event)
            }
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

    /// Runs jobs until none is left, with what they asked to be done at the end of the turn.
    private func runJobs() {
        while true {
            let jobs = shared.withLockedValue { shared in
                defer { shared.jobs.removeAll(keepingCapacity: true) }
                return shared.jobs
            }
            for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
            let endings = shared.withLockedValue { shared in
                defer { shared.endOfTurn.removeAll(keepingCapacity: true) }
                return shared.endOfTurn
            }
            for ending in endings { ending() }
            if jobs.isEmpty && endings.isEmpty { return }
        }
    }

    private func wake() {
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
