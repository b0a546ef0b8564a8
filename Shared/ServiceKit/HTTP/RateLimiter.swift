internal import HTTPTypes
internal import Models
internal import NIOConcurrencyHelpers

/// A token bucket for each principal: `burst` requests at once, refilled evenly. Bounded in memory.
///
/// Each process counts for itself: a limit protects a process from one runaway client, it is no quota.
public final class RateLimiter: Sendable {
    /// How many requests, how fast.
    public struct Limit: Hashable, Sendable {
        /// How many at once.
        public var burst: Int
        /// How many are added to the bucket in a minute.
        public var perMinute: Int

        public init(burst: Int, perMinute: Int) {
            self.burst = burst
            self.perMinute = perMinute
        }

        /// Nobody is refused, and no header is sent.
        public static let unlimited = Limit(burst: 0, perMinute: 0)
    }

    struct Allowance: Hashable, Sendable {
        var remaining: Int
        /// Whole seconds until the bucket is full again.
        var resetSeconds: Int
    }

    private let limit: Limit
    /// What `RateLimit-Policy` says.
    private let policy: String
    private let buckets: NIOLockedValueBox<TokenBuckets<Principal>>
    private let now: @Sendable () -> ContinuousClock.Instant

    public convenience init(_ limit: Limit) {
        self.init(limit, largest: 10_000) { ContinuousClock.now }
    }

    init(_ limit: Limit, largest: Int, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.limit = limit
        self.now = now
        let window = limit.perMinute == 0 ? 60 : max(1, limit.burst * 60 / limit.perMinute)
        policy = "\"principal\";q=\(limit.burst);w=\(window)"
        buckets = NIOLockedValueBox(
            TokenBuckets(burst: Double(limit.burst), perSecond: Double(limit.perMinute) / 60, largest: largest)
        )
    }

    /// A limit of one operation's own, beside that of all requests.
    ///
    /// - Throws: 429 with the seconds to wait, and the denial for the audit trail.
    public func check(_ principal: Principal) throws(Problem) {
        do throws(Problem) {
            _ = try take(for: principal)
        } catch {
            throw error.denying(Denial(.rateLimit))
        }
    }

    /// - Throws: 429 with the seconds to wait.
    func take(for principal: Principal) throws(Problem) -> Allowance? {
        guard limit != .unlimited else { return nil }
        let taken = buckets.withLockedValue { $0.take(principal, at: now()) }
        switch taken {
        case .taken(let remaining, let reset):
            return Allowance(remaining: Int(remaining), resetSeconds: Int(reset.rounded(.up)))
        case .empty(let wait):
            throw .tooManyRequests(retryAfter: max(1, Int(wait.rounded(.up))))
        }
    }

    /// Adds `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
    func describe(_ allowance: Allowance?, in headers: inout HTTPFields) {
        guard let allowance else { return }
        headers[.rateLimitPolicy] = policy
        headers[.rateLimit] = "\"principal\";r=\(allowance.remaining);t=\(allowance.resetSeconds)"
    }
}

/// Token buckets by key, as a value: at most `largest`, the fullest of which are forgotten first, since a full bucket
/// and none are the same.
struct TokenBuckets<Key: Hashable & Sendable>: Sendable {
    enum Outcome: Hashable, Sendable {
        /// Seconds until the bucket is full again.
        case taken(remaining: Double, reset: Double)
        /// Seconds until there is one token.
        case empty(wait: Double)
    }

    private struct Bucket {
        fileprivate(set) var tokens: Double
        var at: ContinuousClock.Instant

        mutating func take(_ burst: Double, _ perSecond: Double, at now: ContinuousClock.Instant) -> Outcome {
            tokens = min(burst, tokens + (now - at).inSeconds * perSecond)
            at = now
            guard tokens >= 1 else { return .empty(wait: perSecond > 0 ? (1 - tokens) / perSecond : 60) }
            tokens -= 1
            return .taken(remaining: tokens, reset: perSecond > 0 ? (burst - tokens) / perSecond : 60)
        }
    }

    let burst: Double
    let perSecond: Double
    let largest: Int
    private var buckets: [Key: Bucket] = [:]

    init(burst: Double, perSecond: Double, largest: Int) {
        self.burst = burst
        self.perSecond = perSecond
        self.largest = largest
    }

    var count: Int { buckets.count }

    mutating func take(_ key: Key, at now: ContinuousClock.Instant) -> Outcome {
        if buckets.count >= largest, buckets[key] == nil { forget(at: now) }
        let (burst, perSecond) = (burst, perSecond)
        return buckets[key, default: Bucket(tokens: burst, at: now)].take(burst, perSecond, at: now)
    }

    /// What was taken was not used.
    mutating func giveBack(_ key: Key) {
        buckets[key]?.tokens += 1
    }

    private func tokens(of bucket: Bucket, at now: ContinuousClock.Instant) -> Double {
        min(burst, bucket.tokens + (now - bucket.at).inSeconds * perSecond)
    }

    /// Forgets the full buckets; where none is full, the fuller half.
    private mutating func forget(at now: ContinuousClock.Instant) {
        buckets = buckets.filter { tokens(of: $0.value, at: now) < burst }
        guard buckets.count >= largest else { return }
        let levels = buckets.values.map { tokens(of: $0, at: now) }.sorted()
        let middle = levels[levels.count / 2]
        var surplus = buckets.count - largest / 2
        buckets = buckets.filter { _, bucket in
            guard surplus > 0, tokens(of: bucket, at: now) >= middle else { return true }
            surplus -= 1
            return false
        }
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
