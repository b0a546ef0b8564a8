/// An open transaction on a connection of its own. Use it from one task at a time, and only inside the body that got it.
public struct Transaction: Sendable {
    let connection: Connection

    /// Runs one statement and waits for its rows.
    ///
    /// - Throws: ``PostgresError``; after it the transaction can only be rolled back, unless a ``savepoint(_:)`` encloses
    ///   the statement.
    @discardableResult
    public func query<each P: PostgresEncodable>(
        _ statement: Statement, _ parameters: repeat each P
    ) async throws(PostgresError) -> Rows {
        let bindings = Bindings(repeat each parameters)
        return try await connection.run([Step(statement, bindings)])[0]
    }

    /// Runs one statement and returns how many rows it touched.
    @discardableResult
    public func execute<each P: PostgresEncodable>(
        _ statement: Statement, _ parameters: repeat each P
    ) async throws(PostgresError) -> Int {
        let bindings = Bindings(repeat each parameters)
        return try await connection.run([Step(statement, bindings)])[0].affected
    }

    /// Queues a statement that goes out together with the next one, without a round trip of its own.
    ///
    /// Its failure shows at the next statement or at the commit.
    public func enqueue<each P: PostgresEncodable>(_ statement: Statement, _ parameters: repeat each P) {
        let bindings = Bindings(repeat each parameters)
        connection.runBeforeNext([Step(statement, bindings)], isWork: true)
    }

    /// Sends what is queued and waits for its success.
    public func flush() async throws(PostgresError) {
        if connection.hasUnsentWork { _ = try await connection.run([]) }
    }

    /// Changes settings for the rest of the transaction, such as the agency a message belongs to.
    public func apply(_ settings: LocalSettings) {
        connection.apply(settings)
    }

    /// Runs the body so that its failure undoes only what it did; the transaction goes on.
    ///
    /// The savepoint travels in front of the body's first statement, and so costs no round trip of its own; its end
    /// does, because a failure of the body must show there.
    public func savepoint<T>(_ body: () async throws -> T) async throws -> T {
        // What was queued before does not belong to it.
        try await flush()
        let place = connection.queueSavepoint(Self.save)
        do {
            let value = try await body()
            // Asked for at once: what the body has queued belongs to it, and so does a refusal that it passed by.
            _ = try await connection.run([Self.release])
            return value
        } catch {
            if !connection.takeBackSavepoint(at: place, Self.save) { _ = try await connection.run([Self.undo]) }
            throw error
        }
    }

    private static let save = Step(Statement("postgres.savepoint", "savepoint body"), Bindings())
    private static let release = Step(Statement("postgres.release", "release savepoint body"), Bindings())
    private static let undo = Step(Statement("postgres.undo", "rollback to savepoint body"), Bindings())
}
