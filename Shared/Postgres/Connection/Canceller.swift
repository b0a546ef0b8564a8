internal import CLibPQ
internal import Dispatch

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
