/// All series of one metric name.
struct MetricFamily: Sendable {
    struct Labels: Hashable, Sendable {
        var pairs: [Pair]

        struct Pair: Hashable, Sendable {
            var name: String
            var value: String
        }
    }

    let kind: MetricKind
    private var series: [Labels: MetricSeries] = [:]

    init(kind: MetricKind) {
        self.kind = kind
    }

    /// The series of these labels, made where it is new; beyond `largest` all new ones share one.
    mutating func series(_ dimensions: [(String, String)], largest: Int) -> MetricSeries {
        let labels = Labels(pairs: dimensions.map { Labels.Pair(name: MetricName.plain($0.0), value: $0.1) })
        if let known = series[labels] { return known }
        guard series.count < largest else {
            let other = Labels(pairs: labels.pairs.map { Labels.Pair(name: $0.name, value: "other") })
            return existingOrNew(other)
        }
        return existingOrNew(labels)
    }

    private mutating func existingOrNew(_ labels: Labels) -> MetricSeries {
        if let known = series[labels] { return known }
        let new = MetricSeries(kind)
        series[labels] = new
        return new
    }

    func write(_ name: String, help: String?, to text: inout String) {
        text += "# HELP \(name) \(Self.escape(help ?? Self.sentence(name), quotes: false))\n"
        text += "# TYPE \(name) \(kind.name)\n"
        let lines = series.map { labels, series in (Self.text(labels.pairs), labels.pairs, series.current) }
            .sorted { $0.0 < $1.0 }
        for (label, pairs, values) in lines {
            switch kind {
            case .counter, .gauge: text += "\(name)\(label) \(Self.number(values.value))\n"
            case .histogram(let bounds): Self.write(name, pairs, bounds, values, to: &text)
            }
        }
    }

    private static func write(
        _ name: String,
        _ pairs: [Labels.Pair],
        _ bounds: [Double],
        _ values: MetricSeries.Values,
        to text: inout String
    ) {
        var count: UInt64 = 0
        for (bucket, amount) in values.buckets.enumerated() {
            count += amount
            let bound = bucket < bounds.count ? number(bounds[bucket]) : "+Inf"
            text += "\(name)_bucket\(Self.text(pairs + [Labels.Pair(name: "le", value: bound)])) \(count)\n"
        }
        text += "\(name)_sum\(Self.text(pairs)) \(number(values.value))\n"
        text += "\(name)_count\(Self.text(pairs)) \(count)\n"
    }

    private static func text(_ pairs: [Labels.Pair]) -> String {
        guard !pairs.isEmpty else { return "" }
        return "{" + pairs.map { "\($0.name)=\"\(escape($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : value.description
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += #"\\"#
            case "\n": escaped += #"\n"#
            case "\"" where quotes: escaped += #"\""#
            default: escaped.append(character)
            }
        }
        return escaped
    }

    /// `referrals_requests_total` reads "referrals requests".
    private static func sentence(_ name: String) -> String {
        name.split(separator: "_").filter { $0 != "total" }.joined(separator: " ")
    }
}
