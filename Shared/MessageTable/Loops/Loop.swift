internal import Logging
internal import NIOConcurrencyHelpers

/// A loop of the process: turns and pauses until it is told to stop. A turn in progress is always finished.
struct Loop: Sendable {
    let name: String
    let bell = Bell()
    let logger: Logger
    private let stopping = NIOLockedValueBox(false)

    init(_ name: String, logger: Logger) {
        self.name = name
        self.logger = logger
    }

    var isStopping: Bool { stopping.withLockedValue { $0 } }

    func stop() async {
        stopping.withLockedValue { $0 = true }
        await bell.ring()
    }

    /// Runs turns until it is stopped or its task is cancelled; each returns how long to pause. A turn that throws is
    /// logged, and the next one comes after a pause that grows with the failures up to 5 s.
    ///
    /// - Parameter delay: a pause before the first one.
    func run(after delay: Duration = .zero, _ turn: () async throws -> Duration) async {
        var failures = 0
        if delay > .zero { await bell.wait(atMost: delay) }
        while !isStopping && !Task.isCancelled {
            do {
                let pause = try await turn()
                failures = 0
                if pause > .zero { await bell.wait(atMost: pause) }
            } catch {
                failures += 1
                logger.warning(
                    "a loop's turn failed",
                    metadata: ["loop": "\(name)", "error": "\(error)", "failures": "\(failures)"])
                let pause = Duration.milliseconds(min(5000, 100 << min(failures, 6)))
                await bell.wait(atMost: pause * Double.random(in: 1...1.5))
            }
        }
    }
}
