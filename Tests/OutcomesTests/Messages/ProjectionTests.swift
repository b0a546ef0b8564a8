import FoundationEssentials
import MessageTable
import Models
import OutcomesDomain
import Postgres
import TestKit
import Testing

@testable import Outcomes

/// What the messages of one referral leave behind, in whatever order they come.
@Suite("Messages of the other services")
struct ProjectionTests {
    private static func at(minutes: Int) -> Instant { .noon + .seconds(minutes * 60) }

    /// A whole journey: dispatch, bedside, plan, contacts, closing; with a corrected contact and a moved appointment.
    private static let journey: [Delivered] = [
        .init(ReferralAccepted.fixture()),
        .init(DispatchProgressed.fixture(.offered, version: 1, at: at(minutes: 0))),
        .init(DispatchProgressed.fixture(.escalated, version: 2, at: at(minutes: 5))),
        .init(DispatchProgressed.fixture(.offered, version: 3, at: at(minutes: 5))),
        .init(DispatchProgressed.fixture(.acknowledged, version: 4, at: at(minutes: 7))),
        .init(MatchAccepted.fixture(version: 4, at: at(minutes: 7))),
        .init(DispatchProgressed.fixture(.arrived, version: 5, at: at(minutes: 40))),
        .init(DispatchProgressed.fixture(.ended, .seenAccepted, version: 6, at: at(minutes: 90))),
        .init(PlanStarted.fixture(at: at(minutes: 91))),
        .init(PlanPhaseChanged.fixture(to: "second", from: "first", version: 5, at: at(minutes: 9_000))),
        .init(PlanPhaseChanged.fixture(to: "closed", from: "second", version: 9, at: at(minutes: 80_000))),
        .init(ContactRecorded.fixture(1, .notReached, version: 2, at: at(minutes: 2_000))),
        .init(ContactRecorded.fixture(1, .reached, version: 3, dueAt: at(minutes: 3_000), at: at(minutes: 2_100))),
        .init(ContactRecorded.fixture(2, .leftMessage, plan: nil, version: 1, at: at(minutes: 4_000))),
        .init(
            ContactOverdue(planID: .number(600), participantID: .number(900), sequence: 2, dueAt: at(minutes: 6_000))),
        .init(
            ContactOverdue(planID: .number(600), participantID: .number(900), sequence: 0, dueAt: at(minutes: 7_000))),
        .init(AppointmentChanged.fixture(.booked, version: 1, at: at(minutes: 2_000))),
        .init(AppointmentChanged.fixture(.fulfilled, version: 3, at: at(minutes: 2_100))),
        .init(
            ReferralClosed(
                referralID: .number(700), participantID: .number(900), version: 7, reason: .needMet,
                closedAt: at(minutes: 81_000)
            )
        ),
    ]

    private static func state(_ fixture: OutcomesFixture) async throws -> [String] {
        try await fixture.observer.query(everything).map { try $0.decode(String.self) }
    }

    @Test("a journey in its order leaves what it says")
    func inOrder() async throws {
        try await OutcomesFixture.with { fixture in
            try await fixture.deliver(Self.journey)
            let state = try await Self.state(fixture)
            func has(_ part: String) -> Bool { state.contains { $0.contains(part) } }
            #expect(has("(emergency-department,stat,overdose-follow-up"))
            #expect(has("need-met,7)"))
            #expect(has("seen-accepted,6)"))
            #expect(has("closed,\"2027-01-17"))
            // The corrected contact, and a window that ended; the boundary of the plan is no contact.
            #expect(state.count { $0.hasPrefix("contact ") } == 2)
            #expect(state.count { $0.hasPrefix("overdue ") } == 1)
            #expect(state.count { $0.hasPrefix("timeline ") } == 12)
            #expect(has("\"status\": \"\"fulfilled") || has("fulfilled"))
        }
    }

    @Test(
        "a stay in a residence is two lines of the timeline, whatever order its messages come in; applications are none"
    )
    func residence() async throws {
        func event(_ status: PlacementStatus, _ version: Int, _ movedIn: Instant?, _ movedOut: Instant?) -> Delivered {
            .init(
                PlacementChanged(
                    placementID: .number(500), participantID: .number(900), version: version,
                    residenceID: .number(501), residenceType: "M", status: status, movedInAt: movedIn,
                    movedOutAt: movedOut, moveOutReason: movedOut.map { _ in "planned" },
                    nextPlace: movedOut.map { _ in "own-home" }, changedAt: Self.at(minutes: version)))
        }
        let (day, end) = (Self.at(minutes: 100), Self.at(minutes: 10_000))
        let messages = [
            event(.applied, 1, nil, nil), event(.accepted, 2, nil, nil), event(.movedIn, 3, day, nil),
            event(.movedOut, 4, day, end),
        ]
        let ordered = try await Self.stateAfter(messages).filter { $0.hasPrefix("timeline ") }
        #expect(ordered.count == 2, "\(ordered)")
        #expect(ordered.contains { $0.contains("residence-entered") })
        #expect(ordered.contains { $0.contains("residence-left") && $0.contains("own-home") })
        let turned = try await Self.stateAfter(messages.reversed() + messages).filter { $0.hasPrefix("timeline ") }
        #expect(turned == ordered)
    }

