import ArgumentParser
import FoundationEssentials
import Logging
import MessageTable
import Models
import NIOConcurrencyHelpers
import Postgres

/// Handles what is in the log with a handler that does nothing, until so many messages are handled.
struct Consume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume", abstract: "Handles what is in the log, with a handler that does nothing.")

    @Option(help: "libpq URL of the handlers' login.")
    var url: String

    @Option(help: "libpq URL of the loops' login.")
    var workerURL: String

    @Option(help: "The group's name; a new one begins with the oldest message.")
    var group: String

    @Option(help: "How many consumers, each with connections of its own.")
    var consumers: Int = 1

    @Option(help: "How many messages there are.")
    var expect: Int

    func run() async throws {
        let counter = Arrivals(expected: expect)
        let cpu = Processor.seconds
        try await withConsumers(consumers, url: url, workerURL: workerURL, group: group) { _ in
            counter.arrived(nil)
        } while: {
            await counter.all()
        }
        let measured = counter.measured
        print(
            Measurement(
                latencies: measured.latencies, elapsed: measured.lastAt - measured.firstAt,
                processorSeconds: Processor.seconds - cpu
            ).json)
    }
}

/// Publishes at a steady rate, and times each message from before its transaction to its handler.
struct Travel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "travel", abstract: "Publishes at a steady rate, and times each message until it is handled.")

    @Option(help: "libpq URL of the publishers' and handlers' login.")
    var url: String

    @Option(help: "libpq URL of the loops' login.")
    var workerURL: String

    @Option(help: "The group's name, which the database must not know yet.")
    var group: String

    @Option(help: "Messages per second.")
    var rate: Int = 1000

    @Option(help: "For how long.")
    var seconds: Double = 10

    @Option(help: "How many connections publish.")
    var connections: Int = 8

    private static let warmUp = "warm-up"
    /// Before the clock starts the consumer is there, connections are open, statements prepared, and the ticker, which looks
    /// four times a second while nobody publishes, has found its pace.
    private static let warmingUp = Duration.seconds(2)

    func run() async throws {
        let total = Int(Double(rate) * seconds)
        let counter = Arrivals(expected: total)
        let agency = AgencyID(rawValue: BusinessTransaction.agencyID)
        let cpu = Processor.seconds
        let started = NIOLockedValueBox(ContinuousClock.now)
        try await withConsumers(1, url: url, workerURL: workerURL, group: group) { event in
            guard event.instrument != Self.warmUp else { return }
            counter.arrived(WallClock.system.now() - event.answeredAt)
        } while: {
            let reactor = Reactor()
            var configuration = Pool.Configuration(try ConnectionSettings(url: url, applicationName: "publisher"))
            configuration.maximumConnections = connections
            configuration.maximumWaiters = 100_000
            let pool = Pool(configuration, reactor: reactor, logger: .silent)
            let begin = ContinuousClock.now + Self.warmingUp
            started.withLockedValue { $0 = begin }
            try await withThrowingDiscardingTaskGroup { publishing in
                // In portions of a hundredth of a second; a publisher that is late catches up, and its messages are late.
                let (warm, portions) = (Int(Self.warmingUp / .milliseconds(10)), Int(seconds * 100))
                for portion in -warm..<portions {
                    try await Task.sleep(until: begin + .milliseconds(10 * portion), clock: .continuous)
                    let due = WallClock.system.now()
                    for _ in (total * (portion + warm) / portions)..<(total * (portion + warm + 1) / portions) {
                        publishing.addTask {
                            var event = AssessmentRecorded.example(at: due)
                            if portion < 0 { event.instrument = Self.warmUp }
                            try await pool.transaction(for: agency) { [event] transaction in
                                try transaction.publish(event, agency: agency, headers: .none)
                            }
                        }
                    }
                }
            }
            await counter.all()
            await pool.shutDown()
            reactor.shutdown()
        }
        let measured = counter.measured
        print(
            Measurement(
                latencies: measured.latencies, elapsed: measured.lastAt - started.withLockedValue { $0 },
                processorSeconds: Processor.seconds - cpu
            ).json)
    }
}

/// Runs consumers of one group in this process until the body returns.
private func withConsumers(
    _ count: Int, url: String, workerURL: String, group name: String,
    _ handle: @escaping @Sendable (AssessmentRecorded) -> Void, while body: () async throws -> Void
) async throws {
    let logger = Logger.silent
    let service = try ConnectionSettings(url: url, applicationName: "consumer")
    let worker = try ConnectionSettings(url: workerURL, applicationName: "consumer")
    var group = ConsumerGroup(name)
    group.on(AssessmentRecorded.self) { event, _ in handle(event) }
    let reactors = (0..<count).map { _ in Reactor() }
    let pools = reactors.map { reactor in
        (
            Pool(.init(service), reactor: reactor, logger: logger),
            Pool(.init(worker), reactor: reactor, logger: logger)
        )
    }
    let loops = zip(reactors, pools).map { reactor, pools in
        MessageLoops(
            .init(
                servicePool: pools.0, workerPool: pools.1,
                listener: Listener(worker, reactor: reactor, logger: logger), groups: [group], clock: .system,
                ids: .version7(clock: .system), logger: logger))
    }
    try await withThrowingDiscardingTaskGroup { running in
        for loop in loops { running.addTask { await loop.run() } }
        try await body()
        for loop in loops { await loop.stop() }
    }
    for (reactor, pools) in zip(reactors, pools) {
        await pools.0.shutDown()
        await pools.1.shutDown()
        reactor.shutdown()
    }
}

/// Counts what the handlers were given, until all of it has come.
private final class Arrivals: Sendable {
    struct State {
        var latencies = Latencies()
        var count = 0
        /// As with `pgbench`, what connecting takes is not counted.
        var firstAt = ContinuousClock.now
        var lastAt = ContinuousClock.now
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let expected: Int
    private let state = NIOLockedValueBox(State())

    init(expected: Int) {
        self.expected = expected
    }

    var measured: State { state.withLockedValue { $0 } }

    /// - Parameter travel: how long it was under way, where that is measured.
    func arrived(_ travel: Duration?) {
        let waiting = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
            if state.count == 0 { state.firstAt = .now }
            state.count += 1
            state.latencies.add(travel ?? .zero)
            guard state.count >= expected else { return nil }
            state.lastAt = .now
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    /// Waits for the last one.
    func all() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLockedValue { state in
                if state.count < expected { state.waiting = continuation }
                return state.count >= expected
            }
            if isDone { continuation.resume() }
        }
    }
}

extension Logger {
    static let silent = Logger(label: "benchmarks") { _ in SwiftLogNoOpLogHandler() }
}
