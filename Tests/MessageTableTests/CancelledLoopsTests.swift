import MessageTable
import Testing

@Suite("Loops of a process that cannot start")
struct CancelledLoopsTests {
    /// As when the listener beside them finds its port taken: what runs them cancels all that it runs.
    @Test("end when their task is cancelled", .timeLimit(.minutes(10)))
    func cancelled() async throws {
        try await LogFixture.with { fixture in
            let loops = fixture.loops([ConsumerGroup("cancelled")])
            let running = Task { await loops.run() }
            running.cancel()
            await running.value
        }
    }
}
