import Models
import OutcomesDomain
import Testing

/// What a report says is what may be told.
@Suite("What a progress report says")
struct ProgressReportTests {
    private static func event(_ kind: TimelineKind, _ modality: String, on day: Int) -> TimelineEvent {
        TimelineEvent(
            id: .number(UInt32(day)), kind: kind, occurredAt: .noon + .seconds(day * 86_400),
            occurredOn: Instant.noon.dateInUTC.adding(days: day), sourceTier: .confirmed,
            detail: ["modality": modality])
    }

    private static let facts = ProgressFacts(
        attendance: Attendance(
            since: Instant.noon.dateInUTC, programme: .overdoseFollowUp, phase: "weekly", phaseSince: .noon,
            contacts: [
                ContactTally(outcome: .reached, count: 3, lastAt: .noon + .seconds(60)),
                ContactTally(outcome: .noShow, count: 2, lastAt: .noon + .seconds(120)),
                ContactTally(outcome: .notReached, count: 5, lastAt: .noon + .seconds(180)),
            ]),
        referrals: [
            ReferralProgress(programme: .overdoseFollowUp, acceptedAt: .noon, closedAt: nil, closingReason: nil)
        ],
        scores: [
            LatestScore(
                instrument: InstrumentCode(rawValue: "barc-10"), instrumentVersion: 1,
                answeredOn: Instant.noon.dateInUTC, value: 47, band: nil)
        ],
        events: [
            event(.medicationStarted, "methadone", on: 0), event(.medicationStopped, "methadone", on: 10),
            event(.medicationStarted, "buprenorphine", on: 10), event(.returnToUse, "opioids", on: 5),
        ])

    @Test(
        "each part is there with its class and with no other",
        arguments: [DataClass.contact, .referral, .assessment, .medication])
    func parts(_ dataClass: DataClass) {
        let report = ProgressReport(of: Self.facts, telling: [.presence, dataClass])
        #expect((report.attendance != nil) == (dataClass == .contact))
        #expect((report.referrals != nil) == (dataClass == .referral))
        #expect((report.scores != nil) == (dataClass == .assessment))
        #expect((report.medications != nil) == (dataClass == .medication))
    }

    @Test("that somebody is a participant tells nothing else, and neither does a class that no part has")
    func nothing() {
        let classes = Set(DataClass.allCases).subtracting([.contact, .referral, .assessment, .medication])
        #expect(
            ProgressReport(of: Self.facts, telling: classes)
                == ProgressReport(
                    of: ProgressFacts(attendance: nil, referrals: [], scores: [], events: []), telling: []))
    }

    @Test("whom nobody tried to reach has missed nothing, and only medication that goes on is named")
    func counts() {
        let report = ProgressReport(of: Self.facts, telling: [.contact, .medication])
        #expect((report.attendance?.met, report.attendance?.missed) == (3, 2))
        #expect(report.attendance?.lastMetAt == .noon + .seconds(60))
        #expect(report.medications?.map(\.modality) == ["buprenorphine"])
    }
}
