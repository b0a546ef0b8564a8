import Foundation
import JSON
import NIOConcurrencyHelpers
import Postgres
import TestKit
import Testing

@testable import Operator

/// PostgreSQL stopped and started under the running suite.
@Suite(.serialized) struct RestartTests {
    private func onOwnCluster(_ body: @Sendable (OwnCluster) async throws -> Void) async throws {
        try await RunningSuite.turns.inTurn { try await OwnCluster.with(body) }
    }

    @Test("a PostgreSQL that is restarted after each step of the journey, in order or as by a crash, loses nothing")
    func afterEachStep() async throws {
        let steps = NIOLockedValueBox(0)
        try await onOwnCluster { cluster in
            try await TestDatabase.with(on: cluster.url, migrations: InstalledServices.migrations) { database in
                try await RunningSuite.with(database) { suite in
                    let journey = try await suite.journey { _, _ in
                        let step = steps.withLockedValue { steps in
                            steps += 1
                            return steps
                        }
                        try await cluster.stop(step.isMultiple(of: 2) ? .immediate : .fast)
                        try await cluster.start()
                        for service in InstalledServices.names { try await suite.waitUntilReady(service) }
                    }
                    try await journey.play()
                    let stuck = try await database.withPool { pool in
                        try await pool.query(JourneyTests.stuck)[0].decode(Int.self)
                    }
                    #expect(stuck == 0)
                }
            }
        }
        #expect(steps.withLockedValue { $0 } > 10)
    }

    @Test(
        "while PostgreSQL is away every service lives, is not ready, and answers 503; afterwards it goes on by itself")
    func away() async throws {
        try await onOwnCluster { cluster in
            try await TestDatabase.with(on: cluster.url, migrations: InstalledServices.migrations) { database in
                try await RunningSuite.with(database) { suite in
                    let journey = try await suite.journey()
                    let token = try await journey.staffToken("supervisor")
                    let lists = [
                        "\(suite.addresses.referrals)/v1/referrals", "\(suite.addresses.matching)/v1/peers",
                        "\(suite.addresses.scheduling)/v1/contacts/due", "\(suite.addresses.outcomes)/v1/safety-tasks",
                    ]
                    let caller = Caller(attempts: 1)
                    for url in lists { _ = try await caller.send("GET", url, token: token) }
                    try await cluster.stop(.immediate)
                    for url in lists {
                        let answer = try await caller.send("GET", url, token: token, expecting: [503])
                        #expect(answer.body[["type"]]?.string?.isEmpty == false)
                    }
                    for service in InstalledServices.names { #expect(try await !suite.isReady(service), "\(service)") }
                    try await cluster.start()
                    for service in InstalledServices.names { try await suite.waitUntilReady(service) }
                    for url in lists { _ = try await caller.send("GET", url, token: token) }
                    for service in InstalledServices.names { #expect(suite.terminate(service) == 0, "\(service)") }
                }
            }
        }
    }
}
