internal import Logging
internal import NIOConcurrencyHelpers

// Who gets which connection: the state machine decides, this performs.
extension Pool {
    func lease(by deadline: ContinuousClock.Instant?) async throws(PostgresError) -> Lease {
        while true {
            let lease = try await nextLease(by: deadline)
            if lease.connection.isUsable {
                lease.connection.lent.withLockedValue { $0.deadline = deadline }
                return lease
            }
            // It broke while it was idle; the next one may be fine.
            metrics.evicted("idle")
            settle(state.withLockedValue { $0.machine.release(lease.id, usable: false) }, of: lease.id)
        }
    }

    private func nextLease(by deadline: ContinuousClock.Instant?) async throws(PostgresError) -> Lease {
        if Task.isCancelled { throw PostgresError(.cancelled) }
        let now = ContinuousClock.now
        let waiter = state.withLockedValue { state -> WaiterID in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
        // The usual case, without a continuation.
        if let id = state.withLockedValue({ $0.machine.leaseIdle() }) {
            metrics.waited(.zero)
            return try leased(id).get()
        }
        let patience = now + configuration.leaseTimeout
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let action = state.withLockedValue { state -> PoolStateMachine.LeaseAction in
                    let action = state.machine.lease(waiter, at: now)
                    if case .wait = action {
                        state.waiting[waiter] = Waiter(
                            continuation: continuation, patience: patience, deadline: deadline, since: now)
                    }
                    return action
                }
                switch action {
                case .lease(let id): continuation.resume(returning: leased(id))
                case .refuse(let error): continuation.resume(returning: .failure(error))
                case .wait(let open):
                    if let open { Task { await self.open(open) } }
                    watchOver()
                    if Task.isCancelled { withdraw(waiter, PostgresError(.cancelled)) }
                }
            }
        } onCancel: {
            withdraw(waiter, PostgresError(.cancelled))
        }
        return try result.get()
    }

    private func leased(_ id: ConnectionID) -> Result<Lease, PostgresError> {
        guard let member = state.withLockedValue({ $0.members[id] }) else {
            return .failure(PostgresError(.connectionLost))
        }
        return .success(Lease(id: id, connection: member.connection))
    }

    /// Looks after those who wait: whose time is over, and how many there are.
    private func watchOver() {
        let isNew = state.withLockedValue { state in
            defer { state.isWatched = true }
            return !state.isWatched
        }
        guard isNew else { return }
        reactor.stand(token) { [weak self] now in self?.look(at: now) }
    }

    private func look(at now: ContinuousClock.Instant) {
        let (late, isQuiet, counts) = state.withLockedValue { state in
            let late = state.waiting.compactMap { id, waiter -> (WaiterID, PostgresError)? in
                if let deadline = waiter.deadline, deadline <= now { return (id, PostgresError(.deadlineExceeded)) }
                guard waiter.patience <= now else { return nil }
                let overloaded = PostgresError(.overloaded, explanation: "no connection became free in time")
                return (id, state.machine.breaker.lastFailure ?? overloaded)
            }
            let isQuiet = state.waiting.isEmpty
            if isQuiet { state.isWatched = false }
            return (late, isQuiet, state.machine.counts)
        }
        metrics.counted(counts)
        for (waiter, reason) in late { withdraw(waiter, reason) }
        if isQuiet { reactor.standDown(token) }
    }

    private func withdraw(_ waiter: WaiterID, _ reason: PostgresError) {
        let withdrawn = state.withLockedValue { state in
            state.machine.withdraw(waiter) ? state.waiting.removeValue(forKey: waiter) : nil
        }
        withdrawn?.continuation.resume(returning: .failure(reason))
    }

    func give(back lease: Lease) {
        let isUsable = lease.connection.isUsable
        let (action, counts) = state.withLockedValue { state in
            let isYoung = state.members[lease.id].map { $0.retireAt > .now } ?? false
            let action = state.machine.release(lease.id, usable: isUsable && isYoung)
            return (action, state.machine.counts)
        }
        metrics.counted(counts)
        if case .close = action { metrics.evicted(isUsable ? "lifetime" : lease.connection.whyUnusable) }
        settle(action, of: lease.id)
    }

    private func settle(_ action: PoolStateMachine.ReturnAction, of id: ConnectionID) {
        switch action {
        case .nothing, .keepIdle: break
        case .hand(let id, let waiter):
            let waiting = state.withLockedValue { $0.waiting.removeValue(forKey: waiter) }
            guard let waiting else { break }
            metrics.waited(.now - waiting.since)
            waiting.continuation.resume(returning: leased(id))
        case .close(let open):
            let member = state.withLockedValue { $0.members.removeValue(forKey: id) }
            member?.connection.close()
            if let open { Task { await self.open(open) } }
            warmUp()
        }
        resumeDrainIfDone()
    }

    // MARK: Opening

    /// Opens what is missing of the minimum.
    func warmUp() {
        while let id = state.withLockedValue({ $0.machine.warmUp() }) { Task { await open(id) } }
    }

    private func open(_ id: ConnectionID) async {
        do {
            let connection = try await Connection.open(configuration.connection, on: reactor)
            connection.measure(by: metrics)
            let lifetime = configuration.lifetime * Double.random(in: 0.9...1.1)
            let action = state.withLockedValue { state in
                state.members[id] = Member(connection: connection, retireAt: .now + lifetime)
                return state.machine.opened(id)
            }
            settle(action, of: id)
        } catch {
            logger.warning("no connection to PostgreSQL", metadata: ["error": "\(error)"])
            let (action, refused) = state.withLockedValue { state in
                let action = state.machine.openingFailed(id, error, at: .now, jitter: .random(in: 0...1))
                return (action, action.refuse.compactMap { state.waiting.removeValue(forKey: $0) })
            }
            for waiter in refused { waiter.continuation.resume(returning: .failure(error)) }
            if let pause = action.retryAfter { await retry(id, after: pause) }
            resumeDrainIfDone()
        }
    }

    private func retry(_ id: ConnectionID, after pause: Duration) async {
        await pause.elapse()
        if state.withLockedValue({ $0.machine.retries(id) }) { await open(id) }
    }
}

extension Duration {
    /// Waits that long; less where the task is cancelled, which only makes the next attempt earlier.
    func elapse() async {
        do { try await Task.sleep(for: self) } catch {}
    }
}
