internal import CLibPQ
internal import NIOConcurrencyHelpers

// From libpq's first step to an open connection in pipeline mode.
extension Wire {
    mutating func beginOpening(_ opener: CheckedContinuation<PostgresError?, Never>) {
        if case .closed(let reason) = phase { return opener.resume(returning: reason) }
        phase = .opening(opener)
        if PQstatus(pointer) == CONNECTION_BAD {
            shutDown(.cannotConnect(libpqMessage))
        } else {
            // libpq's rule: begin as if it had last asked for writing.
            watch(for: .writable)
        }
    }

    mutating func pollOpening(_ opener: CheckedContinuation<PostgresError?, Never>) {
        switch PQconnectPoll(pointer) {
        case PGRES_POLLING_READING: watch(for: .readable)
        case PGRES_POLLING_WRITING: watch(for: .writable)
        case PGRES_POLLING_OK:
            guard PQsetnonblocking(pointer, 1) == 0, PQenterPipelineMode(pointer) == 1 else {
                return shutDown(PostgresError(.cannotConnect, explanation: "no pipeline mode"))
            }
            phase = .open
            canceller = Canceller(pointer)
            lent.withLockedValue { $0.isOpen = true }
            watch(for: .readable)
            opener.resume(returning: nil)
        default:
            shutDown(.cannotConnect(libpqMessage))
        }
    }
}
