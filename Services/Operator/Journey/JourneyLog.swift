/// Prints each step with the time since the start.
struct JourneyLog: Sendable {
    private let start = ContinuousClock.now

    func say(_ who: String, _ what: String) {
        let elapsed = ContinuousClock.now - start
        let hundredths = elapsed.components.seconds * 100 + elapsed.components.attoseconds / 10_000_000_000_000_000
        let fraction = hundredths % 100
        print("  \(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s  \(who): \(what)")
    }
}
