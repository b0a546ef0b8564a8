import FoundationEssentials
import Models
import NIOConcurrencyHelpers
import Postgres
import TestKit
import Testing

@testable import MessageTable

/// Partitions come while messages are published, and nobody waits for them.
@Suite struct PartitionTests {
    private static let partitions = Statement(
        "test.partitions", "select count(*) from pg_inherits where inhparent = 'message_table.message'::regclass")
    private static let messages = Statement("test.messages", "select count(*) from message_table.message")

    /// A publisher that has to wait for a lock fails: partitions are made for two seconds at most, and a publisher that
    /// had to wait for them would wait longer than this.
    private static let impatient = LocalSettings([
        ("handrail.agency_id", LogFixture.agency.description), ("lock_timeout", "500ms"),
    ])

    @Test("partitions are attached while publishers publish, one keeps its transaction open, and none of them waits")
    func attaching() async throws {
        let published = NIOLockedValueBox(0)
        let isDone = NIOLockedValueBox(false)
        try await LogFixture.with { log in
            @Sendable func publishOne() async throws {
                try await log.service.withTransaction(Self.impatient) { transaction in
                    try transaction.publish(LogFixture.event(), agency: LogFixture.agency, headers: .none)
                }
                published.withLockedValue { $0 += 1 }
            }
            let before = try await log.number(Self.partitions)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { while !isDone.withLockedValue({ $0 }) { try await publishOne() } }
                }
                group.addTask {
                    defer { isDone.withLockedValue { $0 = true } }
                    // One that takes its time must neither hold up the partitions nor, behind them, the others.
                    try await log.service.withTransaction(Self.impatient) { open in
                        try open.publish(LogFixture.event(), agency: LogFixture.agency, headers: .none)
                        try await open.flush()
                        for days in [20, 40, 60] {
                            try await LogUpkeep(pool: log.worker).addPartitions(daysAhead: days)
                            try await publishOne()
                        }
                    }
                    published.withLockedValue { $0 += 1 }
                }
                try await group.waitForAll()
            }
            let all = published.withLockedValue { $0 }
            #expect(try await log.number(Self.partitions) == before + 53)
            #expect(try await log.number(Self.messages) == all && all >= 4)
            try await log.running(log.loops([HandlingTests.counting()])) {
                try await log.eventually(HandlingTests.total, is: all)
            }
        }
    }
}
