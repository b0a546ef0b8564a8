internal import CLibPQ
internal import NIOConcurrencyHelpers

/// `copy … from stdin`: the server is ready, then it is handed one piece after another, then told the end.
final class CopyIn: Solo {
    private enum Phase { case starting, copying, ending }

    private struct State {
        var phase = Phase.starting
        var failure: PostgresError?
        var affected = 0
        /// Whoever waits for the server to be ready, or for a piece to be sent.
        var waiter: CheckedContinuation<Bool, Never>?
        var isOver = false
    }

    private let statement: Statement
    private let state = NIOLockedValueBox(State())

    init(_ statement: Statement) {
        self.statement = statement
    }

    /// How many rows were copied, once it is over.
    var affected: Int { state.withLockedValue { $0.affected } }

    // MARK: From the writer's task

    /// Waits until the server takes data; false when it never will.
    func ready() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = state.withLockedValue { state -> Bool? in
                if state.isOver || state.phase == .ending { return false }
                if state.phase == .copying { return true }
                state.waiter = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Hands over a piece and waits until it is sent; false when the server takes no more.
    func put(_ bytes: [UInt8], on connection: Connection) async -> Bool {
        await withCheckedContinuation { continuation in
            connection.withWire { wire in
                let isTaken = state.withLockedValue { state in
                    guard !state.isOver, state.phase == .copying else { return false }
                    state.waiter = continuation
                    return true
                }
                guard isTaken else { return continuation.resume(returning: false) }
                wire.putCopyData(bytes)
            }
        }
    }

    /// Says that this was all, or why it must fail.
    func end(_ failure: String?, on connection: Connection) {
        connection.withWire { wire in
            let isOpen = state.withLockedValue { state in
                defer { state.phase = .ending }
                return !state.isOver && state.phase == .copying
            }
            if isOpen { wire.putCopyEnd(failure) }
        }
    }

    // MARK: With the wire held

    func begin(_ connection: OpaquePointer) -> Bool { PQsendQuery(connection, statement.sql) == 1 }

    func read(_ connection: OpaquePointer) -> SoloProgress {
        // While it copies, libpq keeps what the server says until the end of the data.
        while state.withLockedValue({ $0.phase != .copying }), PQisBusy(connection) == 0 {
            guard let result = PQgetResult(connection).map({ ResultMemory($0) }) else {
                return .ended(state.withLockedValue { $0.failure })
            }
            switch PQresultStatus(result.pointer) {
            case PGRES_COPY_IN:
                guard state.withLockedValue({ $0.phase == .starting }) else { return .broken }
                state.withLockedValue { $0.phase = .copying }
                resume(true)
            case PGRES_COMMAND_OK:
                let count = PQcmdTuples(result.pointer).flatMap { Int(String(cString: $0)) } ?? 0
                state.withLockedValue { $0.affected = count }
            case PGRES_COPY_OUT, PGRES_COPY_BOTH, PGRES_TUPLES_OK: return .broken
            default:
                state.withLockedValue { $0.failure = $0.failure ?? result.error(statement: statement.name) }
            }
        }
        return .waits
    }

    func sent() {
        if state.withLockedValue({ $0.phase == .copying }) { resume(true) }
    }

    func ended(_ error: PostgresError?) {
        state.withLockedValue { $0.isOver = true }
        resume(false)
    }

    private func resume(_ value: Bool) {
        let waiter = state.withLockedValue { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: value)
    }
}

extension Wire {
    fileprivate mutating func putCopyData(_ bytes: [UInt8]) {
        guard isOpen else { return }
        lastSign = .now
        let result = bytes.withUnsafeBytes { buffer in
            PQputCopyData(pointer, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count))
        }
        // It is never 0: every piece is sent before the next one comes, so libpq has room.
        guard result == 1 else { return lost() }
        flush()
    }

    fileprivate mutating func putCopyEnd(_ failure: String?) {
        guard isOpen else { return }
        guard PQputCopyEnd(pointer, failure) == 1 else { return lost() }
        flush()
        readAnswers()
    }
}
