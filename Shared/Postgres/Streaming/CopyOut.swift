internal import CLibPQ
internal import NIOConcurrencyHelpers

/// What `copy … to stdout` sends, as it comes: one element for each row in text format.
public struct CopyStream: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = PostgresError

    let reading: StreamReading<[UInt8]>

    public func makeAsyncIterator() -> Iterator { Iterator(reading: reading) }

    public struct Iterator: AsyncIteratorProtocol {
        let reading: StreamReading<[UInt8]>

        public mutating func next() async throws(PostgresError) -> [UInt8]? { try await reading.next() }
        public mutating func next(isolation: isolated (any Actor)?) async throws(PostgresError) -> [UInt8]? {
            try await reading.next()
        }
    }
}

/// `copy … to stdout`.
final class CopyOut: Solo {
    private enum Phase { case starting, copying, ending }

    private let statement: Statement
    private let spool: Spool<[UInt8]>
    private let state = NIOLockedValueBox((phase: Phase.starting, failure: nil as PostgresError?))

    init(_ statement: Statement, into spool: Spool<[UInt8]>) {
        (self.statement, self.spool) = (statement, spool)
    }

    func begin(_ connection: OpaquePointer) -> Bool { PQsendQuery(connection, statement.sql) == 1 }

    var isPaused: Bool { spool.isFull }

    func read(_ connection: OpaquePointer) -> SoloProgress {
        while true {
            if case .copying = state.withLockedValue({ $0.phase }) {
                guard !spool.isFull else { return .waits }
                var buffer: UnsafeMutablePointer<CChar>?
                let count = PQgetCopyData(connection, &buffer, 1)
                defer { PQfreemem(buffer) }
                if count == 0 { return .waits }
                if count > 0 {
                    spool.push(Array(UnsafeRawBufferPointer(start: buffer, count: Int(count))))
                } else {
                    state.withLockedValue { $0.phase = .ending }
                }
                continue
            }
            guard PQisBusy(connection) == 0 else { return .waits }
            guard let result = PQgetResult(connection).map({ ResultMemory($0) }) else {
                return .ended(state.withLockedValue { $0.failure })
            }
            switch PQresultStatus(result.pointer) {
            case PGRES_COPY_OUT: state.withLockedValue { $0.phase = .copying }
            case PGRES_COMMAND_OK: continue
            case PGRES_COPY_IN, PGRES_COPY_BOTH, PGRES_TUPLES_OK: return .broken
            default: state.withLockedValue { $0.failure = $0.failure ?? result.error(statement: statement.name) }
            }
        }
    }

    func ended(_ error: PostgresError?) { spool.finish(error) }
}
