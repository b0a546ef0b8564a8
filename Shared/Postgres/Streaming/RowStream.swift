internal import CLibPQ
internal import NIOConcurrencyHelpers

/// A result that is read row by row, however large it is. Rows that are not read yet wait on the server.
///
/// Leaving the loop early is allowed: the rest is then passed over, and the transaction goes on. The server's limit for a
/// statement counts while it waits for a slow reader.
public struct RowStream: AsyncSequence, Sendable {
    public typealias Element = Row
    public typealias Failure = PostgresError

    let reading: StreamReading<Row>

    public func makeAsyncIterator() -> Iterator { Iterator(reading: reading) }

    public struct Iterator: AsyncIteratorProtocol {
        let reading: StreamReading<Row>

        public mutating func next() async throws(PostgresError) -> Row? { try await reading.next() }
        public mutating func next(isolation: isolated (any Actor)?) async throws(PostgresError) -> Row? {
            try await reading.next()
        }
    }
}

/// The reader's end of a stream. When the last copy of it goes, what has not been read is passed over.
final class StreamReading<Element: Sendable>: Sendable {
    private let spool: Spool<Element>
    private let connection: Connection
    private let id: Connection.RequestID

    /// Sends the solo, whose elements come out of the spool.
    init(_ spool: Spool<Element>, _ solo: any Solo, on connection: Connection) {
        (self.spool, self.connection, id) = (spool, connection, connection.newRequestID())
        spool.onRoom { connection.goOnReading() }
        let request = Request(
            id: id, work: .solo(solo), deadline: connection.lent.withLockedValue { $0.deadline }, answer: { _ in })
        connection.accept([request])
    }

    deinit { spool.abandon() }

    func next() async throws(PostgresError) -> Element? {
        let result: Result<Element?, PostgresError> = await withTaskCancellationHandler {
            await spool.next()
        } onCancel: { [connection, id] in
            connection.stopSoon(id)
        }
        return try result.get()
    }
}

/// A statement whose rows are read one by one.
final class RowByRow: Solo {
    private let step: Step
    private let spool: Spool<Row>
    private let failure = NIOLockedValueBox<PostgresError?>(nil)

    init(_ step: Step, into spool: Spool<Row>) {
        (self.step, self.spool) = (step, spool)
    }

    func begin(_ connection: OpaquePointer) -> Bool {
        let types = step.bindings.types.map(\.rawValue)
        return step.bindings.withLibPQArguments { count, values, lengths, formats in
            PQsendQueryParams(connection, step.statement.sql, count, types, values, lengths, formats, 1) == 1
        } && PQsetSingleRowMode(connection) == 1
    }

    var isPaused: Bool { spool.isFull }

    func read(_ connection: OpaquePointer) -> SoloProgress {
        while !spool.isFull, PQisBusy(connection) == 0 {
            guard let result = PQgetResult(connection).map({ ResultMemory($0) }) else {
                return .ended(failure.withLockedValue { $0 })
            }
            switch PQresultStatus(result.pointer) {
            case PGRES_SINGLE_TUPLE: spool.push(Rows(result, statement: step.statement.name)[0])
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK: continue
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: return .broken
            default: failure.withLockedValue { $0 = $0 ?? result.error(statement: step.statement.name) }
            }
        }
        return .waits
    }

    func ended(_ error: PostgresError?) { spool.finish(error) }
}
