internal import DequeModule

/// What a connection in pipeline mode is waiting for, as a pure state machine: no socket, no libpq.
///
/// The server answers in the order of sending: for each statement its result and an end, for each request a sync. After
/// an error everything up to the request's sync is answered as aborted; the next request is not touched by it.
struct PipelineStateMachine: Sendable {
    typealias RequestID = UInt64

    /// One answer that is to come.
    enum Expected: Hashable, Sendable {
        /// The preparation of a statement under this name.
        case preparation(RequestID, serverName: String)
        case rows(RequestID)
        case sync(RequestID)
        /// Something outside pipeline mode, which reads its results itself: here only its end.
        case solo(RequestID)
    }

    /// One answer as libpq shows it.
    enum Arrival: Hashable, Sendable {
        case success
        case failure(PostgresError)
        /// Skipped by the server, because an earlier statement of the request failed.
        case aborted
        case sync
        /// The end of one statement's results.
        case end
    }

    enum Action: Hashable, Sendable {
        case nothing
        /// Keep the result for this request.
        case keep(RequestID)
        case succeed(RequestID)
        case fail(RequestID, PostgresError)
        /// Back to pipeline mode, then answer it.
        case resumePipeline(RequestID)
        /// The answers do not fit the questions: the connection cannot be trusted any more.
        case breakOff
    }

    private(set) var expected: Deque<Expected> = []
    /// The first error of the request at the head.
    private(set) var failure: PostgresError?
    /// Names whose preparation failed or was skipped since they were last asked for.
    private var unprepared: [String] = []

    var isIdle: Bool { expected.isEmpty }
    /// Whether the request at the head has failed already.
    var hasFailed: Bool { failure != nil }
    /// Whether all statements of the request at the head are answered.
    var isAtSync: Bool { if case .sync = expected.first { true } else { false } }

    mutating func sent(_ answer: Expected) {
        expected.append(answer)
    }

    mutating func arrived(_ arrival: Arrival) -> Action {
        guard let head = expected.first else { return .breakOff }
        switch (head, arrival) {
        case (.rows(let request), .success):
            return .keep(request)
        case (.preparation, .success):
            return .nothing
        case (.preparation(_, let name), .failure(let error)):
            unprepared.append(name)
            failure = failure ?? error
            return .nothing
        case (.preparation(_, let name), .aborted):
            unprepared.append(name)
            return .nothing
        case (.rows, .failure(let error)):
            failure = failure ?? error
            return .nothing
        case (.rows, .aborted):
            return .nothing
        case (.rows, .end), (.preparation, .end):
            expected.removeFirst()
            return .nothing
        case (.solo(let request), .end):
            expected.removeFirst()
            return .resumePipeline(request)
        case (.sync(let request), .sync):
            expected.removeFirst()
            defer { failure = nil }
            return failure.map { .fail(request, $0) } ?? .succeed(request)
        case (.sync, .failure(let error)):
            // An error at the sync itself, such as a deferred constraint; the sync still follows.
            failure = failure ?? error
            return .nothing
        case (.sync, .end):
            return .nothing
        case (.rows, .sync), (.preparation, .sync), (.solo, _), (.sync, .success), (.sync, .aborted):
            return .breakOff
        }
    }

    /// Names to forget, so that the statements are prepared again.
    mutating func takeUnprepared() -> [String] {
        defer { unprepared.removeAll() }
        return unprepared
    }
}
