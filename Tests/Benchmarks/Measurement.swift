import JSON

/// How often something was done, how long each took, and what it cost this process.
struct Measurement: Sendable {
    var latencies: Latencies
    var elapsed: Duration
    var processorSeconds: Double

    /// One line.
    var json: String {
        var json = JSONWriter()
        json.object { json in
            json.field("count", latencies.count)
            json.field("seconds", elapsed.inSeconds)
            json.field("cpu_seconds", processorSeconds)
            json.field("p50_ms", latencies.percentile(0.5))
            json.field("p99_ms", latencies.percentile(0.99))
            json.field("max_ms", latencies.percentile(1))
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

/// Durations in buckets that are 1/32 wide of their value: percentiles to 3 %, whatever the number of samples.
struct Latencies: Sendable {
    private static let steps = 32
    private var counts = [Int](repeating: 0, count: 64 * Latencies.steps)
    private(set) var count = 0

    mutating func add(_ duration: Duration) {
        counts[Self.bucket(max(1, duration.inNanoseconds))] += 1
        count += 1
    }

    mutating func add(_ other: Latencies) {
        for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
        count += other.count
    }

    /// Milliseconds that this share of the durations does not exceed; 0 where there are none.
    func percentile(_ share: Double) -> Double {
        let wanted = Int((Double(count) * share).rounded(.up))
        var seen = 0
        for (bucket, amount) in counts.enumerated() {
            seen += amount
            if seen >= wanted, seen > 0 { return Double(Self.upperBound(bucket)) / 1e6 }
        }
        return 0
    }

    private static func bucket(_ nanoseconds: Int) -> Int {
        guard nanoseconds >= steps else { return nanoseconds }
        let exponent = Int.bitWidth - nanoseconds.leadingZeroBitCount - 6
        return (exponent + 1) * steps + (nanoseconds >> exponent) - steps
    }

    private static func upperBound(_ bucket: Int) -> Int {
        guard bucket >= steps else { return bucket }
        let exponent = bucket / steps - 1
        return (bucket % steps + steps + 1) << exponent
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }

    fileprivate var inNanoseconds: Int {
        Int(components.seconds) * 1_000_000_000 + Int(components.attoseconds / 1_000_000_000)
    }
}
