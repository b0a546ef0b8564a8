import ArgumentParser
import Glibc
import Logging
import Postgres

/// Where to, for how long, and how much at once.
struct Load: ParsableArguments {
    @Option(help: "libpq URL of the database, with its login.")
    var url: String

    @Option(help: "How long to measure.")
    var seconds: Double = 5

    @Option(help: "How many tasks do it at the same time.")
    var tasks: Int = 1

    @Option(help: "How many connections they share.")
    var connections: Int = 1

    @Flag(help: "Run the tasks on the reactor's thread, as pgbench runs all its clients on one.")
    var onReactor = false

    /// Gives the body a pool with all its connections open, and closes it afterwards.
    func withPool<T: Sendable>(_ body: (Pool) async throws -> T) async throws -> T {
        let reactor = Reactor()
        var configuration = Pool.Configuration(try ConnectionSettings(url: url, applicationName: "benchmarks"))
        configuration.maximumConnections = connections
        configuration.batches.connections = connections
        configuration.maximumWaiters = max(1000, tasks)
        let pool = Pool(configuration, reactor: reactor, logger: Logger(label: "benchmarks"))
        let result = try await withTaskExecutorPreference(onReactor ? reactor : nil) { try await body(pool) }
        await pool.shutDown()
        reactor.shutdown()
        return result
    }

    /// Does `operation` in all tasks again and again until the time is over, and prints what came of it.
    ///
    /// Each task has done it a few times before the clock starts: connections are open and statements prepared then, as
    /// pgbench does not count its start either.
    func run(_ operation: @escaping @Sendable (_ pool: Pool, _ task: Int, _ number: Int) async throws -> Void)
        async throws
    {
        let measured = try await withPool { pool in
            try await everyTask { task in
                for number in 0..<5 { try await operation(pool, task, -number) }
                return Latencies()
            }
            let cpu = Processor.seconds
            let start = ContinuousClock.now
            let end = start + .seconds(seconds)
            let latencies = try await everyTask { task in
                var latencies = Latencies()
                var (number, before) = (1, ContinuousClock.now)
                while before < end {
                    try await operation(pool, task, number)
                    let after = ContinuousClock.now
                    latencies.add(after - before)
                    (number, before) = (number + 1, after)
                }
                return latencies
            }
            return Measurement(
                latencies: latencies, elapsed: ContinuousClock.now - start, processorSeconds: Processor.seconds - cpu)
        }
        print(measured.json)
    }

    @discardableResult
    private func everyTask(
        _ body: @escaping @Sendable (Int) async throws -> Latencies
    ) async throws -> Latencies {
        try await withThrowingTaskGroup(of: Latencies.self) { group in
            for task in 1...tasks { group.addTask { try await body(task) } }
            return try await group.reduce(into: Latencies()) { $0.add($1) }
        }
    }
}

/// The CPU time of this process.
enum Processor {
    /// Of all its threads, in user and kernel mode.
    static var seconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}
