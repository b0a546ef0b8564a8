internal import CLibPQ
internal import NIOConcurrencyHelpers

// From one server's address to an open connection in pipeline mode.
extension Connection {
    /// Opens a connection with libpq's arguments for one server.
    static func open(
        _ arguments: [String: String], by end: ContinuousClock.Instant, _ settings: ConnectionSettings,
        on reactor: Reactor
    ) async throws(PostgresError) -> Connection {
        let connection = Connection(
            try await LibPQHandle.start(arguments), ConnectionLimits(settings), reactor: reactor)
        let deadline = Task {
            try await Task.sleep(until: end, clock: .continuous)
            await connection.shutDown(.tookTooLong)
        }
        let failure = await connection.finishOpening()
        deadline.cancel()
        if let failure { throw failure }
        return connection
    }

    private func finishOpening() async -> PostgresError? {
        await withCheckedContinuation { continuation in
            phase = .opening(continuation)
            if PQstatus(pointer) == CONNECTION_BAD {
                shutDown(.cannotConnect(libpqMessage))
            } else {
                // libpq's rule: begin as if it had last asked for writing.
                watch(for: .writable)
            }
        }
    }

    func pollOpening(_ opener: CheckedContinuation<PostgresError?, Never>) {
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
