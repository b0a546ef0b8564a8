extension Pool {
    /// Runs one statement in a batch with whatever else waits at the same moment: they share one commit, and one request's
    /// failure is never another's. See ``BatchCall`` for what may be in a batch.
    ///
    /// - Parameters:
    ///   - settings: for row-level security, in front of the statement.
    ///   - ifLost: whether it is run again when the connection breaks before its answer.
    ///   - deadline: when the caller's time is over.
    /// - Throws: ``PostgresError``.
    public func batch<each P: PostgresEncodable>(
        _ statement: Statement, _ parameters: repeat each P, in settings: LocalSettings = .none,
        ifLost: BatchCall.IfLost = .tell, by deadline: ContinuousClock.Instant? = nil
    ) async throws(PostgresError) -> Rows {
        var call = BatchCall(settings, ifLost: ifLost)
        call.add(statement, repeat each parameters)
        return try await batch(call, by: deadline)[0]
    }

    /// Runs one caller's statements in a batch.
    ///
    /// - Returns: the rows of each.
    /// - Throws: ``PostgresError``.
    public func batch(
        _ call: BatchCall, by deadline: ContinuousClock.Instant? = nil
    ) async throws(PostgresError) -> [Rows] {
        try await batcher.run(call, by: deadline).get()
    }
}
