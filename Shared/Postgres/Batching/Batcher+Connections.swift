internal import Logging
internal import NIOConcurrencyHelpers

// The connections that carry batches, the clock, and the end.
extension Batcher {
    func open(_ lane: LaneID) async {
        do {
            let connection = try await Connection.open(settings, on: reactor)
            connection.measure(by: metrics)
            let lifetime = configuration.lifetime * Double.random(in: 0.9...1.1)
            let count = state.withLockedValue { state in
                state.lanes[lane] = Lane(connection: connection, retireAt: .now + lifetime)
                state.machine.opened(lane)
                return state.lanes.count
            }
            metrics.counted(batchConnections: count)
            carry(on: lane)
        } catch {
            logger.warning("no connection to PostgreSQL", metadata: ["error": "\(error)"])
            let (refused, pause) = state.withLockedValue {
                $0.machine.openingFailed(lane, error, at: .now, jitter: .random(in: 0...1))
            }
            for member in refused { member.finish(.failure(error)) }
            guard let pause else { return resumeDrainIfDone() }
            await pause.elapse()
            await open(lane)
        }
    }

    /// The connection broke: what was in flight is run again where that is safe.
    func broke(_ lane: LaneID, _ members: [BatchMember], _ error: PostgresError) {
        metrics.evicted(error.sqlState ?? "lost")
        putBack(members.filter { $0.lost(error) }, of: lane, error)
    }

    func putBack(_ members: [BatchMember], of lane: LaneID, _ error: PostgresError) {
        let (held, submission) = state.withLockedValue { state in
            state.sent[lane] = nil
            let held = state.lanes.removeValue(forKey: lane)
            let closed = state.machine.closed(lane)
            guard !members.isEmpty else { return (held, closed) }
            // Closing may have begun to open another one, which then carries these as well.
            let resubmitted = state.machine.resubmit(members)
            if case .open = closed { return (held, closed) }
            return (held, resubmitted)
        }
        held?.connection.close(error)
        metrics.counted(batchConnections: state.withLockedValue { $0.lanes.count })
        follow(submission, nil)
        resumeDrainIfDone()
    }

    func retire(_ lane: LaneID, because reason: String) {
        metrics.evicted(reason)
        putBack([], of: lane, PostgresError(.shutDown))
    }

    // MARK: Time

    func watchOver() {
        let isNew = state.withLockedValue { state in
            defer { state.isWatched = true }
            return !state.isWatched
        }
        if isNew { reactor.stand(token) { [weak self] now in self?.look(at: now) } }
    }

    private func look(at now: ContinuousClock.Instant) {
        let (late, isQuiet) = state.withLockedValue { state in
            var late = state.machine.withdraw { $0.deadline <= now || $0.isAnswered }
            late += state.sent.values.joined().filter { $0.deadline <= now }
            let isQuiet = state.machine.waiting.isEmpty && state.machine.busy.isEmpty && state.machine.opening.isEmpty
            if isQuiet { state.isWatched = false }
            return (late, isQuiet)
        }
        for member in late { member.expire() }
        if isQuiet { reactor.standDown(token) }
    }

    // MARK: The end

    /// Takes nobody any more, and returns when everybody who was there has been answered.
    func shutDown() async {
        let idle = state.withLockedValue { state in
            state.machine.shutDown().compactMap { state.lanes.removeValue(forKey: $0)?.connection }
        }
        for connection in idle { connection.close() }
        await withCheckedContinuation { continuation in
            state.withLockedValue { $0.drained.append(continuation) }
            resumeDrainIfDone()
        }
    }

    func resumeDrainIfDone() {
        let (done, connections) = state.withLockedValue { state -> ([CheckedContinuation<Void, Never>], [Connection]) in
            guard state.machine.isDrained, state.alone == 0 else { return ([], []) }
            defer { (state.drained, state.lanes) = ([], [:]) }
            return (state.drained, state.lanes.values.map(\.connection))
        }
        guard !done.isEmpty else { return }
        for connection in connections { connection.close() }
        reactor.standDown(token)
        for continuation in done { continuation.resume() }
    }
}
