internal import DequeModule
internal import NIOConcurrencyHelpers

/// What lies between the reactor, which reads from the server, and a task that takes its time: bounded, so that a result
/// larger than memory passes through a few thousand elements.
final class Spool<Element: Sendable>: Sendable {
    private struct State {
        var elements: Deque<Element> = []
        var reader: CheckedContinuation<Result<Element?, PostgresError>, Never>?
        var end: Result<Element?, PostgresError>?
        /// Nobody will read any more: what comes is thrown away, so that the connection can go on.
        var isAbandoned = false
        var isFull = false
        /// Tells the connection to go on reading.
        var goOn: (@Sendable () -> Void)?

        /// What is there to be read at once, if anything, and whom to tell that there is room again.
        mutating func take(
            _ continuation: CheckedContinuation<Result<Element?, PostgresError>, Never>, _ capacity: Int
        ) -> (next: Result<Element?, PostgresError>?, goOn: (@Sendable () -> Void)?) {
            guard let element = elements.popFirst() else {
                if end == nil { reader = continuation }
                return (end, nil)
            }
            // Half empty before it goes on: not a stop and a start for each element.
            guard isFull, elements.count <= capacity / 2 else { return (.success(element), nil) }
            isFull = false
            return (.success(element), goOn)
        }
    }

    private let state = NIOLockedValueBox(State())
    private let capacity: Int

    init(capacity: Int = 1024) {
        self.capacity = capacity
    }

    /// Whether no more should be pushed until the reader has caught up.
    var isFull: Bool { state.withLockedValue { $0.isFull } }

    /// How the connection is told that the reader has caught up.
    func onRoom(_ goOn: @escaping @Sendable () -> Void) {
        state.withLockedValue { $0.goOn = goOn }
    }

    func push(_ element: Element) {
        let reader = state.withLockedValue { state -> CheckedContinuation<Result<Element?, PostgresError>, Never>? in
            if state.isAbandoned { return nil }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            state.elements.append(element)
            state.isFull = state.elements.count >= capacity
            return nil
        }
        reader?.resume(returning: .success(element))
    }

    /// Nothing more comes; what was pushed is still read.
    func finish(_ error: PostgresError?) {
        let (reader, end) = state.withLockedValue { state in
            let end: Result<Element?, PostgresError> = error.map { .failure($0) } ?? .success(nil)
            state.end = state.end ?? end
            defer { state.reader = nil }
            return (state.reader, end)
        }
        reader?.resume(returning: end)
    }

    typealias Next = Result<Element?, PostgresError>

    /// The next element; nil at the end. For one reader at a time.
    func next() async -> Next {
        await withCheckedContinuation { (continuation: CheckedContinuation<Next, Never>) in
            let taken = state.withLockedValue { $0.take(continuation, capacity) }
            taken.goOn?()
            if let next = taken.next { continuation.resume(returning: next) }
        }
    }

    /// The reader has gone.
    func abandon() {
        let goOn = state.withLockedValue { state -> (@Sendable () -> Void)? in
            state.isAbandoned = true
            state.elements.removeAll()
            defer { state.isFull = false }
            return state.isFull ? state.goOn : nil
        }
        goOn?()
    }
}
