internal import CLibPQ
internal import NIOConcurrencyHelpers

// What those who have leased the connection ask of it, from their own tasks.
extension Connection {
    /// Runs the steps as one request: all of them up to one sync. Without an own `begin` they are one transaction.
    ///
    /// When the task is cancelled or the caller's time is over, the server is told to stop, and the connection is not
    /// used any further.
    /// - Returns: one result for each step.
    func run(_ steps: [Step]) async throws(PostgresError) -> [Rows] {
        let (prefix, deadline) = takePrefix()
        let rows = try await perform(.steps(prefix + steps), deadline: deadline)
        return prefix.isEmpty ? rows : Array(rows.dropFirst(prefix.count))
    }

    /// Runs SQL text of any number of statements outside pipeline mode: migrations, LISTEN, statements that cannot run
    /// in a transaction. Waits until everything before it is answered.
    func runScript(_ sql: String) async throws(PostgresError) {
        _ = try await perform(.solo(Script(sql)), deadline: lent.withLockedValue { $0.deadline })
    }

    /// Runs what has the connection for itself, after what was to go out in front of it.
    func run(_ solo: any Solo) async throws(PostgresError) {
        try await sendPrefix()
        _ = try await perform(.solo(solo), deadline: lent.withLockedValue { $0.deadline })
    }

    /// Sends what was to go in front of the next request.
    func sendPrefix() async throws(PostgresError) {
        if lent.withLockedValue({ !$0.prefix.isEmpty }) { _ = try await run([] as [Step]) }
    }

    private func takePrefix() -> ([Step], ContinuousClock.Instant?) {
        lent.withLockedValue { lent in
            defer { (lent.prefix, lent.hasUnsentBegin, lent.hasUnsentWork) = ([], false, false) }
            return (lent.prefix, lent.deadline)
        }
    }

    private func perform(
        _ work: Request.Work, deadline: ContinuousClock.Instant?, isStoppable: Bool = true
    ) async throws(PostgresError) -> [Rows] {
        let id = newRequestID()
        if isStoppable, Task.isCancelled { throw PostgresError(.cancelled) }
        let result: Result<[Rows], RequestFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let request = Request(id: id, work: work, deadline: deadline) { continuation.resume(returning: $0) }
                accept([request])
            }
        } onCancel: {
            guard isStoppable else { return }
            stopSoon(id)
        }
        switch result {
        case .success(let rows): return rows
        case .failure(let failure): throw failure.error
        }
    }

    // MARK: Transactions

    /// Begins a transaction with the next request.
    func begin(_ settings: LocalSettings) {
        lent.withLockedValue { lent in
            lent.prefix = [.begin] + settings.steps
            lent.hasUnsentBegin = true
            lent.applied = settings
        }
    }

    /// Changes settings with the next request, unless they are what was last applied: a batch of messages of one agency
    /// sets it once.
    func apply(_ settings: LocalSettings) {
        lent.withLockedValue { lent in
            guard lent.applied != settings else { return }
            lent.prefix.append(contentsOf: settings.steps)
            lent.applied = settings
        }
    }

    /// Adds steps in front of the next request.
    func runBeforeNext(_ steps: [Step], isWork: Bool) {
        lent.withLockedValue { lent in
            lent.prefix.append(contentsOf: steps)
            if isWork { lent.hasUnsentWork = true }
        }
    }

    /// Puts a savepoint in front of the next request.
    ///
    /// - Returns: its place among what waits.
    func queueSavepoint(_ save: Step) -> Int {
        lent.withLockedValue { lent in
            lent.prefix.append(save)
            return lent.prefix.count - 1
        }
    }

    /// Forgets what has been queued since the savepoint.
    ///
    /// - Returns: whether the savepoint itself was among it, so that there is nothing to undo on the server.
    func takeBackSavepoint(at place: Int, _ save: Step) -> Bool {
        lent.withLockedValue { lent in
            lent.hasUnsentWork = false
            // The settings that were applied since are undone as well.
            lent.applied = nil
            guard place < lent.prefix.count, lent.prefix[place].statement == save.statement else {
                lent.prefix = []
                return false
            }
            lent.prefix.removeSubrange(place...)
            return true
        }
    }

    /// Whether statements of the caller wait for the next request.
    var hasUnsentWork: Bool { lent.withLockedValue { $0.hasUnsentWork } }

    /// - Throws: ``PostgresError`` of code `outcomeUnknown` where the connection broke before the answer came.
    func commit() async throws(PostgresError) {
        let isNeeded = lent.withLockedValue { lent in
            guard lent.hasUnsentBegin && !lent.hasUnsentWork else { return true }
            lent.prefix = []
            lent.hasUnsentBegin = false
            return false
        }
        guard isNeeded else { return }
        let wasOpen = isOpen
        do throws(PostgresError) {
            let rows = try await run([.commit])
            // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and with success.
            if rows[0].result.commandTag == "ROLLBACK" { throw PostgresError(.transactionAborted) }
        } catch {
            guard wasOpen, error.leavesOutcomeOpen else { throw error }
            throw PostgresError(
                .outcomeUnknown, explanation: "the connection broke while committing",
                serverMessage: error.serverMessage)
        }
    }

    /// Rolls back, also where the task is cancelled; a connection that cannot even do that is closed, which rolls back on
    /// the server.
    func rollBack() async {
        let hasBegun = lent.withLockedValue { lent in
            defer { (lent.prefix, lent.hasUnsentBegin, lent.hasUnsentWork) = ([], false, false) }
            return !lent.hasUnsentBegin
        }
        guard hasBegun, isOpen else { return }
        guard isUsable else { return close() }
        do {
            _ = try await perform(.steps([.rollback]), deadline: nil, isStoppable: false)
        } catch {
            close(error)
        }
    }
}
