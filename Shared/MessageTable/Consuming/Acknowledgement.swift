internal import Models
internal import Postgres

/// What a handler's transaction writes to the log's tables besides the handler's own work.
extension Transaction {
    /// Moves slots on, in one statement that travels with the commit; see ``Pool/moving(_:of:_:)``.
    fileprivate func acknowledge(_ checkpoints: [Checkpoint], group: String) {
        enqueue(
            Self.insertCheckpoints, group, checkpoints.map { Int16(truncatingIfNeeded: $0.slot) },
            checkpoints.map(\.step), checkpoints.map(\.position.tick), checkpoints.map(\.position.window?.hi),
            checkpoints.map { $0.position.window?.after ?? 0 }, checkpoints.map(\.readAt))
    }

    /// Puts a message aside: it failed, or one of its key before it did.
    func park(_ message: Message, group: String, _ failure: ParkedFailure) async throws(PostgresError) {
        apply(.agency(message.agencyID))
        try await execute(
            Self.insertParked, message.agencyID, group, message.key, message.id, message.occurredAt,
            Int16(truncatingIfNeeded: message.slot), failure.attempt, failure.nextAt, failure.isDead, failure.error,
            message.participantID)
    }

    func removeParked(_ message: Message, group: String) async throws(PostgresError) {
        try await execute(Self.deleteParked, message.agencyID, group, message.key, message.id)
    }

    /// What another process has written in the meantime is deleted two days later at the earliest
    /// (`message_table.trim`): within one day its number is found taken.
    private static let insertCheckpoints = Statement(
        "checkpoint.write",
        """
        with written as (
            insert into message_table.checkpoint (grp, slot, step, lo_tick, hi_tick, pos)
            select $1, c.slot, c.step, c.lo_tick, c.hi_tick, c.pos
            from unnest($2, $3, $4, $5, $6, $7) as c (slot, step, lo_tick, hi_tick, pos, read_at)
            where c.read_at > clock_timestamp() - interval '1 day'
            returning 1
        )
        select case when count(*) < cardinality($2) then message_table.overtaken() end
        from written
        """)

    private static let insertParked = Statement(
        "parked.put",
        """
        insert into message_table.parked
            (agency_id, grp, key, id, occurred_at, slot, attempt, next_at, dead, error, participant_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (agency_id, grp, key, id)
        do update set attempt = excluded.attempt, next_at = excluded.next_at, dead = excluded.dead,
            error = excluded.error, participant_id = excluded.participant_id
        """)

    private static let deleteParked = Statement(
        "parked.remove",
        "delete from message_table.parked where agency_id = $1 and grp = $2 and key = $3 and id = $4")
}

extension Pool {
    /// Runs the body in one transaction that ends by moving slots on. Their checkpoints and the commit are one round trip.
    ///
    /// - Throws: ``Overtaken`` when another process has moved one of them before, or may have: then nothing has happened;
    ///   what the body throws.
    func moving(
        _ checkpoints: [Checkpoint], of group: String, _ body: @Sendable (Transaction) async throws -> Void
    ) async throws {
        do {
            try await withTransaction { transaction in
                try await body(transaction)
                transaction.acknowledge(checkpoints, group: group)
            }
        } catch let error as PostgresError where error.saysOvertaken {
            throw Overtaken()
        }
    }
}

extension PostgresError {
    /// The checkpoint's number is taken, or it was read so long ago that it may have been taken and deleted.
    fileprivate var saysOvertaken: Bool {
        statement == "checkpoint.write" && (isUniqueViolation || sqlState == "HR001")
    }
}

/// Another process has moved these slots on, so nothing of this transaction may stay.
struct Overtaken: Error {}

extension PostgresError {
    /// PostgreSQL or the way to it is not well: no message is to blame, and the whole batch is tried again until it is. A
    /// full disk must not use up the attempts of everything that comes by meanwhile.
    ///
    /// Of what the server says: connection exceptions, insufficient resources, shutdowns, errors of its system, and that
    /// it takes no writes. Of what the client says: everything but the handler's own mistakes.
    var isOutage: Bool {
        switch code {
        case .server:
            let state = sqlState ?? ""
            return ["08", "53", "57P", "58"].contains { state.hasPrefix($0) } || state == "25006"
        case .decoding, .misuse, .transactionAborted, .deadlineExceeded: return false
        default: return true
        }
    }
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
