public import Models

/// How often one login was tried without success, and how long it is held for it.
///
/// Five attempts are free; after each further one the login is held, for twice as long each time, up to a quarter of an
/// hour: long enough to make guessing hopeless, short enough that nobody can lock a colleague out for the day. An attempt
/// is counted before it is known how it ends, so that many at once are not free either.
public struct LockOut: Hashable, Sendable {
    /// Attempts that are not followed by a pause.
    public static let free = 5
    private static let first = Duration.seconds(30)
    private static let longest = Duration.seconds(900)
    /// After so long without an attempt everything is forgotten.
    public static let memory = Duration.seconds(86_400)

    public private(set) var failures: Int
    public private(set) var lastAt: Instant
    /// Until then no attempt is taken.
    public private(set) var heldUntil: Instant

    public init(failures: Int, lastAt: Instant, heldUntil: Instant) {
        (self.failures, self.lastAt, self.heldUntil) = (failures, lastAt, heldUntil)
    }

    /// Counts an attempt as a failure until it proves to be none.
    ///
    /// - Returns: false while the login is held; then nothing is counted.
    public mutating func attempt(at now: Instant) -> Bool {
        guard now >= heldUntil else { return false }
        if now - lastAt >= Self.memory { failures = 0 }
        failures += 1
        lastAt = now
        heldUntil = now + Self.pause(after: failures)
        return true
    }

    private static func pause(after failures: Int) -> Duration {
        guard failures >= free else { return .zero }
        return min(longest, first * (1 << min(failures - free, 10)))
    }
}
