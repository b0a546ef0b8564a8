import FoundationEssentials
import MessageTable
import Models
import OutcomesDomain
import Postgres
import TestKit
import Testing

@testable import Outcomes

/// What people were linked to, on their timelines.
@Suite("Linkages on the timeline")
struct LinkageHandlerTests {
    private static func linkage(
        _ service: String, _ status: LinkageStatus, version: Int, started: Instant?, at instant: Instant
    ) -> Delivered {
        .init(
            LinkageChanged(
                linkageID: .number(400), needID: .number(401), participantID: .number(900), version: version,
                service: service, status: status, startedAt: started, sustainedDays: 0, refusal: nil,
                changedAt: instant))
    }

    /// A medication that began and ended.
    private static let story: [Delivered] = [
        linkage("methadone", .offered, version: 1, started: nil, at: .noon),
        linkage("methadone", .admitted, version: 2, started: .noon, at: .noon + .seconds(60)),
        linkage("methadone", .sustained, version: 3, started: .noon, at: .noon + .seconds(700_000)),
        linkage("methadone", .ended, version: 4, started: .noon, at: .noon + .seconds(8_000_000)),
    ]

    private static let lines = Statement(
        "test.lines",
        """
        select kind || ' ' || (detail->>'modality') || ' ' || extract(epoch from occurred_at)::bigint || ' ' || count(*) over ()
        from outcome.timeline_event order by occurred_at
        """)

    @Test(
        "a medication that took somebody in and ended is two lines, in any order and however often it is told",
        arguments: [1, 2, 3, 4] as [UInt64])
    func told(_ seed: UInt64) async throws {
        try await OutcomesFixture.with { fixture in
            var random = SeededGenerator(seed: seed)
            try await fixture.deliver((Self.story + Self.story).shuffled(using: &random))
            let found = try await fixture.observer.query(Self.lines).map { try $0.decode(String.self) }
            let start = Instant.noon.unixSeconds
            #expect(
                found == [
                    "medication-started methadone \(start) 2", "medication-stopped methadone \(start + 8_000_000) 2",
                ])
        }
    }

    @Test(
        "what is no part of recovery, or has not begun, leaves no line",
        arguments: ["clothing", "expungement", "of a newer list"])
    func silent(_ service: String) async throws {
        #expect(LinkedService(service: service) == nil)
        try await OutcomesFixture.with { fixture in
            try await fixture.deliver([
                Self.linkage(service, .attended, version: 2, started: .noon, at: .noon),
                Self.linkage("methadone", .refused, version: 2, started: nil, at: .noon),
            ])
            #expect(try await fixture.observer.query(Self.lines).isEmpty)
        }
    }

    @Test("treatment, mutual aid, residence and work have lines of their own kinds")
    func kinds() {
        #expect(LinkedService(service: "residential")?.started == .treatmentStarted)
        #expect(LinkedService(service: "mutual-aid")?.started == .mutualAidStarted)
        #expect(LinkedService(service: "recovery-residence")?.stopped == .residenceLeft)
        #expect(LinkedService(service: "recovery-ready-employer")?.started == .workStarted)
    }
}
