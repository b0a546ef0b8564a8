internal import CLibPQ
internal import DequeModule
internal import Dispatch
internal import NIOConcurrencyHelpers

/// What asks the server to stop whatever runs on one connection.
///
/// libpq opens a second connection for that and blocks until it is answered, so it is done on a thread of its own. The
/// server may act on it at any later moment: the connection must not be used for anything else afterwards.
final class Canceller: @unchecked Sendable {
    // SAFETY: libpq says that a PGcancel may be used from any thread; it is never changed, and freed by its last owner.
    private let pointer: OpaquePointer

    private static let threads = DispatchQueue(label: "postgres.cancel", attributes: .concurrent)

    init?(_ connection: OpaquePointer) {
        guard let pointer = PQgetCancel(connection) else { return nil }
        self.pointer = pointer
    }

    deinit { PQfreeCancel(pointer) }

    /// Asks once. Whether it was heard shows in the connection's answer, or in its silence.
    func ask() {
        Self.threads.async { [self] in
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(pointer, &message, Int32(message.count))
        }
    }
}

extension Connection {
    /// Stops one request: it is taken back where it has not been sent yet, and cancelled on the server otherwise.
    func stop(_ id: RequestID, because reason: PostgresError) {
        if let index = waiting.firstIndex(where: { $0.id == id }) {
            waiting.remove(at: index).fail(reason)
        } else if let index = inFlight.firstIndex(where: { $0.id == id }), inFlight[index].reason == nil {
            inFlight[index].reason = reason
            lent.withLockedValue { $0.isSpoiled = true }
            mustAnswerBy = .now + limits.cancellation
            canceller?.ask()
        }
    }
}
