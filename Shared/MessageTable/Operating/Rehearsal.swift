public import Models
public import Postgres

/// Moves the time of one agency forward while its past is made up, as a worker login.
///
/// The services then run with a clock that their callers set, and promote nothing by themselves. What comes due in the
/// past that is made up is published here, at its own time; so nothing that was due in the past is left for later.
public struct Rehearsal: Sendable {
    private let pool: Pool
    private let agency: AgencyID

    public init(_ pool: Pool, agency: AgencyID) {
        self.pool = pool
        self.agency = agency
    }

    /// Publishes what is due by then, as if it were then; returns how many messages it published.
    ///
    /// What handlers schedule anew may be due as well: call again until it is 0.
    public func promote(until instant: Instant) async throws -> Int {
        try await pool.query(Self.promoteDue, agency, instant).affected
    }

    /// Writes a tick where something new is visible; returns the last tick of the log.
    public func tick() async throws -> Int {
        _ = try await pool.query(Self.writeTick)
        return try await pool.query(Self.lastTick)[0].decode(Int.self)
    }

    /// Whether a message was committed that the last tick does not cover yet.
    public func hasNews() async throws -> Bool {
        try await pool.query(Self.findNews)[0].decode(Bool.self)
    }

    /// Forgets what would come due by then. Nobody lived between the past that was made up and the present, so what
    /// would have come due there must not all come due at once.
    public func forget(until instant: Instant) async throws -> Int {
        try await pool.query(Self.forgetDue, agency, instant).affected
    }

    /// Nothing of the agency goes outside any more that was queued until now; returns how many deliveries it concerned.
    public func withdrawDeliveries() async throws -> Int {
        try await pool.query(Self.withdraw, agency).affected
    }

    private static let promoteDue = Statement(
        "rehearsal.promote",
        """
        with due as (
            delete from message_table.scheduled
            where agency_id = $1 and due_at <= $2
            returning message_id, due_at, topic, key, payload, headers
        )
        insert into message_table.message (message_id, topic, key, agency_id, payload, headers)
        select message_id, topic, key, $1, payload, headers || jsonb_build_object(
            'rehearsedAt', to_char(due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        from due
        order by due_at, message_id
        """)

    private static let forgetDue = Statement(
        "rehearsal.forget", "delete from message_table.scheduled where agency_id = $1 and due_at <= $2")

    private static let writeTick = Statement("rehearsal.tick", "select message_table.tick()")

    private static let lastTick = Statement(
        "rehearsal.last_tick", "select tick_id from message_table.tick order by tick_id desc limit 1")

    private static let findNews = Statement(
        "rehearsal.news",
        """
        with last as (
            select snap
            from message_table.tick
            order by tick_id desc
            limit 1
        )
        select exists (
            select from message_table.message m, last
            where m.slot = any ('{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}') and m.xid >= pg_snapshot_xmin(last.snap)
                and not pg_visible_in_snapshot(m.xid, last.snap))
        """)

    private static let withdraw = Statement(
        "rehearsal.withdraw",
        """
        update message_table.delivery
        set state = 'withdrawn', error = 'made up'
        where agency_id = $1 and state = 'ready'
        """)
}
