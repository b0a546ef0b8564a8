internal import CLibPQ
internal import NIOConcurrencyHelpers

/// Something that cannot be done in pipeline mode and has the connection for itself meanwhile: a script, a result that
/// is read row by row, COPY. Called while the wire is held, except where it says otherwise.
protocol Solo: Sendable {
    /// Sends it; the connection is idle and out of pipeline mode. False when libpq refuses.
    func begin(_ connection: OpaquePointer) -> Bool
    /// Reads what has arrived.
    func read(_ connection: OpaquePointer) -> SoloProgress
    /// Everything that was handed to libpq has gone out.
    func sent()
    /// Whether nothing is to be read for the moment, because whoever takes it is behind.
    var isPaused: Bool { get }
    /// It is over; nil for success.
    func ended(_ error: PostgresError?)
}

enum SoloProgress: Sendable {
    /// More must arrive first, or the reader catch up.
    case waits
    case ended(PostgresError?)
    /// What arrived makes no sense here.
    case broken
}

extension Solo {
    func sent() {}
    var isPaused: Bool { false }
    func ended(_ error: PostgresError?) {}
}

/// SQL text of any number of statements.
final class Script: Solo {
    private let sql: String
    private let failure = NIOLockedValueBox<PostgresError?>(nil)

    init(_ sql: String) {
        self.sql = sql
    }

    func begin(_ connection: OpaquePointer) -> Bool {
        PQsendQuery(connection, sql) == 1
    }

    func read(_ connection: OpaquePointer) -> SoloProgress {
        while PQisBusy(connection) == 0 {
            guard let result = PQgetResult(connection).map({ ResultMemory($0) }) else {
                return .ended(failure.withLockedValue { $0 })
            }
            switch PQresultStatus(result.pointer) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: continue
            // libpq would offer the same result for ever.
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: return .broken
            default: failure.withLockedValue { $0 = $0 ?? result.error(statement: nil) }
            }
        }
        return .waits
    }
}
