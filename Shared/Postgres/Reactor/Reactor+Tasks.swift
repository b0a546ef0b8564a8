internal import Glibc
internal import NIOConcurrencyHelpers

/// A reactor also runs tasks that prefer its thread:
///
/// ```swift
/// try await withTaskExecutorPreference(reactor) {
///     for id in ids { try await pool.execute(markAsSeen, id) }
/// }
/// ```
///
/// A statement then costs no change of threads at all: whoever asks, what reads the answer and who gets it are one thread,
/// as in `pgbench`. For work that does little else than ask the database. Whatever blocks or computes for long there holds
/// up every connection of the reactor.
extension Reactor: TaskExecutor {
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isTaken = shared.withLockedValue { shared in
            guard !shared.hasEnded else { return false }
            let isHere = shared.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false
            // With the lock held: the thread closes the descriptor only after it has said, under it, that it has ended.
            if !isHere, shared.jobs.isEmpty { wake() }
            shared.jobs.append(job)
            return true
        }
        // A task that outlives the reactor goes on like any other.
        if !isTaken { globalConcurrentExecutor.enqueue(job) }
    }

    /// Runs what is there now; what comes of it waits until the sockets were looked at.
    func runJobs() {
        let jobs = shared.withLockedValue { shared in
            defer { shared.jobs.removeAll() }
            return shared.jobs
        }
        for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Hands what is left to the threads that all tasks share.
    func endJobs() {
        let jobs = shared.withLockedValue { shared in
            shared.hasEnded = true
            defer { shared.jobs.removeAll() }
            return shared.jobs
        }
        for job in jobs { globalConcurrentExecutor.enqueue(job) }
    }
}
