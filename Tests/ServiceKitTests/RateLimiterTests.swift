import Testing

@testable import ServiceKit

@Suite("Token buckets") struct RateLimiterTests {
    private let start = ContinuousClock.now

    @Test("a burst is let through, then one for each refill")
    func refill() {
        var buckets = TokenBuckets<String>(burst: 3, perSecond: 2, largest: 10)
        for left in [2.0, 1, 0] {
            #expect(buckets.take("a", at: start) == .taken(remaining: left, reset: (3 - left) / 2))
        }
        #expect(buckets.take("a", at: start) == .empty(wait: 0.5))
        #expect(buckets.take("b", at: start) == .taken(remaining: 2, reset: 0.5))
        #expect(buckets.take("a", at: start + .milliseconds(500)) == .taken(remaining: 0, reset: 1.5))
        #expect(buckets.take("a", at: start + .seconds(60)) == .taken(remaining: 2, reset: 0.5))
    }

    @Test("memory stays bounded, and forgetting never gives an empty bucket new tokens before a full one is forgotten")
    func bounded() {
        var buckets = TokenBuckets<Int>(burst: 2, perSecond: 1, largest: 100)
        for _ in 0..<2 { _ = buckets.take(-1, at: start) }
        for key in 0..<1000 {
            _ = buckets.take(key, at: start)
            #expect(buckets.count <= 100)
            #expect(buckets.take(-1, at: start) == .empty(wait: 1))
        }
        for key in 1000..<1200 { _ = buckets.take(key, at: start + .seconds(3600)) }
        #expect(buckets.count <= 101)
    }
}
