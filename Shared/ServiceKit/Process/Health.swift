internal import Models
internal import NIOConcurrencyHelpers

/// One thing that must be well before a process takes requests.
public struct ReadinessCheck: Sendable {
    /// `pool`, `schema`, `partitions`: shown to operators.
    public let name: String
    /// Nil when well; otherwise a short reason without personal data.
    public let failure: @Sendable () async -> String?

    public init(_ name: String, failure: @escaping @Sendable () async -> String?) {
        self.name = name
        self.failure = failure
    }
}

/// Whether a process is started, ready, or on its way out.
final class Health: Sendable {
    enum Phase: String, Sendable {
        case starting, running, draining
    }

    /// What `/health/ready` says.
    struct Report: Hashable, Sendable {
        var phase: Phase
        /// What is not well, by the name of the check.
        var failures: [String: String]

        var isReady: Bool { phase == .running && failures.isEmpty }
    }

    private let checks: [ReadinessCheck]
    private let phase = NIOLockedValueBox(Phase.starting)

    init(checks: [ReadinessCheck]) {
        self.checks = checks
    }

    var current: Phase { phase.withLockedValue { $0 } }

    /// The API listens: before that nobody must be sent here.
    func started() {
        phase.withLockedValue { phase in
            if phase == .starting { phase = .running }
        }
    }

    /// From now on not ready, so that no new requests are sent here while those under way finish.
    func drain() { phase.withLockedValue { $0 = .draining } }

    func report() async -> Report {
        var failures: [String: String] = [:]
        for check in checks {
            if let failure = await check.failure() { failures[check.name] = failure }
        }
        return Report(phase: current, failures: failures)
    }
}
