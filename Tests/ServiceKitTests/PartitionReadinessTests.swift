import Models
import Postgres
import TestKit
import Testing

@testable import ServiceKit

/// A process says that it is not ready before the partitions run out that it writes to.
@Suite("Readiness of partitions")
struct PartitionReadinessTests {
    private static func clock(daysAhead: Int) -> WallClock {
        WallClock { WallClock.system.now() + .seconds(daysAhead * 86_400) }
    }

    @Test("messages need a partition for the day after tomorrow, which are made a week ahead")
    func messages() async throws {
        try await PlatformFixture.withService { _, pool in
            for days in [0, 4] {
                let check = ReadinessCheck.messagePartitions(pool, clock: Self.clock(daysAhead: days))
                #expect(await check.failure() == nil, "\(days) days on")
            }
            // A template that was made before midnight has a day less: eight days ahead there is never one.
            let failure = await ReadinessCheck.messagePartitions(pool, clock: Self.clock(daysAhead: 6)).failure()
            #expect(failure?.hasSuffix("is missing: run handrail migrate") == true)
        }
    }

    @Test("the audit trail needs next month's partition")
    func audit() async throws {
        try await PlatformFixture.withService { _, pool in
            #expect(await ReadinessCheck.auditPartitions(pool, clock: .system).failure() == nil)
            let failure = await ReadinessCheck.auditPartitions(pool, clock: Self.clock(daysAhead: 3000)).failure()
            #expect(failure?.hasPrefix("audit_event_") == true)
        }
    }
}
