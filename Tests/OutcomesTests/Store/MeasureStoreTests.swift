import FoundationEssentials
import Models
import OutcomesDomain
import Postgres
import Testing

@testable import Outcomes

@Suite("Measures on PostgreSQL")
struct MeasureStoreTests {
    @Test("four hundred journeys that came as messages are counted as an independent computation counts them")
    func reference() async throws {
        let cases = try Reference.measures()
        let catalogue = try MeasureCatalogue.builtIn()
        let period = try #require(MeasurePeriod(from: Self.date("2026-03-01"), to: Self.date("2026-07-31")))
        let asOf = cases.asOf.at
        try await OutcomesFixture.with { fixture in
            try await load(cases.journeys.map(\.journey), into: fixture)
            for (id, expected) in cases.results {
                let definition = try #require(catalogue.measure(MeasureCode(rawValue: id)))
                let result = try await fixture.work { work in
                    try await MeasureStore.run(definition, period, asOf: asOf, in: work)
                }
                for part in result.parts {
                    let want = try #require(expected.parts[part.code])
                    #expect(part.denominator.map(\.rawValue) == want.denominator.sorted(), "\(id) \(part.code)")
                    #expect(part.numerator.map(\.rawValue) == want.numerator.sorted(), "\(id) \(part.code)")
                    #expect(part.notYetObserved.map(\.rawValue) == want.notYetObserved.sorted(), "\(id) \(part.code)")
                    let excluded = part.exclusions.map { ($0.subject.rawValue, $0.reason.rawValue) }
                    #expect(Dictionary(uniqueKeysWithValues: excluded) == want.excluded, "\(id) \(part.code)")
                }
                #expect(result.timing == expected.timing, "\(id)")
            }
        }
    }

    @Test("a planned contact that nobody attempted is in the denominator, and a late one is not in time")
    func contactsInTime() async throws {
        let definition = try #require(MeasureCatalogue.builtIn().measure(MeasureCode(rawValue: "contacts-in-time")))
        let period = try #require(MeasurePeriod(from: Self.date("2026-11-01"), to: Self.date("2026-11-30")))
        try await OutcomesFixture.with { fixture in
            try await fixture.addParticipant()
            func due(_ day: Int) -> Instant { .noon + .seconds(day * 86_400) }
            func overdue(_ sequence: Int, _ day: Int) -> Delivered {
                .init(
                    ContactOverdue(
                        planID: .number(900), participantID: .number(900), sequence: sequence, dueAt: due(day)))
            }
            func contact(_ number: UInt32, _ outcome: ContactOutcome = .reached, due day: Int?, hours: Int) -> Delivered
            {
                .init(
                    ContactRecorded.fixture(
                        number, outcome, plan: 900, dueAt: day.map(due), at: due(day ?? 0) + .seconds(hours * 3600)))
            }
            try await fixture.deliver([
                contact(1, due: 1, hours: -5),
                // Missed, and made up for later: the same planned contact from two messages.
                overdue(2, 2), contact(2, due: 2, hours: 30),
                // Nobody tried.
                overdue(3, 3),
                // Outside of the plan: counts for nothing.
                contact(4, due: nil, hours: 1),
                // In the next month.
                contact(5, due: 20, hours: -1),
            ])
            fixture.clock.move(to: .noon + .seconds(40 * 86_400))
            let result = try await fixture.work { try await MeasureStore.run(definition, period, asOf: nil, in: $0) }
            let part = try #require(result.parts.first)
            #expect((part.denominator.count, part.numerator.count) == (3, 1))
            #expect(part.notYetObserved.isEmpty)
        }
    }

    @Test("results as of a named instant are kept, of results as of now the latest is")
    func keepsResults() async throws {
        let definition = try #require(MeasureCatalogue.builtIn().measure(MeasureCode(rawValue: "engagement")))
        let period = try #require(MeasurePeriod(from: Self.date("2026-11-01"), to: Self.date("2026-11-30")))
        try await OutcomesFixture.with { fixture in
            for hour in 0..<3 {
                fixture.clock.move(to: .noon + .seconds(hour * 3600))
                _ = try await fixture.work { try await MeasureStore.run(definition, period, asOf: nil, in: $0) }
                let asOf = fixture.clock.now
                for _ in 0..<2 {
                    _ = try await fixture.work { try await MeasureStore.run(definition, period, asOf: asOf, in: $0) }
                }
            }
            #expect(try await fixture.number(Self.latest) == 1)
            #expect(try await fixture.number(Self.pinned) == 3)
            #expect(try await fixture.number(Self.complete) == 4)
        }
    }

