internal import Models
internal import Postgres

/// What keeps the log going, as the worker login: ticks, due messages, partitions.
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
