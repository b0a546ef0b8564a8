import CoreMetrics
import FoundationEssentials
import Logging
import MessageTable
import Models
import Postgres
import ServiceKit
import TestKit

/// A database with the platform's and the message table's migrations, and a table in which handlers count.
struct LogFixture: Sendable {
    let database: TestDatabase
    /// The login of a service, for publishing and handling.
    let service: Pool
    /// Its worker login.
    let worker: Pool
    /// The superuser, for looking at results.
    let observer: Pool

    static let agency = AgencyID(rawValue: UUID())

    static func with(_ body: @Sendable (LogFixture) async throws -> Void) async throws {
        try await TestDatabase.with(migrations: migrations) { try await with($0, body) }
    }

    /// The same on a cluster of its own: a tick remembers the transactions of all databases that are in progress, so what
    /// it costs depends on what other tests do at that moment.
    static func withOwnCluster(_ body: @Sendable (LogFixture) async throws -> Void) async throws {
        try await OwnCluster.with { cluster in
            try await TestDatabase.with(on: cluster.url, migrations: migrations) { try await with($0, body) }
        }
    }

    private static let migrations = [PlatformMigrations.all, MessageTableMigrations.all]

    private static func with(
        _ database: TestDatabase, _ body: @Sendable (LogFixture) async throws -> Void
    ) async throws {
        try await database.withPool(login: "outcomes", connections: 12) { service in
            try await database.withPool(login: "outcomes_worker") { worker in
                try await database.withPool { observer in
                    try await observer.runScript(createHandled)
                    try await body(
                        LogFixture(database: database, service: service, worker: worker, observer: observer))
                }
            }
        }
    }

    /// One row for each handled message, in the order of handling.
    private static let createHandled = """
        create table public.handled (
            n bigint generated always as identity primary key, grp text not null, id bigint not null, key text not null,
            version integer);
        grant insert, select on public.handled to outcomes
        """

    func loops(
        _ groups: [ConsumerGroup], clock: WallClock = .system, promotes: Bool = true,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        send: (@Sendable (DeliveryAttempt) async -> DeliveryResult)? = nil
    ) -> MessageLoops {
        MessageLoops(
            .init(
                servicePool: service, workerPool: worker,
                listener: Listener(
                    database.superuser.login("outcomes_worker", password: TestDatabase.password),
                    reactor: database.reactor, logger: .silent),
                groups: groups, send: send, promotes: promotes, clock: clock, ids: .version7(clock: .system),
                metrics: metrics, logger: .silent))
    }

    /// Runs the loops until the body returns, then stops them and waits for their end.
    func running(_ loops: MessageLoops, _ body: () async throws -> Void) async throws {
        let task = Task { await loops.run() }
        do {
            try await body()
        } catch {
            await loops.stop()
            await task.value
            throw error
        }
        await loops.stop()
        await task.value
    }

    static func event(key: AssessmentID = AssessmentID(rawValue: UUID()), version: Int = 1) -> AssessmentRecorded {
        AssessmentRecorded(
            assessmentID: key, participantID: ParticipantID(rawValue: UUID()), version: version, instrument: "barc-10",
            answeredAt: Instant(unixSeconds: 0))
    }

    func publish(_ events: [AssessmentRecorded]) async throws {
        try await service.transaction(for: Self.agency) { transaction in
            for event in events { try transaction.publish(event, agency: Self.agency, headers: .none) }
        }
    }

    /// Waits until the query, which returns one boolean, says true.
    func eventually(_ condition: Statement, within limit: Duration = .seconds(60)) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let rows = try await observer.query(condition)
            if try rows[0].decode(Bool.self) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NeverHappened(condition: condition.name)
    }

    /// Waits until the query, which returns one number, says this one.
    func eventually(_ count: Statement, is number: Int, within limit: Duration = .seconds(60)) async throws {
        let deadline = ContinuousClock.now + limit
        while try await self.number(count) != number {
            guard ContinuousClock.now < deadline else { throw NeverHappened(condition: count.name) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    struct NeverHappened: Error { let condition: String }

    func number(_ statement: Statement) async throws -> Int {
        let rows = try await observer.query(statement)
        return try rows[0].decode(Int.self)
    }
}
