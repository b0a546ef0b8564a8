public import CoreMetrics
internal import NIOConcurrencyHelpers

/// The metrics of one process, for swift-metrics, exposed in Prometheus' text format.
///
/// Counters end in `_total`; timers are histograms in seconds; meters and plain recorders are gauges, other recorders
/// histograms. A family takes at most ``largestFamily`` combinations of labels; what comes after them is counted
/// together under the label value `other`, so that no mistake with labels can exhaust memory.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    /// How many combinations of labels one metric can have.
    public static let largestFamily = 500

    /// Seconds; from a cache's answer to a timeout.
    static let durationBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    static let amountBounds: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000]

    private struct State {
        var families: [String: MetricFamily] = [:]
        var help: [String: String] = [:]
    }

    private let state = NIOLockedValueBox(State())

    public init() {}

    /// Says what a metric means, for its HELP line.
    public func describe(_ name: String, _ help: String) {
        state.withLockedValue { $0.help[name] = help }
    }

    /// Everything in the text format, version 0.0.4, families in the order of their names.
    public func exposition() -> String {
        let (families, help) = state.withLockedValue { ($0.families, $0.help) }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            family.write(name, help: help[name], to: &text)
        }
        return text
    }

    private func series(_ name: String, _ kind: MetricKind, _ dimensions: [(String, String)]) -> MetricSeries {
        state.withLockedValue { state in
            state.families[name, default: MetricFamily(kind: kind)].series(dimensions, largest: Self.largestFamily)
        }
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(MetricName.counter(label), .counter, dimensions)
    }

    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(MetricName.counter(label), .counter, dimensions)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(MetricName.plain(label), .gauge, dimensions)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(MetricName.plain(label), aggregate ? .histogram(Self.amountBounds) : .gauge, dimensions)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(MetricName.timer(label), .histogram(Self.durationBounds), dimensions)
    }

    // Series live as long as the process: a counter that disappears and comes back looks like a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}

/// Names as Prometheus wants them.
enum MetricName {
    static func plain(_ label: String) -> String {
        let name = String(
            label.unicodeScalars.map { scalar in
                let isAllowed = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                return isAllowed || scalar == "_" ? Character(scalar) : "_"
            }
        )
        return name.first?.isNumber ?? true ? "_" + name : name
    }

    static func counter(_ label: String) -> String {
        let name = plain(label)
        return name.hasSuffix("_total") ? name : name + "_total"
    }

    static func timer(_ label: String) -> String {
        let name = plain(label)
        return name.hasSuffix("_seconds") ? name : name + "_seconds"
    }
}
