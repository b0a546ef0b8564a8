internal import CLibPQ
internal import Dispatch

/// One `PGconn` on its way between the thread that began the connection and the reactor that owns it from then on.
struct LibPQHandle: @unchecked Sendable {
    // SAFETY: handed over once, from the starting thread to the connection actor; never used on both.
    let pointer: OpaquePointer

    /// Begins a connection on a thread that may block: libpq reads files in this call, and where the settings name no
    /// server it may resolve one from its environment.
    static func start(_ arguments: [String: String]) async throws(PostgresError) -> LibPQHandle {
        let handle: LibPQHandle? = await withCheckedContinuation { continuation in
            startingThreads.async { continuation.resume(returning: begin(arguments)) }
        }
        guard let handle else { throw PostgresError(.cannotConnect, explanation: "out of memory") }
        return handle
    }

    /// Not the cooperative pool: a slow disk or name server must not stop the program's tasks.
    private static let startingThreads = DispatchQueue(label: "postgres.connect", attributes: .concurrent)

    private static func begin(_ arguments: [String: String]) -> LibPQHandle? {
        let keywords = arguments.keys.map { $0.withCString { strdup($0) } }
        let values = arguments.values.map { $0.withCString { strdup($0) } }
        defer { for text in keywords + values { free(text) } }
        let connection = (keywords.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { keywords in
            (values.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { values in
                PQconnectStartParams(keywords.baseAddress, values.baseAddress, 0)
            }
        }
        guard let connection else { return nil }
        handrail_silence_notices(connection)
        // With the SQLSTATE in the text, which is the only place for it as long as the connection is not open.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        return LibPQHandle(pointer: connection)
    }
}