    @Test("any order, and everything twice, leaves the same", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func anyOrder(_ seed: UInt64) async throws {
        let expected = try await Self.stateAfter(Self.journey)
        var random = SeededGenerator(seed: seed)
        let shuffled = (Self.journey + Self.journey).shuffled(using: &random)
        #expect(try await Self.stateAfter(shuffled) == expected)
    }

    private static func stateAfter(_ messages: [Delivered]) async throws -> [String] {
        let box = StateBox()
        try await OutcomesFixture.with { fixture in
            try await fixture.deliver(messages)
            await box.set(try await state(fixture))
        }
        return await box.state
    }

    private actor StateBox {
        private(set) var state: [String] = []
        func set(_ state: [String]) { self.state = state }
    }

    @Test("a message for one agency leaves nothing that another agency sees")
    func agencies() async throws {
        try await OutcomesFixture.with { fixture in
            try await fixture.deliver(Self.journey, to: .south)
            for table in Self.visible {
                let others = try await fixture.work(.north) { try await Self.count($0.transaction.query(table)) }
                #expect(others == 0, "\(table.name)")
                let own = try await fixture.work(.south) { try await Self.count($0.transaction.query(table)) }
                #expect(own > 0, "\(table.name)")
                // Without an agency there are no rows at all.
                let without = try Self.count(try await fixture.service.query(table))
                #expect(without == 0, "\(table.name)")
            }
        }
    }

    @Test("codes that only a newer service knows are kept as they came, and measures still run")
    func newer() async throws {
        try await OutcomesFixture.with { fixture in
            try await fixture.addParticipant()
            var progressed = DispatchProgressed.fixture(.offered, version: 9, at: .noon)
            progressed.step = .other("a-step-to-come")
            var contact = ContactRecorded.fixture(1, .reached, version: 1, at: .noon)
            contact.mode = .other("a-mode-to-come")
            var appointment = AppointmentChanged.fixture(.booked, version: 9, at: .noon)
            appointment.status = .other("a-status-to-come")
            var closed = ReferralClosed(
                referralID: .number(900), participantID: .number(900), version: 9, reason: .died, closedAt: .noon
            )
            closed.reason = .other("a-reason-to-come")
            try await fixture.deliver([.init(progressed), .init(contact), .init(appointment), .init(closed)])
            let kept = try await fixture.observer.query(
                Statement(
                    "test.carried",
                    """
                    select string_agg(code, ' ' order by code)
                    from (
                        select mode from outcome.contact
                        union all select closing_reason from outcome.referral
                        union all select closing_reason from outcome.referral_journey
                        union all select detail ->> 'status' from outcome.timeline_event where kind = 'appointment'
                    ) as carried (code)
                    """
                ))
            #expect(
                try #require(kept.first).decode(String.self)
                    == "a-mode-to-come a-reason-to-come a-reason-to-come a-status-to-come")
            try await fixture.work { work in
                for index in [MeasureDefinition.Index.received, .accepted] {
                    let journeys = try await MeasureStore.journeys(
                        index, from: .noon + .seconds(-86_400), to: .noon + .seconds(86_400), in: work)
                    #expect(journeys.map(\.closing?.reason) == [.other("a-reason-to-come")])
                }
            }
        }
    }

    private static func count(_ rows: Rows) throws -> Int {
        try #require(rows.first).decode(Int.self)
    }

    private static let visible = [
        Statement("test.visible_referral", "select count(*) from outcome.referral"),
        Statement("test.visible_contact", "select count(*) from outcome.contact"),
        Statement("test.visible_timeline", "select count(*) from outcome.timeline_event"),
        Statement("test.visible_journey", "select count(*) from outcome.referral_journey"),
    ]

    /// Every row as text, without what differs from one run to another.
    private static let everything = Statement(
        "test.everything",
        """
        select line
        from (
            select 'referral ' || (setting, priority, programme, partner_id, received_at, accepted_at, accepted_version,
                cancelled_at, cancelled_version, closed_at, closing_reason, closed_version)::text
            from outcome.referral
            union all
            select 'match ' || (match_id, referral_id, peer_id, kind, accepted_at, version)::text
            from outcome.match
            union all
            select 'dispatch ' || (match_id, offered_at, acknowledged_at, escalated_at, arrived_at, ended_at, outcome,
                ended_version)::text
            from outcome.dispatch
            union all
            select 'plan ' || (peer_id, programme, programme_version, started_on, started_version, phase,
                phase_changed_at, phase_version)::text
            from outcome.plan
            union all
            select 'contact ' || (contact_id, plan_id, mode, outcome, due_at, occurred_at, version)::text
            from outcome.contact
            union all
            select 'overdue ' || (plan_id, sequence, due_at)::text
            from outcome.overdue_contact
            union all
            select 'timeline ' || (participant_id, kind, occurred_at, occurred_on, referral_id, detail, source_key,
                source_version)::text
            from outcome.timeline_event
        ) as everything (line)
        order by line
        """
    )
}
