import FoundationEssentials
import Models
import Postgres
import SchedulingDomain
import Testing

@testable import Scheduling

@Suite("Erasing who somebody is, in scheduling") struct ErasureHandlerTests {
    private static let words = Statement(
        "test.words",
        """
        select count(*)::bigint
        from (
            select row_to_json(c)::text as content from scheduling.contact as c
            union all select row_to_json(p)::text from scheduling.plan as p
            union all select row_to_json(f)::text from scheduling.plan_phase as f
        ) as stored
        where content like '%Dulcinea%'
        """)

    @Test("the words about them go, what is counted stays, and nobody else's words are touched")
    func erased() async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            var other = MatchAccepted.fixture()
            (other.referralID, other.participantID) = (ReferralID(rawValue: UUID()), ParticipantID(rawValue: UUID()))
            let others = try await fixture.handle(other)
            for plan in [plan, others] {
                let contact = try Contact(
                    id: ContactID(rawValue: UUID()), planID: plan.id, referralID: plan.referralID,
                    participantID: plan.participantID, peerID: plan.peerID, appointmentID: nil, mode: .phone,
                    outcome: .reached, place: nil, withSupports: false, minutes: 5, supportTypes: [],
                    note: "Dulcinea has a job.", occurredAt: fixture.clock.now, recordedAt: fixture.clock.now)
                try await fixture.work { try await ContactStore.record(contact, in: $0) }
            }
            try await fixture.observer.runScript(
                """
                update scheduling.plan
                set closing = '{"note": "Dulcinea left", "supports": [{"area": "a", "support": "Dulcinea''s sister"}]}';
                update scheduling.plan_phase
                set review = '{"heldOn": "2026-02-01", "note": "Dulcinea", "connections": [{"support": "Dulcinea"}],
                    "nextFocusAreas": []}', override_by = 'supervisor', override_reason = 'Dulcinea moved';
                """)
            let phases = try await fixture.observer.query(
                Statement("test.phases", "select count(*)::bigint from scheduling.plan_phase"))[0].decode(Int.self)
            let count = { try await fixture.observer.query(Self.words)[0].decode(Int.self) }
            #expect(try await count() == 4 + phases)
            let event = ParticipantErased(participantID: plan.participantID, version: 1, erasedAt: fixture.clock.now)
            for _ in 1...2 { try await fixture.work { try await ErasureHandlers.handle(event, in: $0) } }
            #expect(try await count() == 2 + phases / 2)
            let stays = try await fixture.observer.query(
                Statement(
                    "test.stays",
                    "select count(*)::bigint from scheduling.contact where participant_id = $1 and outcome = 'reached'"),
                plan.participantID)[0].decode(Int.self)
            #expect(stays == 1)
            #expect(try await fixture.plan(plan.id).phases.allSatisfy { $0.review?.note == nil })
        }
    }
}
