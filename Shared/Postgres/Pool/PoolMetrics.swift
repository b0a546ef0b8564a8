internal import CoreMetrics
internal import NIOConcurrencyHelpers

/// What a pool tells about itself: how many connections in which state, how long callers waited, how long statements
/// took, and why connections were given up. Labels are names of the program's own, never a value.
struct PoolMetrics: Sendable {
    private let name: String
    private let factory: any MetricsFactory
    private let gauges: [Gauge]
    private let wait: Timer
    private let batchConnections: Gauge
    private let batchSize: Recorder
    private let batchesFailed: Counter
    private let handlers = NIOLockedValueBox(Handlers())

    private struct Handlers {
        var statements: [String: Timer] = [:]
        var evictions: [String: Counter] = [:]
    }

    init(_ name: String, _ factory: any MetricsFactory) {
        (self.name, self.factory) = (name, factory)
        func gauge(_ label: String, _ dimensions: [(String, String)] = []) -> Gauge {
            Gauge(label: label, dimensions: [("pool", name)] + dimensions, factory: factory)
        }
        gauges =
            ["idle", "leased", "opening"].map { gauge("postgres_connections", [("state", $0)]) }
            + [gauge("postgres_waiters")]
        batchConnections = gauge("postgres_connections", [("state", "batch")])
        wait = Timer(label: "postgres_wait_seconds", dimensions: [("pool", name)], factory: factory)
        batchSize = Recorder(
            label: "postgres_batch_members", dimensions: [("pool", name)], aggregate: true, factory: factory)
        batchesFailed = Counter(label: "postgres_batches_failed_total", dimensions: [("pool", name)], factory: factory)
    }

    func counted(_ counts: PoolStateMachine.Counts) {
        for (gauge, count) in zip(gauges, [counts.idle, counts.leased, counts.opening, counts.waiters]) {
            gauge.record(count)
        }
    }

    /// How long a caller waited for a connection.
    func waited(_ duration: Duration) {
        wait.recordNanoseconds(duration.inNanoseconds)
    }

    /// How long a statement took, from its sending to the arrival of its result.
    func ran(_ statement: String, _ duration: Duration) {
        let timer = handlers.withLockedValue { handlers in
            if let known = handlers.statements[statement] { return known }
            let new = Timer(
                label: "postgres_statement_seconds", dimensions: [("pool", name), ("statement", statement)],
                factory: factory)
            handlers.statements[statement] = new
            return new
        }
        timer.recordNanoseconds(duration.inNanoseconds)
    }

    func evicted(_ reason: String) {
        let counter = handlers.withLockedValue { handlers in
            if let known = handlers.evictions[reason] { return known }
            let new = Counter(
                label: "postgres_evictions_total", dimensions: [("pool", name), ("reason", reason)], factory: factory)
            handlers.evictions[reason] = new
            return new
        }
        counter.increment()
    }

    func counted(batchConnections count: Int) {
        batchConnections.record(count)
    }

    func sentBatch(of members: Int) {
        batchSize.record(members)
    }

    func batchFailed() {
        batchesFailed.increment()
    }
}

extension Duration {
    fileprivate var inNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
