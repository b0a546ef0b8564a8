internal import CoreMetrics

/// Measures how far this process's groups are behind: a queue without such a number is a defect.
struct LagMeter: Sendable {
    let groups: [String]
    let log: LogOperator
    let metrics: any MetricsFactory

    func record() async throws {
        for lag in try await log.lag() where groups.contains(lag.group) {
            gauge("message_lag_seconds", lag.group).record(lag.seconds)
            gauge("message_lag_ticks", lag.group).record(lag.ticks)
            gauge("message_parked", lag.group).record(lag.parked)
            gauge("message_dead", lag.group).record(lag.dead)
        }
    }

    private func gauge(_ label: String, _ group: String) -> Gauge {
        Gauge(label: label, dimensions: [("group", group)], factory: metrics)
    }
}
