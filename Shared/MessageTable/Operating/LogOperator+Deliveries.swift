public import FoundationEssentials
public import Models
internal import Postgres

extension LogOperator {
    /// One delivery that waits or was given up.
    public struct WaitingDelivery: Hashable, Sendable {
        public let agencyID: AgencyID
        public let deliveryID: UUID
        public let kind: String
        public let attempt: Int
        /// When it is or was due; of one that was given up, when that was.
        public let at: Instant
        public let isDead: Bool
        /// Why the last attempt failed; never what was to be sent.
        public let error: String?
    }

    /// A partner's deliveries that were given up, then those that wait, in the order in which they go out.
    public func deliveries(to partner: String, limit: Int) async throws -> [WaitingDelivery] {
        try await pool.query(Self.readDeliveries, partner, limit).map { row in
            let (agency, id, kind, attempt, at, isDead, error) = try row.decode(
                (AgencyID, UUID, String, Int, Instant, Bool, String?).self)
            return WaitingDelivery(
                agencyID: agency, deliveryID: id, kind: kind, attempt: attempt, at: at, isDead: isDead, error: error)
        }
    }

    /// Ends a partner's pause, and has what was given up sent again, behind what waits: others have overtaken it before.
    ///
    /// Until one has succeeded, a single one is tried at a time.
    /// - Returns: how many had been given up; nil where nothing was ever queued for that partner.
    public func resend(to partner: String, at now: Instant, by account: String) async throws -> Int? {
        try await pool.withTransaction { transaction in
            let revived = try await transaction.execute(Self.revive, partner, now, account)
            let paused = try await transaction.execute(Self.endPause, partner)
            guard revived == 0, paused == 0 else { return revived }
            return try await transaction.query(Self.isKnown, partner)[0].decode(Bool.self) ? 0 : nil
        }
    }

    /// Gives one delivery up for good, so that those behind it go out. One that is being sent at this moment may arrive all
    /// the same.
    ///
    /// - Returns: whether it waited, or had been given up.
    public func withdraw(_ delivery: UUID, by account: String) async throws -> Bool {
        try await pool.query(Self.withdrawOne, delivery, account).affected > 0
    }

    private static let readDeliveries = Statement(
        "operator.deliveries",
        """
        select agency_id, delivery_id, kind, attempt, next_at, state = 'dead', error
        from message_table.delivery
        where partner = $1 and state in ('ready', 'dead')
        order by state, next_at, delivery_id
        limit $2
        """)

    private static let revive = Statement(
        "operator.revive",
        """
        with revived as (
            update message_table.delivery
            set state = 'ready', attempt = 0, next_at = $2, error = null
            where partner = $1 and state = 'dead'
            returning agency_id, delivery_id
        )
        insert into message_table.intervention (agency_id, operator, verb, key, delivery_id)
        select agency_id, $3, 'resend', $1, delivery_id
        from revived
        """)

    /// The failures stay: the next delivery is a probe.
    private static let endPause = Statement(
        "operator.end_pause", "update message_table.delivery_queue set paused_until = null where partner = $1")

    private static let isKnown = Statement(
        "operator.knows_partner", "select exists (select from message_table.delivery where partner = $1)")

    private static let withdrawOne = Statement(
        "operator.withdraw",
        """
        with withdrawn as (
            update message_table.delivery
            set state = 'withdrawn', next_at = clock_timestamp()
            where delivery_id = $1 and state in ('ready', 'dead')
            returning agency_id, partner, delivery_id
        )
        insert into message_table.intervention (agency_id, operator, verb, key, delivery_id)
        select agency_id, $2, 'withdraw', partner, delivery_id
        from withdrawn
        """)
}
