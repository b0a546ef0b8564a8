/// A statement with the values of one call, for ``Transaction/together(_:)``.
public struct Question: Sendable {
    let step: Step

    public init<each P: PostgresEncodable>(_ statement: Statement, _ parameters: repeat each P) {
        step = Step(statement, Bindings(repeat each parameters))
    }
}

extension Transaction {
    /// Runs statements that do not depend on each other in one round trip, with what was queued before them.
    ///
    /// - Returns: the rows of each, in the same order.
    /// - Throws: ``PostgresError``, as ``query(_:_:)`` does: the first one that fails is named, those behind it did not run.
    public func together(_ questions: [Question]) async throws(PostgresError) -> [Rows] {
        try await connection.run(questions.map(\.step))
    }

    /// The same with the statements one by one.
    public func together(_ questions: Question...) async throws(PostgresError) -> [Rows] {
        try await together(questions)
    }
}
