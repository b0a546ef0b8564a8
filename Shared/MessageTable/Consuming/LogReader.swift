internal import Models
internal import Postgres

/// Reads the log as the worker login: ticks, windows, checkpoints, and what is parked.
struct LogReader: Sendable {
    let group: String
    let pool: Pool

    /// The cursors of these slots, as the last checkpoints say. A group that is new begins at the oldest tick.
    func cursors(of slots: [Int]) async throws -> [SlotCursor] {
        var cursors: [SlotCursor] = []
        for row in try await pool.query(Self.lastCheckpoints, group, slots) {
            let (slot, step, tick, hi, after, now) = try row.decode(
                (Int, Int64, Int64, Int64?, Int64, Instant).self)
            let window = hi.map { Position.Window(hi: $0, after: after) }
            cursors.append(
                SlotCursor(slot: slot, step: step, position: Position(tick: tick, window: window), readAt: now))
        }
        return cursors
    }

    /// What reading on came to.
    enum Reading: Sendable {
        case messages(ReadAhead)
        case endOfLog
        /// A tick is there no more: the group was behind the log's old end, or an operator has had it forgotten.
        case gone
    }

    /// Reads what comes next for slots that stand at a position, up to so many messages of one window. Ticks are walked one
    /// at a time: an aggregate's messages follow each other from tick to tick.
    func read(_ slots: [Int], from position: Position, limit: Int) async throws -> Reading {
        let (hi, newest): (Int64, Int64)
        if let window = position.window {
            (hi, newest) = (window.hi, window.hi)
        } else {
            let (next, further) = try await pool.query(Self.nextTicks, position.tick)[0].decode(
                (Int64?, Int64?).self)
            guard let next else { return .endOfLog }
            (hi, newest) = (next, further ?? next)
        }
        let read = WindowRead(slots: slots, tick: position.tick, hi: hi, after: position.window?.after ?? 0)
        let rows: Rows
        do {
            rows = try await pool.query(
                Self.window, slots.map { Int16(truncatingIfNeeded: $0) }, read.tick, read.hi, read.after, Int32(limit))
        } catch {
            // no_data_found, from `select … into strict`
            if error.sqlState == "P0002" { return .gone }
            throw error
        }
        let messages = try rows.map { try Message($0) }
        return .messages(ReadAhead(read, messages, isWhole: messages.count < limit, newestTick: newest))
    }

    /// Which of these keys have messages parked, so that later ones must park behind them.
    func parkedKeys(among keys: [String]) async throws -> Set<String> {
        var parked: Set<String> = []
        for row in try await pool.query(Self.parkedKeys, group, keys) { parked.insert(try row.decode(String.self)) }
        return parked
    }

    /// The first parked message of each key whose time has come, with the attempts so far.
    func dueParked(in slots: [Int], at now: Instant) async throws -> [(message: Message, attempt: Int)] {
        let slots = slots.map { Int16(truncatingIfNeeded: $0) }
        return try await pool.query(Self.dueParked, group, slots, now).map { row in
            (message: try Message(row), attempt: try row.column("attempt", as: Int.self))
        }
    }

    private static let lastCheckpoints = Statement(
        "checkpoint.last",
        """
        select s.slot, coalesce(c.step, 0), coalesce(c.lo_tick, (select min(tick_id) from message_table.tick)),
            c.hi_tick, coalesce(c.pos, 0), clock_timestamp()
        from unnest($2) as s (slot)
        left join lateral (
            select step, lo_tick, hi_tick, pos
            from message_table.checkpoint
            where grp = $1 and slot = s.slot
            order by step desc
            limit 1
        ) c on true
        order by s.slot
        """)

    /// The next tick, and one more where there is one: then it is known that the window will be followed by another.
    private static let nextTicks = Statement(
        "tick.next",
        """
        select min(tick_id), max(tick_id)
        from (select tick_id from message_table.tick where tick_id > $1 order by tick_id limit 2) t
        """)

    private static let window = Statement(
        "message.window",
        """
        select id, message_id, topic, key, version, agency_id, slot, headers, occurred_at, payload
        from message_table.window_messages($1, $2, $3, $4, $5)
        """)

    private static let parkedKeys = Statement(
        "parked.keys", "select distinct key from message_table.parked where grp = $1 and key = any ($2)")

    private static let dueParked = Statement(
        "parked.due",
        """
        select m.id, m.message_id, m.topic, m.key, m.version, m.agency_id, m.slot, m.headers, m.occurred_at, m.payload,
            p.attempt
        from message_table.parked p
        join message_table.message m on m.occurred_at = p.occurred_at and m.id = p.id
        where p.grp = $1 and p.slot = any ($2) and not p.dead and p.next_at <= $3
            and not exists (
                select from message_table.parked q
                where q.grp = p.grp and q.slot = p.slot and q.key = p.key and q.id < p.id)
        order by p.id
        limit 50
        """)
}
