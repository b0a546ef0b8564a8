internal import FoundationEssentials
internal import Logging
internal import Models
internal import Postgres

/// Handles the log for one group in this process.
///
/// A window's messages are handled in one transaction with their checkpoints. When a handler fails, the same messages
/// are tried again with a savepoint each: the failing ones are parked, with all later ones of their keys, and the others
/// go on.
struct Consumer: Sendable {
    let group: ConsumerGroup
    /// The service's own login: handlers run as it.
    let servicePool: Pool
    let reader: LogReader
    let clock: WallClock
    let logger: Logger

    /// So many messages are handled in one transaction.
    static let batchSize = 1000
    /// So many are read at once: a window that one bulk import has made is read a few times, not once for each batch,
    /// which costs a walk through all of it (80 to 245 ms), and the memory it takes stays bounded.
    static let readAhead = 10_000

    /// What one turn came to.
    enum Turn: Hashable, Sendable {
        case idle, worked
        /// Another process has moved these slots: read their checkpoints again.
        case overtaken([Int])
    }

    /// Reads and handles the next messages of the slots that lag most, and moves the cursors.
    func turn(_ cursors: inout [SlotCursor], _ ahead: inout ReadAhead) async throws -> Turn {
        guard let (position, slots) = cursors.furthestBehind() else { return .idle }
        if !ahead.continues(slots, at: position) {
            switch try await reader.read(slots, from: position, limit: Self.readAhead) {
            case .messages(let read): ahead = read
            case .endOfLog: return .idle
            case .gone: return .overtaken(slots)
            }
        }
        let (messages, next) = ahead.batch(of: Self.batchSize)
        let handled = messages.filter { group.handlers[$0.topic] != nil }
        let touched = Set(handled.map(\.slot))
        let checkpoints = cursors.filter { touched.contains($0.slot) }.map { $0.checkpoint(at: next) }
        let moved = cursors.moving(slots, to: next, checkpoints)
        var following: ReadAhead?
        if !handled.isEmpty {
            async let reading = whatFollows(moved, newestTick: ahead.newestTick)
            let isOurs: Bool
            do {
                isOurs = try await handle(handled, checkpoints)
            } catch {
                // Not dropped: a statement that is cancelled costs its connection.
                _ = await reading
                throw error
            }
            following = await reading
            guard isOurs else { return .overtaken(Array(touched)) }
        }
        cursors = moved
        ahead.passed(messages.count, next)
        if let following { ahead = following }
        return .worked
    }

    /// What the next turn will want to read if this one succeeds, so that the database reads while handlers work; nil where
    /// no tick is known to be there for it yet.
    ///
    /// Also nil where it could not be read: the next turn asks again, and says what is wrong.
    private func whatFollows(_ moved: [SlotCursor], newestTick: Int64) async -> ReadAhead? {
        guard let (position, slots) = moved.furthestBehind(), position.window == nil, position.tick < newestTick
        else { return nil }
        do {
            guard case .messages(let read) = try await reader.read(slots, from: position, limit: Self.readAhead)
            else { return nil }
            return read
        } catch {
            return nil
        }
    }

    /// False when another process was faster; then nothing of it has happened.
    private func handle(_ messages: [Message], _ checkpoints: [Checkpoint]) async throws -> Bool {
        let parked = try await reader.parkedKeys(among: Array(Set(messages.map(\.key))))
        do {
            return try await attempt(messages, checkpoints, parked: parked, withSavepoints: false)
        } catch let error as PostgresError where error.isOutage || error.isRetryable {
            throw error
        } catch {
            return try await attempt(messages, checkpoints, parked: parked, withSavepoints: true)
        }
    }

    private func attempt(
        _ messages: [Message], _ checkpoints: [Checkpoint], parked: Set<String>, withSavepoints: Bool
    ) async throws -> Bool {
        do {
            try await servicePool.moving(checkpoints, of: group.name) { transaction in
                var parked = parked
                for message in messages {
                    if parked.contains(message.key) {
                        try await transaction.park(message, group: group.name, .behind(clock.now()))
                    } else if withSavepoints {
                        let succeeded = try await handleOrPark(message, in: transaction)
                        if !succeeded { parked.insert(message.key) }
                    } else {
                        // What it queues may fail at the next one: then all are tried again with a savepoint each.
                        try await run(message, in: transaction)
                    }
                }
            }
            return true
        } catch is Overtaken {
            return false
        }
    }

