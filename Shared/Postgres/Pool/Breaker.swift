/// Decides when to try to connect again, and when not to let callers wait for it any more, as a pure state machine.
///
/// After a few failures in a row it opens: callers are refused at once, instead of each waiting in vain. When its pause is
/// over it lets one attempt through; success closes it, failure opens it for longer.
struct Breaker: Sendable {
    /// So many failures in a row open it.
    static let failuresToOpen = 3

    private(set) var failures = 0
    private(set) var lastFailure: PostgresError?
    private var tryAgainAt: ContinuousClock.Instant?

    /// Why callers are refused at the moment; nil when they may wait.
    func refusal(at now: ContinuousClock.Instant) -> PostgresError? {
        guard failures >= Self.failuresToOpen, let tryAgainAt, now < tryAgainAt else { return nil }
        return lastFailure
    }

    /// - Parameter jitter: 0 to 1.
    /// - Returns: how long to wait before the next attempt: 50 ms doubled with each failure up to 2 s, and up to half of
    ///   it more at random, so that not all processes come back at the same moment.
    mutating func failed(_ error: PostgresError, at now: ContinuousClock.Instant, jitter: Double) -> Duration {
        failures += 1
        lastFailure = error
        let pause = Duration.milliseconds(min(2000, 50 << min(failures, 6))) * (1 + jitter / 2)
        tryAgainAt = now + pause
        return pause
    }

    mutating func succeeded() {
        self = Breaker()
    }
}
