public import Models

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// How far a listing is trusted by its age: stale lists are what people complain about most.
public enum Assurance {
    /// After so many days without a word a listing is stale, and says so.
    public static let staleAfterDays = 180.0

    /// How many days ago something was assured; nil where nobody ever did.
    public static func age(of assured: Instant?, at now: Instant) -> Double? {
        assured.map { max(0, Double((now - $0).microseconds) / 86_400_000_000) }
    }

    /// Whether a listing is to be marked.
    public static func isStale(_ assured: Instant?, at now: Instant) -> Bool {
        age(of: assured, at: now).map { $0 > staleAfterDays } ?? true
    }

    /// As if a listing were so many times further away: 1 for today's, 1.5 after 180 days, at most 2.
    ///
    /// Bounded, so that a search that has looked further than the best ones' rank can stop.
    public static func decay(ofAge days: Double?) -> Double {
        days.map { 2 - pow(0.5, $0 / staleAfterDays) } ?? 2
    }

    /// By what results are ordered: the distance, lengthened by age. Half a kilometre more, because at the same corner age
    /// counts too.
    public static func rank(distance: Double, age days: Double?) -> Double { (distance + 0.5) * decay(ofAge: days) }
}
