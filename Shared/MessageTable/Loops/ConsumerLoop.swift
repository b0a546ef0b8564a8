internal import CoreMetrics
internal import Logging

/// Keeps one group going in this process: its lease, its cursors, its turns.
struct ConsumerLoop: Sendable {
    let consumer: Consumer
    let membership: Membership
    /// The tick up to which everything is handled, in the slots of this process.
    let position: Gauge
    /// How often another process had moved this one's slots on, and its work was undone.
    let fenced: Counter
    let loop: Loop

    /// How often slots without messages write down how far they have come.
    static let idleCheckpointEvery: Duration = .seconds(5)
    /// How often parked messages are looked for.
    static let parkedEvery: Duration = .milliseconds(500)

    func run() async {
        var state = ConsumerState()
        // Counted from 0, so that a counter is there before anything happened.
        fenced.increment(by: 0)
        await loop.run {
            defer { fenced.increment(by: state.takeOvertaken()) }
            let pause = try await state.turn(consumer, membership)
            if let handled = state.handledTick { position.record(handled) }
            return pause
        }
        do {
            try await state.writeIdleCheckpoints(consumer)
            try await membership.leave()
        } catch {
            // The lease then ends by itself, and the successor walks some empty windows again.
            loop.logger.warning("the lease was not given up", metadata: ["error": "\(error)"])
        }
    }
}

/// What a consumer knows between turns. All of it can be read again from the database.
private struct ConsumerState {
    private var cursors: [SlotCursor] = []
    private var slots: [Int] = []
    private var ahead = ReadAhead()
    private var renewAt = ContinuousClock.now
    private var parkedAt = ContinuousClock.now
    private var idleAt = ContinuousClock.now + ConsumerLoop.idleCheckpointEvery
    private var overtaken = 0

    /// The tick up to which all of this process's slots are handled; nil while it has none.
    var handledTick: Int64? { cursors.map(\.position.tick).min() }

    /// How often this process was overtaken since it was last asked.
    mutating func takeOvertaken() -> Int {
        defer { overtaken = 0 }
        return overtaken
    }

    /// One turn; returns how long to pause when nothing happens.
    mutating func turn(_ consumer: Consumer, _ membership: Membership) async throws -> Duration {
        try await renewLease(consumer, membership)
        if ContinuousClock.now >= parkedAt {
            let retried = try await consumer.retryParked(&cursors)
            try await settle(retried, consumer)
            // Behind one that succeeded the next of its key is due at once.
            parkedAt = retried == .worked ? .now : .now + ConsumerLoop.parkedEvery
        }
        if ContinuousClock.now >= idleAt {
            try await writeIdleCheckpoints(consumer)
            idleAt = .now + ConsumerLoop.idleCheckpointEvery
        }
        let turn = try await consumer.turn(&cursors, &ahead)
        try await settle(turn, consumer)
        guard turn == .idle else { return .zero }
        // Without a notification, and while somebody else's lease runs out, it looks by itself.
        return min(.milliseconds(Int.random(in: 400...600)), max(.milliseconds(1), renewAt - .now))
    }

    mutating func writeIdleCheckpoints(_ consumer: Consumer) async throws {
        let written = try await consumer.writeIdleCheckpoints(&cursors)
        try await settle(written, consumer)
    }

    private mutating func renewLease(_ consumer: Consumer, _ membership: Membership) async throws {
        guard ContinuousClock.now >= renewAt else { return }
        let share = try await membership.renew()
        renewAt = .now + share.renewIn
        guard share.slots != slots else { return }
        cursors.removeAll { !share.slots.contains($0.slot) }
        cursors += try await consumer.reader.cursors(of: share.slots.filter { !slots.contains($0) })
        slots = share.slots
    }

    private mutating func settle(_ turn: Consumer.Turn, _ consumer: Consumer) async throws {
        guard case .overtaken(let slots) = turn else { return }
        overtaken += 1
        cursors.removeAll { slots.contains($0.slot) }
        cursors += try await consumer.reader.cursors(of: slots)
    }
}
