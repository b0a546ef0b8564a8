internal import CoreMetrics
internal import NIOConcurrencyHelpers

enum MetricKind: Hashable, Sendable {
    case counter
    case gauge
    /// Upper bounds of the buckets, ascending, without infinity.
    case histogram([Double])

    var name: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

/// One combination of labels of a metric.
final class MetricSeries: Sendable {
    struct Values: Hashable, Sendable {
        /// A counter's or gauge's value; the sum of a histogram.
        var value = 0.0
        /// How many observations lie in each bucket, the last being above all bounds. Not cumulative.
        var buckets: [UInt64] = []
    }

    let kind: MetricKind
    private let values: NIOLockedValueBox<Values>

    init(_ kind: MetricKind) {
        self.kind = kind
        var values = Values()
        if case .histogram(let bounds) = kind { values.buckets = Array(repeating: 0, count: bounds.count + 1) }
        self.values = NIOLockedValueBox(values)
    }

    var current: Values { values.withLockedValue { $0 } }

    func observe(_ value: Double) {
        switch kind {
        case .counter: values.withLockedValue { $0.value += value }
        case .gauge: values.withLockedValue { $0.value = value }
        case .histogram(let bounds):
            let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
            values.withLockedValue { values in
                values.value += value
                values.buckets[bucket] += 1
            }
        }
    }
}

extension MetricSeries: CounterHandler {
    func increment(by amount: Int64) { observe(Double(amount)) }
    func reset() { values.withLockedValue { $0.value = 0 } }
}

extension MetricSeries: FloatingPointCounterHandler, MeterHandler {
    func increment(by amount: Double) { values.withLockedValue { $0.value += amount } }
    func decrement(by amount: Double) { values.withLockedValue { $0.value -= amount } }
    func set(_ value: Int64) { observe(Double(value)) }
    func set(_ value: Double) { observe(value) }
}

extension MetricSeries: RecorderHandler, TimerHandler {
    func record(_ value: Int64) { observe(Double(value)) }
    func record(_ value: Double) { observe(value) }
    func recordNanoseconds(_ duration: Int64) { observe(Double(duration) / 1e9) }
    // Always seconds, as Prometheus asks for.
    func preferDisplayUnit(_ unit: TimeUnit) {}
}
