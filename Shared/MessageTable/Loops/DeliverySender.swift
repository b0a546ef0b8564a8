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
}

/// What became of an attempt.
public enum DeliveryResult: Hashable, Sendable {
    case sent
    /// Try again later; the reason is safe to store.
    case failed(String)
    /// It may no longer go out: consent has ended, or what it is about is gone.
    case withdrawn(String)
}

/// Sends queued deliveries, the oldest of each partner first.
///
/// A delivery is claimed by moving its next time forward, so that nothing is locked while the outside is slow; after a
/// crash it is sent again with the same idempotency key. A failing partner waits, all of its deliveries with it, and
/// holds up nobody else.
struct DeliverySender: Sendable {
    let pool: Pool
    let clock: WallClock
    /// Asks again whether it may go out, and sends it.
    let send: @Sendable (DeliveryAttempt) async -> DeliveryResult

    /// For how long a claimed delivery is left to its sender.
    static let lease: Duration = .seconds(60)
    /// 1 minute, 5 minutes, 30 minutes, 2 hours, 12 hours; then a person must look (FACTS §9.6).
    static let pauses: [Duration] = [.seconds(60), .seconds(300), .seconds(1800), .seconds(7200), .seconds(43_200)]

    /// Sends what is due, one delivery of each partner; returns how many were tried.
    func turn() async throws -> Int {
        let now = clock.now()
        let rows = try await pool.query(Self.claim, now, now + Self.lease)
        let attempts = try rows.map { row in
            let (agency, id, partner, kind, subject, payload, key, attempt) = try row.decode(
                (AgencyID, UUID, String, String, UUID?, JSONB, String, Int).self)
            return DeliveryAttempt(
                agencyID: agency, deliveryID: id, partner: partner, kind: kind, subjectID: subject, payload: payload,
                idempotencyKey: key, attempt: attempt)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for attempt in attempts {
                group.addTask { try await record(await send(attempt), of: attempt) }
            }
            try await group.waitForAll()
        }
        return attempts.count
    }

    private func record(_ result: DeliveryResult, of attempt: DeliveryAttempt) async throws {
        let now = clock.now()
        switch result {
        case .sent:
            _ = try await pool.query(
                Self.settle, attempt.agencyID, attempt.deliveryID, "sent", now, nil as String?)
        case .withdrawn(let reason):
            _ = try await pool.query(Self.settle, attempt.agencyID, attempt.deliveryID, "withdrawn", now, reason)
        case .failed(let reason):
            guard attempt.attempt <= Self.pauses.count else {
                _ = try await pool.query(Self.settle, attempt.agencyID, attempt.deliveryID, "dead", now, reason)
                return
            }
            let pause = Self.pauses[attempt.attempt - 1] * Double.random(in: 1...1.2)
            _ = try await pool.query(Self.settle, attempt.agencyID, attempt.deliveryID, "ready", now + pause, reason)
            _ = try await pool.query(Self.holdPartner, attempt.agencyID, attempt.partner, now + pause)
        }
    }

    private static let claim = Statement(
        "delivery.claim",
        """
        update message_table.delivery
        set attempt = attempt + 1, next_at = $2
        where (agency_id, delivery_id) in (
            select d.agency_id, d.delivery_id
            from message_table.delivery d
            where d.state = 'ready' and d.next_at <= $1
                and not exists (
                    select from message_table.delivery e
                    where e.agency_id = d.agency_id and e.partner = d.partner and e.state = 'ready'
                        and (e.next_at, e.delivery_id) < (d.next_at, d.delivery_id))
            order by d.next_at
            limit 50
            for update skip locked)
        returning agency_id, delivery_id, partner, kind, subject_id, payload, idempotency_key, attempt
        """)

    private static let settle = Statement(
        "delivery.settle",
        """
        update message_table.delivery
        set state = $3, next_at = $4, error = $5
        where agency_id = $1 and delivery_id = $2
        """)

    /// The partner's other deliveries wait as long, behind the one that failed.
    private static let holdPartner = Statement(
        "delivery.hold_partner",
        """
        update message_table.delivery
        set next_at = greatest(next_at, $3)
        where agency_id = $1 and partner = $2 and state = 'ready' and next_at < $3
        """)
}
