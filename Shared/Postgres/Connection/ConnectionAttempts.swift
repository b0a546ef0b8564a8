/// Which server is tried next, and for how long, as a pure state machine: no socket, no clock.
///
/// A server that drops what it is sent gets its share of the time and no more. A share is the settings' time for each
/// server, or an equal part of what is left where that is less; the last one gets all that is left.
struct ConnectionAttempts: Sendable {
    struct Attempt: Sendable {
        /// libpq's arguments, for one address.
        let arguments: [String: String]
        let deadline: ContinuousClock.Instant
    }

    private var left: ArraySlice<[String: String]>
    private let total: Int
    private let end: ContinuousClock.Instant
    private let share: Duration
    private var failures: [PostgresError] = []

    /// - Parameters:
    ///   - arguments: one set for each address, in the order in which to try them.
    ///   - end: when all of it must be over.
    ///   - share: the longest time for one address with others behind it.
    init(_ arguments: [[String: String]], until end: ContinuousClock.Instant, share: Duration) {
        left = arguments[...]
        total = arguments.count
        self.end = end
        self.share = share
    }

    /// The next address; nil when there is none, or no time.
    mutating func next(at now: ContinuousClock.Instant) -> Attempt? {
        guard now < end, let arguments = left.first else { return nil }
        let remaining = now.duration(to: end)
        let time = left.count == 1 ? remaining : min(share, remaining / left.count)
        left.removeFirst()
        return Attempt(arguments: arguments, deadline: now + time)
    }

    /// Another server would refuse the same login again, and perhaps count it: as with libpq, it is not asked.
    mutating func failed(_ error: PostgresError) {
        failures.append(error)
        if error.sqlState?.hasPrefix("28") == true { left = [] }
    }

    /// Why there is no connection: what was wrong with each of the servers, by number, because names are not for logs.
    var error: PostgresError {
        guard let last = failures.last else { return .tookTooLong }
        guard total > 1 else { return last }
        let reasons = failures.enumerated().map { index, error in
            "\(index + 1) of \(total): \(error.explanation ?? error.sqlState ?? "failed")"
        }
        let messages = failures.compactMap(\.serverMessage)
        return PostgresError(
            .cannotConnect, sqlState: last.sqlState, explanation: reasons.joined(separator: "; "),
            serverMessage: messages.isEmpty ? nil : messages.joined(separator: "\n"))
    }
}
