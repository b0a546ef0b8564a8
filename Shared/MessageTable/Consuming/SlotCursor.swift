internal import Models

/// How far a group has come in the log, for one slot.
struct Position: Hashable, Sendable {
    /// Everything up to this tick is handled.
    var tick: Int64
    /// A window that is handled in part: up to this id within (tick, hi].
    var window: Window?

    struct Window: Hashable, Sendable {
        var hi: Int64
        var after: Int64
    }
}

/// The position of one slot and the number of its last checkpoint, as this process knows them.
///
/// Pure: what happened goes in, what to write comes out. The number is the fence: a checkpoint with a number that exists
/// already is refused by its primary key, and then this process no longer owns the slot's truth and must read it again.
struct SlotCursor: Hashable, Sendable {
    let slot: Int
    private(set) var step: Int64
    private(set) var position: Position
    private var written: Position
    /// When the last checkpoint was read, by the database's clock. Old checkpoints are deleted, and with them the fence:
    /// after a day the cursor may write no more and is read again.
    private let readAt: Instant

    init(slot: Int, step: Int64, position: Position, readAt: Instant) {
        self.slot = slot
        self.step = step
        self.position = position
        self.readAt = readAt
        written = position
    }

    /// The checkpoint that moves this slot to a position.
    func checkpoint(at position: Position) -> Checkpoint {
        Checkpoint(slot: slot, step: step + 1, position: position, readAt: readAt)
    }

    /// The checkpoint has been committed.
    mutating func acknowledged(_ checkpoint: Checkpoint) {
        step = checkpoint.step
        position = checkpoint.position
        written = checkpoint.position
    }

    /// Nothing of this slot was in the way: it moves on without a write.
    mutating func passed(to position: Position) {
        self.position = position
    }

    /// The move is worth a checkpoint of its own, so that a successor does not walk the empty windows again.
    var idleCheckpoint: Checkpoint? {
        position != written && position.window == nil ? checkpoint(at: position) : nil
    }
}

/// One row of `message_table.checkpoint`.
struct Checkpoint: Hashable, Sendable {
    let slot: Int
    let step: Int64
    let position: Position
    /// When the one before it was read.
    let readAt: Instant
}

/// Where the next read of some slots stands after a window was read.
struct WindowRead: Hashable, Sendable {
    /// The slots that stand at the same position and are read together.
    let slots: [Int]
    let tick: Int64
    let hi: Int64
    let after: Int64

    /// - Parameters:
    ///   - lastID: the last id that was read; nil when there was none.
    ///   - isWhole: fewer rows came than were asked for, so that the window is read to its end.
    func next(lastID: Int64?, isWhole: Bool) -> Position {
        guard !isWhole, let lastID else { return Position(tick: hi, window: nil) }
        return Position(tick: tick, window: .init(hi: hi, after: lastID))
    }
}

extension [SlotCursor] {
    /// These slots moved to a position, with a checkpoint or, where nothing of theirs was in the way, without.
    func moving(_ slots: [Int], to position: Position, _ checkpoints: [Checkpoint]) -> [SlotCursor] {
        map { cursor in
            guard slots.contains(cursor.slot) else { return cursor }
            var cursor = cursor
            if let checkpoint = checkpoints.first(where: { $0.slot == cursor.slot }) {
                cursor.acknowledged(checkpoint)
            } else {
                cursor.passed(to: position)
            }
            return cursor
        }
    }

    /// The slots that lag most, all at one position: they are read next, together.
    func furthestBehind() -> (position: Position, slots: [Int])? {
        let position = map(\.position).min { left, right in
            (left.tick, left.window?.after ?? .max) < (right.tick, right.window?.after ?? .max)
        }
        guard let position else { return nil }
        return (position, filter { $0.position == position }.map(\.slot).sorted())
    }
}
