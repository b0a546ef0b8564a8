public import Models
internal import Postgres

/// How far behind everything is: for operators, and for the metrics of every process.
extension LogOperator {
    /// How far one group is behind.
    public struct Lag: Hashable, Sendable {
        public let group: String
        /// Messages that it has not passed, counted up to ``mostMessages`` or a little less.
        public let messages: Int
        /// Ticks that the slot furthest behind has not handled; they are counted up to 10,000.
        public let ticks: Int
        /// Seconds since the first of them; 0 when there is none.
        public let seconds: Double
        public let parked: Int
        public let dead: Int

        /// 625 in each of the 16 slots.
        public static let mostMessages = 10_000
    }

    /// How the log itself is.
    public struct Pulse: Hashable, Sendable {
        /// Since the last tick, in seconds. While nothing is published it only grows.
        public let tickAge: Double
        /// For how long the oldest committed message has waited for a tick, in seconds; 0 when none does.
        public let unticked: Double
        /// The age of the oldest transaction that holds back vacuum or ticks, in seconds; nil where the migrator could
        /// not give the owner's role `pg_read_all_stats`.
        public let oldestTransaction: Double?
        /// Scheduled messages that should have been published more than five seconds ago, counted up to 10,000.
        public let overdue: Int
    }

    /// The deliveries of one partner that are not done with.
    public struct PartnerQueue: Hashable, Sendable {
        public let agencyID: AgencyID
        public let partner: String
        /// Counted up to 10,000.
        public let waiting: Int
        /// When the first of those that wait should have gone out; nil when none waits.
        public let oldestAt: Instant?
        /// Given up after their attempts, counted up to 10,000.
        public let dead: Int
        /// How often the partner has failed in a row.
        public let failures: Int
        /// Until then it is left alone; nil when it is not, or the time has passed.
        public let pausedUntil: Instant?
        /// The kind of the last failure; nil when the last attempt succeeded.
        public let error: String?
    }

    /// - Parameter groups: only these; none: all.
    public func lag(of groups: [String] = []) async throws -> [Lag] {
        try await pool.withTransaction(.pinnedPlans) { try await $0.query(Self.readLag, groups) }.map { row in
            let (group, messages, ticks, seconds, parked, dead) = try row.decode(
                (String, Int, Int, Double, Int, Int).self)
            return Lag(
                group: group, messages: messages, ticks: ticks, seconds: seconds, parked: parked, dead: dead)
        }
    }

    /// - Parameter now: by the services' clock, which scheduled messages go by.
    public func pulse(at now: Instant) async throws -> Pulse {
        let rows = try await pool.withTransaction(.pinnedPlans) {
            try await $0.query(Self.readPulse, now - .seconds(5))
        }
        let (tickAge, unticked, oldest, overdue) = try rows[0].decode((Double, Double, Double?, Int).self)
        return Pulse(tickAge: tickAge, unticked: unticked, oldestTransaction: oldest, overdue: overdue)
    }

    /// The partners with deliveries that wait or are dead, those that wait longest first.
    ///
    /// - Parameter now: by the services' clock, which pauses go by.
    public func partnerQueues(at now: Instant, limit: Int) async throws -> [PartnerQueue] {
        try await pool.withTransaction(.pinnedPlans) { transaction in
            try await transaction.query(Self.readQueues, now, limit)
        }.map { row in
            let (agency, partner, waiting, oldestAt, dead, failures, pausedUntil, error) = try row.decode(
                (AgencyID, String, Int, Instant?, Int, Int, Instant?, String?).self)
            return PartnerQueue(
                agencyID: agency, partner: partner, waiting: waiting, oldestAt: oldestAt, dead: dead,
                failures: failures, pausedUntil: pausedUntil, error: error)
        }
    }

    static let readLag = Statement(
        "operator.lag",
        """
        select r.grp, message_table.messages_behind(r.grp, 625), behind.ticks,
            coalesce(extract(epoch from clock_timestamp() - behind.since), 0)::float8,
            (select count(*) from message_table.parked p where p.grp = r.grp),
            (select count(*) from message_table.parked p where p.grp = r.grp and p.dead)
        from message_table.groups_reached() r
        cross join lateral (
            select count(*) as ticks, min(next.at) as since
            from (
                select t.at
                from message_table.tick t
                where t.tick_id > r.tick_id
                order by t.tick_id
                limit 10000
            ) next
        ) behind
        where cardinality($1) = 0 or r.grp = any ($1)
        order by r.grp
        """)

    static let readPulse = Statement(
        "operator.pulse",
        """
        select extract(epoch from clock_timestamp() - last.at)::float8, message_table.unticked_seconds(),
            message_table.oldest_transaction_seconds(), overdue.messages
        from (select t.at from message_table.tick t order by t.tick_id desc limit 1) last
        cross join (
            select count(*) as messages
            from (select from message_table.scheduled s where s.due_at < $1 order by s.due_at limit 10000) due
        ) overdue
        """)

    /// Walks from partner to partner, as claiming does; a queue that was ever tried has a row of its own.
    static let readQueues = Statement(
        "operator.partner_queues",
        """
        with recursive waiting (agency_id, partner) as (
            (
                select d.agency_id, d.partner
                from message_table.delivery d
                where d.state = 'ready'
                order by d.agency_id, d.partner
                limit 1
            )
            union all
            select next.agency_id, next.partner
            from waiting w
            cross join lateral (
                select d.agency_id, d.partner
                from message_table.delivery d
                where d.state = 'ready' and (d.agency_id, d.partner) > (w.agency_id, w.partner)
                order by d.agency_id, d.partner
                limit 1
            ) next
        )
        select k.agency_id, k.partner, ready.deliveries, ready.oldest_at, dead.deliveries, coalesce(q.failures, 0),
            case when q.paused_until > $1 then q.paused_until end, q.error
        from (
            select w.agency_id, w.partner from waiting w
            union
            select t.agency_id, t.partner from message_table.delivery_queue t
        ) k
        left join message_table.delivery_queue q on q.agency_id = k.agency_id and q.partner = k.partner
        cross join lateral (
            select count(*) as deliveries, min(first.next_at) as oldest_at
            from (
                select d.next_at
                from message_table.delivery d
                where d.state = 'ready' and d.agency_id = k.agency_id and d.partner = k.partner
                order by d.next_at, d.delivery_id
                limit 10000
            ) first
        ) ready
        cross join lateral (
            select count(*) as deliveries
            from (
                select
                from message_table.delivery d
                where d.state = 'dead' and d.agency_id = k.agency_id and d.partner = k.partner
                limit 10000
            ) one
        ) dead
        where ready.deliveries > 0 or dead.deliveries > 0
        order by ready.oldest_at nulls last, k.agency_id, k.partner
        limit $2
        """)
}
