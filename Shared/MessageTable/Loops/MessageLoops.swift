public import CoreMetrics
internal import FoundationEssentials
public import Logging
public import Models
internal import NIOConcurrencyHelpers
public import Postgres
public import ServiceLifecycle

/// Everything a process does for the message table: ticks, promotion, its groups' handlers, deliveries, upkeep.
///
/// Any number of processes may run the same loops. On graceful shutdown each finishes its turn and gives up its lease.
public struct MessageLoops: Service {
    public struct Configuration: Sendable {
        /// The service's own login: handlers run as it.
        public var servicePool: Pool
        /// The service's worker login: reads the log of all agencies.
        public var workerPool: Pool
        /// A direct connection of the worker login, for LISTEN.
        public var listener: Listener
        public var groups: [ConsumerGroup]
        /// Sends deliveries; nil in a process that sends none.
        public var send: (@Sendable (DeliveryAttempt) async -> DeliveryResult)?
        /// Whether scheduled messages are published when they are due. Not while a past is rehearsed: whoever rehearses
        /// it moves time forward.
        public var promotes: Bool
        public var clock: WallClock
        public var ids: IDSource
        /// Where lag, parked and dead messages, waiting deliveries and the log itself are measured.
        public var metrics: any MetricsFactory
        public var logger: Logger

        public init(
            servicePool: Pool, workerPool: Pool, listener: Listener, groups: [ConsumerGroup],
            send: (@Sendable (DeliveryAttempt) async -> DeliveryResult)? = nil, promotes: Bool = true,
            clock: WallClock, ids: IDSource, metrics: any MetricsFactory = NOOPMetricsHandler.instance,
            logger: Logger
        ) {
            self.servicePool = servicePool
            self.workerPool = workerPool
            self.listener = listener
            self.groups = groups
            self.send = send
            self.promotes = promotes
            self.clock = clock
            self.ids = ids
            self.metrics = metrics
            self.logger = logger
        }
    }

    private let configuration: Configuration
    private let upkeep: LogUpkeep
    private let ticker: Loop
    private let promoter: Loop
    private let sender: Loop
    private let partitions: Loop
    private let trimmer: Loop
    private let meter: Loop
    private let consumers: [ConsumerLoop]

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        let logger = configuration.logger
        upkeep = LogUpkeep(pool: configuration.workerPool)
        ticker = Loop("ticker", logger: logger)
        promoter = Loop("promoter", logger: logger)
        sender = Loop("sender", logger: logger)
        partitions = Loop("partitions", logger: logger)
        trimmer = Loop("trimmer", logger: logger)
        meter = Loop("meter", logger: logger)
        consumers = configuration.groups.map { group in
            ConsumerLoop(
                consumer: Consumer(
                    group: group, servicePool: configuration.servicePool,
                    reader: LogReader(group: group.name, pool: configuration.workerPool), clock: configuration.clock,
                    logger: logger),
                membership: Membership(
                    group: group.name, member: configuration.ids.uuid(), pool: configuration.workerPool),
                position: Gauge(
                    label: "message_position_ticks", dimensions: [("group", group.name)],
                    factory: configuration.metrics),
                fenced: Counter(
                    label: "message_fenced_total", dimensions: [("group", group.name)],
                    factory: configuration.metrics),
                loop: Loop("consumer \(group.name)", logger: logger))
        }
    }

    public func run() async {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await runTicker() }
                if configuration.promotes { group.addTask { await runPromoter() } }
                group.addTask { await runPartitions() }
                group.addTask { await runTrimmer() }
                group.addTask { await runMeter() }
                if let send = configuration.send { group.addTask { await runSender(send) } }
                for consumer in consumers { group.addTask { await consumer.run() } }
                let listening = Task { await listen() }
                await group.waitForAll()
                listening.cancel()
            }
        } onGracefulShutdown: {
            Task { await stop() }
        }
    }

    /// Lets each loop finish its turn, and ends ``run()``.
    public func stop() async {
        for loop in [ticker, promoter, sender, partitions, trimmer, meter] + consumers.map(\.loop) { await loop.stop() }
    }

    /// What can wait leaves a process that starts its connections for what cannot, and processes that start together do
    /// not do it together.
    private static func notAtOnce() -> Duration { .seconds(Double.random(in: 1...2)) }

    /// While messages flow a tick each 15 ms, backing off to 250 ms.
    private func runTicker() async {
        let pause = Backing(from: .milliseconds(15), upTo: .milliseconds(250))
        await ticker.run {
            let written = try await upkeep.tick() != nil
            if written { for consumer in consumers { await consumer.loop.bell.ring() } }
            return pause.next(after: written)
        }
    }

    private func runPromoter() async {
        await promoter.run {
            try await upkeep.promote(due: configuration.clock.now()) > 0 ? .zero : .milliseconds(250)
        }
    }

    private func runSender(_ send: @escaping @Sendable (DeliveryAttempt) async -> DeliveryResult) async {
        let deliveries = DeliverySender(
            pool: configuration.workerPool, clock: configuration.clock, logger: configuration.logger, send: send)
        await deliveries.run(sender)
    }

    private func runPartitions() async {
        await partitions.run(after: Self.notAtOnce()) {
            try await upkeep.addPartitions(daysAhead: 7)
            return .seconds(3600)
        }
    }

    /// Takes the log's old end away, every five minutes; when publishers hold a partition, soon again.
    private func runTrimmer() async {
        await trimmer.run(after: Self.notAtOnce()) {
            if try await upkeep.trim() { return .zero }
            do {
                guard let old = try await upkeep.dropOldPartition() else { return .seconds(300) }
                guard let holder = old.heldBy else {
                    configuration.logger.info("old messages dropped", metadata: ["partition": "\(old.name)"])
                    return .zero
                }
                configuration.logger.warning(
                    "old messages are kept for a group", metadata: ["partition": "\(old.name)", "group": "\(holder)"])
                return .seconds(300)
            } catch let error as PostgresError {
                guard error.isRetryable else { throw error }
                return .seconds(Double.random(in: 10...30))
            }
        }
    }

    private func runMeter() async {
        let measure = LogMeter(
            groups: configuration.groups.map(\.name), sends: configuration.send != nil,
            log: LogOperator(configuration.workerPool), clock: configuration.clock, metrics: configuration.metrics,
            logger: configuration.logger)
        var memory = LogMeter.Memory()
        await meter.run(after: Self.notAtOnce()) {
            try await measure.record(&memory)
            return .seconds(5)
        }
    }

    /// Other processes' ticks wake the consumers; without notifications they look every 400 to 600 ms.
    private func listen() async {
        await configuration.listener.run(channel: "message_table") { _ in
            for consumer in consumers { await consumer.loop.bell.ring() }
        }
    }
}

/// A pause that is short after work and doubles without it.
final class Backing: Sendable {
    private let pause: NIOLockedValueBox<Duration>
    private let shortest: Duration
    private let longest: Duration

    init(from shortest: Duration, upTo longest: Duration) {
        (self.shortest, self.longest) = (shortest, longest)
        pause = NIOLockedValueBox(shortest)
    }

    func next(after worked: Bool) -> Duration {
        pause.withLockedValue { pause in
            pause = worked ? shortest : min(longest, pause * 2)
            return pause
        }
    }
}
