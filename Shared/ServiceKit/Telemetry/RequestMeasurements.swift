internal import CoreMetrics
internal import Hummingbird
internal import Models
internal import NIOConcurrencyHelpers

/// Counts requests and their durations by route template, method and status: bounded by what is declared.
struct RequestMeasurements: Sendable {
    private struct Key: Hashable {
        var route: String
        var method: String
        var status: Int
    }

    private let prefix: String
    private let factory: any MetricsFactory
    private let counters = NIOLockedValueBox<[Key: Counter]>([:])
    private let timers = NIOLockedValueBox<[Key: Timer]>([:])

    /// - Parameter service: `peer-matching` becomes `peer_matching_requests_total`.
    init(service: String, factory: any MetricsFactory) {
        prefix = String(service.map { $0 == "-" ? "_" : $0 })
        self.factory = factory
    }

    /// A refusal that the audit trail records, by its reason: a closed list.
    func record(_ denial: Denial) {
        Counter(
            label: "\(prefix)_denials_total", dimensions: [("reason", denial.reason.rawValue)], factory: factory
        ).increment()
    }

    func record(_ route: Route?, _ method: HTTPRequest.Method, status: Int, _ elapsed: Duration) {
        // A path or method that nobody declared is the caller's text: it must not make labels.
        let template = route?.template ?? "unmatched"
        let method = route == nil ? "other" : method.rawValue
        let key = Key(route: template, method: method, status: status)
        let counter = counters.withLockedValue { counters in
            if let known = counters[key] { return known }
            let counter = Counter(
                label: "\(prefix)_requests_total",
                dimensions: [("route", template), ("method", method), ("status", String(status))],
                factory: factory
            )
            counters[key] = counter
            return counter
        }
        counter.increment()
        let timerKey = Key(route: template, method: method, status: 0)
        let timer = timers.withLockedValue { timers in
            if let known = timers[timerKey] { return known }
            let timer = Timer(
                label: "\(prefix)_request_duration_seconds",
                dimensions: [("route", template), ("method", method)],
                factory: factory
            )
            timers[timerKey] = timer
            return timer
        }
        timer.recordNanoseconds(elapsed.microseconds * 1000)
    }
}
