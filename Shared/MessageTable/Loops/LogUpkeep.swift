internal import Models
internal import Postgres

/// What keeps the log going, as the worker login: ticks, due messages, partitions, its old end.
struct LogUpkeep: Sendable {
    let pool: Pool

    /// Writes a tick when there is something new; nil when there is nothing, or another process is at it.
    func tick() async throws -> Int64? {
        let rows = try await pool.query(Self.writeTick)
        guard let row = rows.first else { return nil }
        return try row.decode(Int64?.self)
    }

    /// Publishes scheduled messages that are due, a few hundred at a time, in one statement.
    ///
    /// - Returns: how many it published.
    func promote(due now: Instant) async throws -> Int {
        try await pool.query(Self.promoteDue, now).affected
    }

    /// Makes the partitions of the next days.
    func addPartitions(daysAhead: Int) async throws {
        _ = try await pool.query(Self.makePartitions, Int32(daysAhead))
    }

    /// Deletes old checkpoints, ticks and deliveries that are done with, a bounded number at a time.
    ///
    /// - Returns: whether there may be more.
    func trim() async throws -> Bool {
        let rows = try await pool.query(Self.trimEnd, Self.trimSize)
        let deliveries = try await pool.query(Self.trimDeliveries, Self.trimSize).affected
        return try max(Int32(deliveries), rows[0].decode(Int32.self)) >= Self.trimSize
    }

    /// Drops the oldest partition, if it is old enough and no group needs it.
    func dropOldPartition() async throws -> OldPartition? {
        let (name, holder) = try await pool.query(Self.dropOldest)[0].decode((String?, String?).self)
        guard let name else { return nil }
        return OldPartition(name: name, heldBy: holder)
    }

    /// A partition that has reached the age at which it may go.
    struct OldPartition: Hashable, Sendable {
        let name: String
        /// The group that has not handled all of it, or has some of it parked; nil when it was dropped.
        let heldBy: String?
    }

    /// For each slot of each group; together some ten thousand rows, which take a fraction of a second.
    private static let trimSize: Int32 = 500

    private static let trimEnd = Statement("log.trim", "select message_table.trim($1)")

    private static let trimDeliveries = Statement(
        "delivery.trim",
        """
        delete from message_table.delivery
        where (agency_id, delivery_id) in (
            select agency_id, delivery_id
            from message_table.delivery
            where state in ('sent', 'withdrawn')
                and next_at < clock_timestamp() - make_interval(days => message_table.days_kept())
            order by next_at
            limit $1)
        """)

    private static let dropOldest = Statement(
        "message.drop_old_partition", "select partition_name, held_by from message_table.drop_old_partition()")

    private static let writeTick = Statement("tick.write", "select message_table.tick()")

    private static let promoteDue = Statement(
        "scheduled.promote",
        """
        with due as (
            delete from message_table.scheduled
            where (agency_id, message_id) in (
                select agency_id, message_id
                from message_table.scheduled
                where due_at <= $1
                order by due_at
                limit 500
                for update skip locked)
            returning agency_id, message_id, topic, key, payload, headers
        )
        insert into message_table.message (message_id, topic, key, agency_id, payload, headers)
        select message_id, topic, key, agency_id, payload, headers
        from due
        """)

    private static let makePartitions = Statement(
        "message.add_partitions", "select message_table.add_partitions($1)")
}
