extension Transaction {
    /// Runs one statement and hands its rows out one by one, however many there are. The rows must be read, or the stream
    /// dropped, before the transaction goes on.
    ///
    /// ```swift
    /// for try await row in try await transaction.stream(allMessages, since) {
    ///     try handle(row.decode((Int, String).self))
    /// }
    /// ```
    /// - Throws: ``PostgresError`` where what was queued before cannot be sent; the stream throws the statement's own.
    public func stream<each P: PostgresEncodable>(
        _ statement: Statement, _ parameters: repeat each P
    ) async throws(PostgresError) -> RowStream {
        let step = Step(statement, Bindings(repeat each parameters))
        try await connection.sendPrefix()
        let spool = Spool<Row>()
        return RowStream(reading: StreamReading(spool, RowByRow(step, into: spool), on: connection))
    }

    /// Runs `copy … to stdout` and hands out what comes, one row at a time in text format.
    ///
    /// - Throws: as ``stream(_:_:)``.
    public func copyOut(_ statement: Statement) async throws(PostgresError) -> CopyStream {
        try await connection.sendPrefix()
        let spool = Spool<[UInt8]>()
        return CopyStream(reading: StreamReading(spool, CopyOut(statement, into: spool), on: connection))
    }

    /// Runs `copy … from stdin` with what the sequence gives, in whatever format the statement names. It waits for the
    /// server between two pieces, so that no more than one lies in memory.
    ///
    /// - Returns: how many rows were copied.
    /// - Throws: what the sequence throws, after the server has been told to forget the rows; ``PostgresError``.
    @discardableResult
    public func copyIn<Pieces: AsyncSequence & Sendable>(
        _ statement: Statement, _ pieces: Pieces
    ) async throws -> Int where Pieces.Element == [UInt8] {
        try await connection.sendPrefix()
        let copy = CopyIn(statement)
        async let copied: Void = connection.run(copy)
        do {
            if await copy.ready() {
                for try await piece in pieces where !piece.isEmpty {
                    guard await copy.put(piece, on: connection) else { break }
                }
            }
        } catch {
            copy.end("the source of the rows failed", on: connection)
            // The server's answer only repeats that it was told to fail.
            do { try await copied } catch is PostgresError {}
            throw error
        }
        copy.end(nil, on: connection)
        try await copied
        return copy.affected
    }
}