    private func run(_ message: Message, in transaction: Transaction) async throws {
        guard let handler = group.handlers[message.topic] else { return }
        transaction.apply(.agency(message.agencyID))
        try await RehearsedTime.$now.withValue(message.headers.rehearsedAt) {
            try await handler(message, HandlerContext(transaction: transaction, message: message, now: clock.now()))
        }
    }

    /// As one whose failure is told from those of the others: what the handler has queued is sent within its savepoint.
    private func runAlone(_ message: Message, in transaction: Transaction) async throws {
        try await transaction.savepoint {
            try await run(message, in: transaction)
            try await transaction.flush()
        }
    }

    private func handleOrPark(_ message: Message, in transaction: Transaction) async throws -> Bool {
        do {
            try await runAlone(message, in: transaction)
            return true
        } catch let error as PostgresError where error.isOutage {
            throw error
        } catch {
            try await transaction.park(message, group: group.name, failure(error, message, attempt: 1))
            return false
        }
    }

    private func failure(_ error: any Error, _ message: Message, attempt: Int) -> ParkedFailure {
        let failure = ParkedFailure.failed(
            error, attempt: attempt, now: clock.now(), jitter: Double.random(in: 0...1))
        logger.log(
            level: failure.isDead ? .error : .warning, "message could not be handled",
            metadata: [
                "group": "\(group.name)", "topic": "\(message.topic)", "message_id": "\(message.messageID)",
                "attempt": "\(attempt)", "dead": "\(failure.isDead)", "error": "\(failure.error)",
                "request_id": "\(message.headers.requestID ?? "-")",
            ])
        return failure
    }

    /// Tries the parked messages whose time has come, the first of each key, in one transaction with a savepoint each: what
    /// has waited long, and then succeeds, must not cost a commit for each message.
    func retryParked(_ cursors: inout [SlotCursor]) async throws -> Turn {
        let due = try await reader.dueParked(in: cursors.map(\.slot), at: clock.now())
        guard !due.isEmpty else { return .idle }
        let touched = Set(due.map(\.message.slot))
        let checkpoints = cursors.filter { touched.contains($0.slot) }.map { $0.checkpoint(at: $0.position) }
        do {
            try await servicePool.moving(checkpoints, of: group.name) { transaction in
                for (message, attempts) in due {
                    transaction.apply(.agency(message.agencyID))
                    do {
                        try await runAlone(message, in: transaction)
                        try await transaction.removeParked(message, group: group.name)
                    } catch let error as PostgresError where error.isOutage {
                        throw error
                    } catch {
                        try await transaction.park(
                            message, group: group.name, failure(error, message, attempt: attempts + 1))
                    }
                }
            }
        } catch is Overtaken {
            return .overtaken(Array(touched))
        }
        for checkpoint in checkpoints {
            guard let index = cursors.firstIndex(where: { $0.slot == checkpoint.slot }) else { continue }
            cursors[index].acknowledged(checkpoint)
        }
        return .worked
    }

    /// Writes down how far the slots without messages have come.
    func writeIdleCheckpoints(_ cursors: inout [SlotCursor]) async throws -> Turn {
        let checkpoints = cursors.compactMap(\.idleCheckpoint)
        guard !checkpoints.isEmpty else { return .idle }
        do {
            try await servicePool.moving(checkpoints, of: group.name) { _ in }
        } catch is Overtaken {
            return .overtaken(checkpoints.map(\.slot))
        }
        for checkpoint in checkpoints {
            guard let index = cursors.firstIndex(where: { $0.slot == checkpoint.slot }) else { continue }
            cursors[index].acknowledged(checkpoint)
        }
        return .idle
    }
}
