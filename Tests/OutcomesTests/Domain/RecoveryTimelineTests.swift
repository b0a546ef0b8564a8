import FoundationEssentials
import Models
import OutcomesDomain
import Testing

@Suite("Recovery timeline")
struct RecoveryTimelineTests {
    private static func event(
        _ kind: TimelineKind, _ day: String, referral: ReferralID? = nil, modality: String? = nil
    ) throws -> TimelineEvent {
        let date = try #require(CivilDate(day))
        return TimelineEvent(
            id: ID(rawValue: UUID()), kind: kind, occurredAt: Instant(unixSeconds: Int64(date.daysSince1970) * 86_400),
            occurredOn: date, sourceTier: .selfReport, referralID: referral,
            detail: modality.map { ["modality": $0] } ?? [:]
        )
    }

    private static func years() throws -> [TimelineEvent] {
        let (first, second) = (ReferralID(rawValue: UUID()), ReferralID(rawValue: UUID()))
        return [
            try event(.firstHelp, "2018-05-01"),
            try event(.treatmentStarted, "2018-06-01", modality: "outpatient"),
            try event(.treatmentStopped, "2018-09-01", modality: "outpatient"),
            try event(.mutualAidStarted, "2019-01-01"),
            try event(.remissionStarted, "2019-03-01"),
            try event(.returnToUse, "2020-02-01", modality: "opioids"),
            try event(.referralAccepted, "2021-04-10", referral: first),
            try event(.referralAccepted, "2021-04-11", referral: second),
            try event(.medicationStarted, "2021-04-12", modality: "buprenorphine"),
            try event(.medicationStarted, "2021-05-12", modality: "buprenorphine"),
            try event(.referralClosed, "2021-08-01", referral: first),
            try event(.remissionStarted, "2021-06-15"),
            try event(.remissionStarted, "2021-07-15"),
            try event(.referralClosed, "2021-12-01", referral: second),
        ]
    }

    @Test("years of events come to first help, numbered engagements and the remission that holds")
    func reads() throws {
        let timeline = RecoveryTimeline(try Self.years())
        #expect(timeline.firstHelpOn?.description == "2018-05-01")
        #expect(
            timeline.engagements.map {
                "\($0.number) \($0.kind.rawValue) \($0.startedOn!)–\($0.endedOn?.description ?? "")"
            } == [
                "1 treatment 2018-06-01–2018-09-01", "2 mutual-aid 2019-01-01–",
                "3 peer-support 2021-04-10–2021-12-01", "4 medication 2021-04-12–",
            ])
        #expect(timeline.returnsAfterRemission == 1)
        #expect(timeline.remission?.startedOn.description == "2021-06-15")
        #expect(timeline.remission?.fiveYearsOn.description == "2026-06-15")
        #expect(timeline.remission?.days(on: CivilDate(year: 2022, month: 6, day: 15)!) == 365)
        #expect(timeline.diedOn == nil)
    }

    @Test("the order in which events arrive does not matter", arguments: 0..<20)
    func anyOrder(_ attempt: Int) throws {
        let events = try Self.years()
        #expect(RecoveryTimeline(events.shuffled()) == RecoveryTimeline(events))
    }

    @Test("a return to use ends the remission, and one before any remission is no return after it")
    func returns() throws {
        let before = RecoveryTimeline([try Self.event(.returnToUse, "2020-01-01")])
        #expect((before.returnsAfterRemission, before.remission) == (0, nil))
        let after = RecoveryTimeline([
            try Self.event(.remissionStarted, "2020-01-01"), try Self.event(.overdose, "2020-03-01"),
            try Self.event(.returnToUse, "2020-03-05"),
        ])
        #expect((after.returnsAfterRemission, after.remission) == (1, nil))
    }

    @Test("an end without a known start is still an engagement")
    func endOnly() throws {
        let timeline = RecoveryTimeline([try Self.event(.treatmentStopped, "2015-03-01", modality: "residential")])
        #expect(timeline.engagements.count == 1)
        #expect(timeline.engagements.first?.startedOn == nil)
        #expect(timeline.engagements.first?.endedOn?.description == "2015-03-01")
    }

    @Test("every kind has a text, and none of them names a person by a condition", arguments: TimelineKind.reported)
    func texts(_ kind: TimelineKind) {
        #expect(kind.text != kind.rawValue)
        for word in ["addict", "abuse", "relapse", "clean", "dirty", "user", "alcoholic"] {
            #expect(!kind.text.lowercased().contains(word))
        }
    }

    @Test(
        "a report is refused for each thing that is wrong with it",
        arguments: [
            (
                TimelineKind(rawValue: "contact"), "2026-01-01", DatePrecision.day, SourceTier.selfReport, nil,
                .unknownKind
            ),
            (.returnToUse, "2026-12-31", .day, .selfReport, nil, .inTheFuture),
            (.returnToUse, "2026-01-01", .instant, .selfReport, nil, .unknownPrecision),
            (.returnToUse, "2026-01-01", .day, .ownRecord, nil, .unknownSource),
            (.medicationStarted, "2026-01-01", .day, .confirmed, "aspirin", .unknownModality),
            (.residenceEntered, "2026-01-01", .day, .confirmed, "methadone", .unknownModality),
        ] as [(TimelineKind, String, DatePrecision, SourceTier, String?, ReportRefused.Fault)]
    )
    func refuses(
        _ kind: TimelineKind, _ day: String, _ precision: DatePrecision, _ tier: SourceTier, _ modality: String?,
        _ fault: ReportRefused.Fault
    ) throws {
        let today = try #require(CivilDate("2026-11-22"))
        let occurredOn = try #require(CivilDate(day))
        let refused = #expect(throws: ReportRefused.self) {
            try ReportedEvent(
                kind: kind, occurredOn: occurredOn, precision: precision, sourceTier: tier, modality: modality,
                today: today
            )
        }
        #expect(refused?.faults == [fault])
    }
}
