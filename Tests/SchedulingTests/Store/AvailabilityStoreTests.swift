import FoundationEssentials
import Models
import SchedulingDomain
import Testing

@testable import Scheduling

@Suite struct AvailabilityStoreTests {
    private func hours(_ peer: PeerID, rules count: Int) throws -> Availability {
        let rules = (0..<count).map { index in
            AvailabilityRule(
                weekday: .allCases[index % 7], from: TimeOfDay("09:00")!, until: TimeOfDay("24:00")!,
                effectiveFrom: .on("2026-01-01"), effectiveUntil: index == 0 ? .on("2026-12-31") : nil
            )!
        }
        let absence = Absence(
            time: TimeSpan(from: .at("2026-03-01T00:00:00Z"), until: .at("2026-03-05T00:00:00Z"))!, reason: .training
        )
        return try Availability(peerID: peer, zone: .newYork, rules: rules, absences: [absence], version: 0)
    }

    @Test("what was stored is read again, and replaced as a whole; an old version is refused")
    func replace() async throws {
        try await SchedulingFixture.with { fixture in
            let peer = PeerID(rawValue: UUID())
            var wanted = try hours(peer, rules: 3)
            wanted.version = try await fixture.work { [wanted] in
                try await AvailabilityStore.replace(wanted, expecting: 0, in: $0)
            }
            #expect(try await fixture.work { try await AvailabilityStore.find(peer, in: $0.transaction) } == wanted)
            let fewer = try hours(peer, rules: 1)
            for stale in [0, 2] {
                await #expect(throws: StoreRefusal.stale) {
                    try await fixture.work { try await AvailabilityStore.replace(fewer, expecting: stale, in: $0) }
                }
            }
            #expect(try await fixture.work { try await AvailabilityStore.replace(fewer, expecting: 1, in: $0) } == 2)
            #expect(
                try await fixture.work { try await AvailabilityStore.find(peer, in: $0.transaction)?.rules.count } == 1)
        }
    }
}