    private static let latest = Statement(
        "test.latest", "select count(*) from outcome.measure_result where not is_pinned")
    private static let pinned = Statement("test.pinned", "select count(*) from outcome.measure_result where is_pinned")
    private static let complete = Statement(
        "test.complete",
        """
        select count(*)
        from outcome.measure_result
        where measure = 'engagement'
            and definition_version = 1
            and source_tier = 'own-record'
            and run_by = 'test'
            and jsonb_array_length(result -> 'parts') = 3
            and result -> 'period' ->> 'from' = '2026-11-01'
        """
    )

    private static func date(_ text: String) throws -> CivilDate { try #require(CivilDate(text)) }

    /// Sends the messages that such journeys would have caused; deaths are reported events.
    private func load(_ journeys: [ReferralJourney], into fixture: OutcomesFixture) async throws {
        var number: UInt32 = 0
        for journey in journeys {
            var messages = Self.messages(of: journey)
            for contact in journey.contacts {
                number += 1
                messages.append(
                    .init(
                        ContactRecorded(
                            contactID: .number(number), planID: nil, referralID: journey.referralID,
                            participantID: journey.participantID, peerID: .number(1), version: 1, mode: .phone,
                            outcome: contact.outcome, dueAt: nil, occurredAt: contact.occurred.at,
                            recordedAt: contact.occurred.at
                        )
                    )
                )
            }
            let all = messages
            try await fixture.work { work in for message in all { try await message.handle(work) } }
            if let died = journey.died {
                _ = try await fixture.observer.query(
                    Self.insertDeath, AgencyID.north, fixture.ids.uuid(), journey.participantID, died.at, died.on)
            }
        }
    }

    private static func messages(of journey: ReferralJourney) -> [Delivered] {
        let (referralID, participantID) = (journey.referralID, journey.participantID)
        let matchID = MatchID(rawValue: referralID.rawValue)
        func step(_ step: DispatchStep, _ outcome: BedsideOutcome? = nil, _ version: Int, _ at: Instant) -> Delivered {
            .init(
                DispatchProgressed(
                    matchID: matchID, referralID: referralID, participantID: participantID, peerID: .number(1),
                    version: version, step: step, outcome: outcome, at: at
                )
            )
        }
        var messages: [Delivered] = [
            .init(
                ReferralAccepted(
                    referralID: referralID, participantID: participantID, version: 1, setting: .emergencyDepartment,
                    priority: .stat, programme: journey.programme, partnerID: nil, receivedAt: journey.receivedAt,
                    acceptedAt: journey.accepted.at
                )
            )
        ]
        if let at = journey.dispatchedAt { messages.append(step(.offered, nil, 1, at)) }
        if let at = journey.acknowledgedAt { messages.append(step(.acknowledged, nil, 2, at)) }
        if let at = journey.arrivedAt { messages.append(step(.arrived, nil, 3, at)) }
        if let bedside = journey.bedside { messages.append(step(.ended, bedside.outcome, 4, bedside.at)) }
        if let cancelled = journey.cancelled {
            messages.append(
                .init(
                    ReferralCancelled(
                        referralID: referralID, participantID: participantID, version: 2, cancelledAt: cancelled.at
                    )
                )
            )
        }
        if let closing = journey.closing, let reason = closing.reason.known {
            messages.append(
                .init(
                    ReferralClosed(
                        referralID: referralID, participantID: participantID, version: 3, reason: reason,
                        closedAt: closing.at
                    )
                )
            )
        }
        return messages
    }

    private static let insertDeath = Statement(
        "test.insert_death",
        """
        insert into outcome.timeline_event (
            agency_id, event_id, participant_id, kind, occurred_at, occurred_on, precision, source_tier, detail,
            recorded_at
        )
        values ($1, $2, $3, 'died', $4, $5, 'instant', 'B', '{}', $4)
        """
    )
}
