public import FoundationEssentials
public import Models
public import Postgres

/// One attempt to deliver something to the outside.
public struct DeliveryAttempt: Hashable, Sendable {
    public let agencyID: AgencyID
    public let deliveryID: UUID
    public let partner: String
    public let kind: String
    public let subjectID: UUID?
    public let payload: JSONB
    public let idempotencyKey: String
    /// 1 for the first.
    public let attempt: Int

    public init(
        agencyID: AgencyID, deliveryID: UUID, partner: String, kind: String, subjectID: UUID?, payload: JSONB,
        idempotencyKey: String, attempt: Int
    ) {
        self.agencyID = agencyID
        self.deliveryID = deliveryID
        self.partner = partner
        self.kind = kind
        self.subjectID = subjectID
        self.payload = payload
        self.idempotencyKey = idempotencyKey
        self.attempt = attempt
    }

    /// Whether it is given up when this attempt fails.
    public var isLast: Bool { attempt >= DeliveryOutcome.maximumAttempts }
}

/// What became of an attempt.
public enum DeliveryResult: Hashable, Sendable {
    case sent
    /// Try again later; the reason is safe to store.
    case failed(String)
    /// It may no longer go out: consent has ended, or what it is about is gone.
    case withdrawn(String)
}

/// What an attempt changes: the delivery's state, and what is known of its partner. Pure.
struct DeliveryOutcome: Hashable, Sendable {
    enum State: String, Sendable {
        case ready, sent, dead, withdrawn
    }

    let state: State
    /// How often the partner has failed in a row.
    let failures: Int
    /// Until then the partner is left alone; then the first of its deliveries is tried.
    let pausedUntil: Instant?
    let error: String?

    /// 1 minute, 5 minutes, 30 minutes, 2 hours, and then 12 hours again and again (FACTS §9.6).
    static let pauses: [Duration] = [.seconds(60), .seconds(300), .seconds(1800), .seconds(7200), .seconds(43_200)]
    /// After so many attempts a person must look: the delivery is dead, and the next one of the partner is tried.
    static let maximumAttempts = pauses.count + 1

    /// - Parameters:
    ///   - attempt: of this delivery.
    ///   - failures: of its partner, in a row, before this attempt.
    ///   - jitter: from 0 to 1.
    init(_ result: DeliveryResult, attempt: Int, failures: Int, now: Instant, jitter: Double) {
        switch result {
        case .sent: (state, self.failures, pausedUntil, error) = (.sent, 0, nil, nil)
        // That says nothing about whether the partner takes what is sent.
        case .withdrawn(let reason): (state, self.failures, pausedUntil, error) = (.withdrawn, failures, nil, reason)
        case .failed(let reason):
            state = attempt >= Self.maximumAttempts ? .dead : .ready
            self.failures = failures + 1
            // The pause is the partner's and not the delivery's: while a partner is away for days its deliveries die
            // one by one, half a week apart, and not all at once.
            pausedUntil = now + Self.pauses[min(failures, Self.pauses.count - 1)] * (1 + jitter / 5)
            error = reason
        }
    }
}

/// How many deliveries one process has under way at the same moment. Pure.
struct DeliverySlots: Hashable, Sendable {
    static let most = 16
    /// Of them for partners that failed the last time: they hang more often, and must not take all places.
    static let mostProbes = 4

    private(set) var busy = 0
    private(set) var probing = 0

    var free: Int { Self.most - busy }
    var freeProbes: Int { min(free, Self.mostProbes - probing) }

    mutating func take(isProbe: Bool) {
        busy += 1
        if isProbe { probing += 1 }
    }

    mutating func giveBack(isProbe: Bool) {
        busy -= 1
        if isProbe { probing -= 1 }
    }
}
