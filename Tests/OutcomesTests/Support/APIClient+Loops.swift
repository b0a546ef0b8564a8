import Logging
import MessageTable
import Postgres
import TestKit
import Testing

@testable import Outcomes

extension APIClient {
    /// Handles messages beside the API until the body returns, as the process does.
    func running(_ body: () async throws -> Void) async throws {
        let loops = MessageLoops(
            .init(
                servicePool: fixture.service, workerPool: fixture.worker,
                listener: Listener(
                    fixture.database.superuser.login("outcomes_worker", password: TestDatabase.password),
                    reactor: fixture.database.reactor, logger: .silent
                ),
                groups: [OutcomesGroup(ids: fixture.ids).consumers], clock: fixture.clock.wall, ids: fixture.ids,
                logger: .silent
            )
        )
        let running = Task { await loops.run() }
        do {
            try await body()
        } catch {
            await loops.stop()
            await running.value
            throw error
        }
        await loops.stop()
        await running.value
    }

    /// Looks again until it is so.
    func eventually(_ what: String, _ isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try await isSo() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("never: \(what)")
    }
}
