import Foundation
import Glibc
import MessageTable
import Models
import Postgres
import TestKit
import Testing

/// Nothing is lost, doubled or out of order, whatever dies when.
@Suite struct CrashTests {
    static let counts = Statement(
        "test.counts",
        """
        with published as (
            select id, key, version from message_table.message
        ), handled as (
            select n, grp, id, key, version, lag(version) over (partition by grp, key order by n) as before
            from public.handled
        )
        select g.grp,
            (select count(*) from published),
            (select count(*) from published p
             where not exists (select from handled h where h.grp = g.grp and h.id = p.id)),
            (select count(*) - count(distinct id) from handled h where h.grp = g.grp),
            (select count(*) from handled h where h.grp = g.grp and h.before >= h.version)
        from (values ('red'), ('green')) as g (grp)
        order by g.grp
        """)

    static let complete = Statement(
        "test.complete",
        """
        select (select count(*) from public.handled) = 2 * (select count(*) from message_table.message)
        """)

    static let hurry = Statement("test.hurry", "update message_table.parked set next_at = '-infinity' where not dead")

    @Test("rollbacks, failing handlers and killed consumers: 0 lost, 0 doubled, 0 out of order")
    func chaos() async throws {
        try await LogFixture.with { log in
            let consumers = Consumers(database: log.database.name)
            for group in ["red", "green", "red", "green"] { try consumers.start(group) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for publisher in 0..<8 { group.addTask { try await publish(as: publisher, to: log) } }
                // While they publish, consumers die at random and others take their place.
                for round in 0..<6 {
                    try await Task.sleep(for: .milliseconds(300))
                    try consumers.kill(round % 4)
                    try consumers.start(["red", "green"][round % 2])
                }
                try await group.waitForAll()
            }
            let hurrying = Task {
                while !Task.isCancelled {
                    _ = try await log.observer.query(Self.hurry)
                    try await Task.sleep(for: .milliseconds(200))
                }
            }
            defer { hurrying.cancel() }
            do {
                try await log.eventually(Self.complete, within: .seconds(120))
            } catch {
                consumers.stopAll()
                throw error
            }
            consumers.stopAll()
            for row in try await log.observer.query(Self.counts) {
                let (group, published, lost, doubled, disordered) = try row.decode((String, Int, Int, Int, Int).self)
                #expect(published > 1000, "\(group)")
                #expect(lost == 0 && doubled == 0 && disordered == 0, "\(group)")
            }
        }
    }

    /// 40 aggregates of one publisher, several versions each; one transaction in ten is rolled back.
    private func publish(as publisher: Int, to log: LogFixture) async throws {
        struct Undone: Error {}
        let keys = (0..<40).map { _ in AssessmentID(rawValue: UUID()) }
        for version in 1...5 {
            for key in keys {
                do {
                    try await log.service.transaction(for: LogFixture.agency) { transaction in
                        let event = LogFixture.event(key: key, version: version)
                        try transaction.publish(event, agency: LogFixture.agency, headers: .none)
                        try await transaction.flush()
                        if Int.random(in: 0..<10) == 0 { throw Undone() }
                    }
                } catch is Undone {}
            }
        }
    }
}

/// Consumer processes that can be killed.
private final class Consumers: @unchecked Sendable {
    // SAFETY: used by one test's body only, never by two tasks at a time.
    private let database: String
    private var processes: [Process] = []

    init(database: String) {
        self.database = database
    }

    func start(_ group: String) throws {
        let process = Process()
        process.executableURL = Bundle.main.executableURL?.deletingLastPathComponent()
            .appendingPathComponent("MessageTableConsumer")
        process.arguments = [TestDatabase.clusterURL ?? "", database, group]
        try process.run()
        processes.append(process)
    }

    func kill(_ index: Int) throws {
        #expect(Glibc.kill(processes[index].processIdentifier, SIGKILL) == 0)
        processes[index].waitUntilExit()
        processes.remove(at: index)
    }

    func stopAll() {
        for process in processes {
            Glibc.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }
}
