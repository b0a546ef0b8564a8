import MessageTable
import Models

/// Waits until every message that is on its way has been handled by all four services.
struct Stillness: Sendable {
    let rehearsal: Rehearsal
    let addresses: SuiteAddresses
    let caller: Caller

    /// Returns when nothing is on its way any more.
    ///
    /// - Throws: ``Journey/Stuck`` when a service does not come to the end within half a minute.
    func reach() async throws {
        while true {
            let tick = try await rehearsal.tick()
            for address in addresses.operators { try await handled(tick, by: address) }
            // What was handled may have published more.
            let last = try await rehearsal.tick()
            if last == tick, try await !rehearsal.hasNews() { return }
        }
    }

    /// Moves time forward: what comes due by then happens, at its own time, with all that follows from it.
    func pass(until instant: Instant) async throws {
        repeat {
            try await reach()
        } while try await rehearsal.promote(until: instant) > 0
    }

    private func handled(_ tick: Int, by address: String) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try await caller.gauge("message_position_ticks", at: "\(address)/metrics") ?? -1 < Double(tick) {
            guard ContinuousClock.now < deadline else { throw Journey.Stuck(waitingFor: "the messages at \(address)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
