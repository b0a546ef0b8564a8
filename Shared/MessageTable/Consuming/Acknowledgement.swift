internal import Models
internal import Postgres

/// What a handler's transaction writes to the log's tables besides the handler's own work.
extension Transaction {
    /// Moves a slot on. Refused with 23505 on `checkpoint_pkey` when another process has moved it before.
    func acknowledge(_ checkpoint: Checkpoint, group: String) async throws(PostgresError) {
        try await execute(
            Self.insertCheckpoint, group, Int16(truncatingIfNeeded: checkpoint.slot), checkpoint.step,
            checkpoint.position.tick, checkpoint.position.window?.hi, checkpoint.position.window?.after ?? 0)
    }

    /// Puts a message aside: it failed, or one of its key before it did.
    func park(_ message: Message, group: String, _ failure: ParkedFailure) async throws(PostgresError) {
        apply(.agency(message.agencyID))
        try await execute(
            Self.insertParked, message.agencyID, group, message.key, message.id, message.occurredAt,
            Int16(truncatingIfNeeded: message.slot), failure.attempt, failure.nextAt, failure.isDead, failure.error)
    }

    func removeParked(_ message: Message, group: String) async throws(PostgresError) {
        try await execute(Self.deleteParked, message.agencyID, group, message.key, message.id)
    }

    private static let insertCheckpoint = Statement(
        "checkpoint.write",
        """
        insert into message_table.checkpoint (grp, slot, step, lo_tick, hi_tick, pos) values ($1, $2, $3, $4, $5, $6)
        """)

    private static let insertParked = Statement(
        "parked.put",
        """
        insert into message_table.parked
            (agency_id, grp, key, id, occurred_at, slot, attempt, next_at, dead, error)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (agency_id, grp, key, id)
        do update set attempt = excluded.attempt, next_at = excluded.next_at, dead = excluded.dead,
            error = excluded.error
        """)

    private static let deleteParked = Statement(
        "parked.remove",
        "delete from message_table.parked where agency_id = $1 and grp = $2 and key = $3 and id = $4")
}

/// Why and until when a message is parked.
struct ParkedFailure: Hashable, Sendable {
    let attempt: Int
    let nextAt: Instant
    let isDead: Bool
    /// The error's kind and safe text; never what a message says.
    let error: String

    static let maximumAttempts = 12

    /// A message that waits behind another one of its key: it has not been tried.
    static func behind(_ now: Instant) -> ParkedFailure {
        ParkedFailure(attempt: 0, nextAt: now, isDead: false, error: "waits behind an earlier message of its key")
    }

    /// A failed attempt: tried again after 1 s doubled each time up to 10 minutes, and up to half of it more at random.
    /// What cannot be decoded will not get better, and is dead at once.
    static func failed(_ error: any Error, attempt: Int, now: Instant, jitter: Double) -> ParkedFailure {
        let isDead = error is MessageError || attempt >= maximumAttempts
        let pause = Duration.seconds(min(600, 1 << min(attempt - 1, 10))) * (1 + jitter / 2)
        return ParkedFailure(attempt: attempt, nextAt: now + pause, isDead: isDead, error: describe(error))
    }

    /// Errors of our own say what is safe in their description; of others only the type is safe.
    private static func describe(_ error: any Error) -> String {
        switch error {
        case let error as PostgresError: error.description
        case let error as MessageError: error.description
        default: "\(type(of: error))"
        }
    }
}
