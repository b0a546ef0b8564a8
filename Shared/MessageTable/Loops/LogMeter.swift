internal import CoreMetrics
internal import Logging
internal import Models

/// Measures how far this process's groups are behind, how the log is, and what waits for partners: a queue without such
/// numbers is a defect.
struct LogMeter: Sendable {
    let groups: [String]
    /// Whether this process sends deliveries; then it measures them as well.
    let sends: Bool
    let log: LogOperator
    let clock: WallClock
    let metrics: any MetricsFactory
    let logger: Logger

    /// What is remembered between two measurements.
    struct Memory: Sendable {
        var partners = PartnerLabels()
        var oldTransaction = RepeatedWarning(above: 60, every: 60)
    }

    func record(_ memory: inout Memory) async throws {
        for lag in try await log.lag(of: groups) where groups.contains(lag.group) {
            let group = ("group", lag.group)
            gauge("message_lag_seconds", group).record(lag.seconds)
            gauge("message_lag_ticks", group).record(lag.ticks)
            gauge("message_lag_messages", group).record(lag.messages)
            gauge("message_parked", group).record(lag.parked)
            gauge("message_dead", group).record(lag.dead)
        }
        let pulse = try await log.pulse(at: clock.now())
        gauge("message_tick_age_seconds").record(pulse.tickAge)
        gauge("message_unticked_seconds").record(pulse.unticked)
        gauge("message_scheduled_overdue").record(pulse.overdue)
        if let age = pulse.oldestTransaction {
            gauge("database_oldest_transaction_seconds").record(age)
            if memory.oldTransaction.isDue(age, at: clock.now()) {
                logger.warning(
                    "an old transaction holds back the clean-up of the database and the log's ticks",
                    metadata: ["oldest_transaction_seconds": "\(Int(age))"])
            }
        }
        if sends { try await recordDeliveries(&memory.partners) }
    }

    private func recordDeliveries(_ partners: inout PartnerLabels) async throws {
        let now = clock.now()
        var numbers = partners.zeros()
        for queue in try await log.partnerQueues(at: now, limit: 10_000) {
            let wait = queue.oldestAt.map { max(0, Double((now - $0).microseconds) / 1_000_000) } ?? 0
            let label = partners.label(of: queue.partner)
            numbers[label, default: .init()].add(queue, wait: wait)
        }
        for (label, number) in numbers {
            let partner = ("partner", label)
            gauge("delivery_waiting", partner).record(number.waiting)
            gauge("delivery_wait_seconds", partner).record(number.wait)
            gauge("delivery_paused", partner).record(number.paused)
            gauge("delivery_dead", partner).record(number.dead)
        }
    }

    private func gauge(_ label: String, _ dimensions: (String, String)...) -> Gauge {
        Gauge(label: label, dimensions: dimensions, factory: metrics)
    }
}

/// Which partners are measured by name: the first hundred that had something waiting. Pure.
///
/// Partners are ids of organisations. Those beyond are measured together, so that the number of series is bounded; one
/// that was measured once stays, so that its numbers return to 0.
struct PartnerLabels: Hashable, Sendable {
    struct Numbers: Hashable, Sendable {
        var waiting = 0
        /// Since the oldest should have gone out, in seconds.
        var wait = 0.0
        /// 1 while the partner is paused; of several, how many are.
        var paused = 0
        var dead = 0

        mutating func add(_ queue: LogOperator.PartnerQueue, wait: Double) {
            waiting += queue.waiting
            self.wait = max(self.wait, wait)
            paused += queue.pausedUntil == nil ? 0 : 1
            dead += queue.dead
        }
    }

    static let most = 100
    static let others = "other"
    private var known: Set<String> = []
    private var hasOthers = false

    mutating func label(of partner: String) -> String {
        if known.contains(partner) { return partner }
        guard known.count < Self.most else {
            hasOthers = true
            return Self.others
        }
        known.insert(partner)
        return partner
    }

    /// Every label there was, with nothing waiting.
    func zeros() -> [String: Numbers] {
        let labels = known.union(hasOthers ? [Self.others] : [])
        return Dictionary(labels.map { ($0, Numbers()) }, uniquingKeysWith: { first, _ in first })
    }
}

/// When to warn of a value that stays too high: at once, and then now and again. Pure.
struct RepeatedWarning: Hashable, Sendable {
    private let bound: Double
    private let pause: Duration
    private var warnedAt: Instant?

    /// - Parameter every: seconds between two warnings.
    init(above bound: Double, every seconds: Int) {
        (self.bound, pause) = (bound, .seconds(seconds))
    }

    mutating func isDue(_ value: Double, at now: Instant) -> Bool {
        guard value > bound else {
            warnedAt = nil
            return false
        }
        if let warnedAt, now - warnedAt < pause { return false }
        warnedAt = now
        return true
    }
}
