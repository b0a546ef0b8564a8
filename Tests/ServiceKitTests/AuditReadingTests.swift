import Models
import Postgres
import TestKit
import Testing

@testable import ServiceKit

@Suite("Reading the audit trail")
struct AuditReadingTests {
    private static let since = Instant(unixSeconds: 1_795_000_000)
    private static let selection = AuditTrail.Selection(
        agencyID: .north, since: since, until: WallClock.system.now() + .seconds(86_400))

    private static func all(_ reading: AuditReading) async throws -> [AuditEntry] {
        var (reading, entries) = (reading, [AuditEntry]())
        while let entry = try await reading.next() { entries.append(entry) }
        return entries
    }

    @Test(
        "rows come once each and in the order of their time, whatever fits on a page", arguments: [1, 2, 3, 7, 8, 500])
    func pages(_ size: Int) async throws {
        try await PlatformFixture.withService { (_, pool) async throws -> Void in
            // Two transactions at one moment: their rows have the same times.
            let now = WallClock.system.now()
            try await AuditFixture.append(4, at: now, pool)
            try await AuditFixture.append(3, at: now, pool)
            try await AuditFixture.append(2, of: .south, at: now, pool)
            let entries = try await Self.all(AuditReading(pool, Self.selection, pageSize: size))
            #expect(entries.map(\.subject) == ["row 1", "row 1", "row 2", "row 2", "row 3", "row 3", "row 4"])
            #expect(Set(entries.map(\.auditID)).count == 7)
        }
    }

    @Test("several trails come as one, in the order of their time")
    func merged() async throws {
        try await PlatformFixture.withService { (_, first) async throws -> Void in
            try await PlatformFixture.withService { (_, second) async throws -> Void in
                let now = WallClock.system.now()
                for (number, pool) in [first, second, second, first, second].enumerated() {
                    try await AuditFixture.append(1, at: now + .seconds(number), pool)
                }
                var merged = try await MergedAuditReading([
                    ("first", AuditReading(first, Self.selection, pageSize: 1)),
                    ("second", AuditReading(second, Self.selection, pageSize: 1)),
                ])
                var services: [String] = []
                while let next = try await merged.next() { services.append(next.service) }
                #expect(services == ["first", "second", "second", "first", "second"])
            }
        }
    }
}
