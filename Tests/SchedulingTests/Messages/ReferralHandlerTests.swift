import FoundationEssentials
import Models
import SchedulingDomain
import Testing

@testable import Scheduling

@Suite struct ReferralHandlerTests {
    private func cancel(_ match: MatchAccepted, _ fixture: SchedulingFixture) async throws {
        let event = ReferralCancelled(
            referralID: match.referralID, participantID: match.participantID, version: 9, cancelledAt: fixture.clock.now
        )
        try await fixture.work { try await ReferralHandlers.handle(event, in: $0) }
    }

    @Test("taking a referral back stops a plan that has not begun, with its bookings and deadline")
    func cancelled() async throws {
        try await SchedulingFixture.with { fixture in
            let match = MatchAccepted.fixture()
            let plan = try await fixture.handle(match)
            try await cancel(match, fixture)
            #expect(try await fixture.plan(plan.id).closureReason == .cancelled)
            #expect(try await fixture.published(PlanPhaseChanged.self).map(\.to) == ["closed"])
            #expect(try await fixture.published(AppointmentChanged.self).map(\.status.known) == [.booked, .cancelled])
            #expect(try await fixture.scheduled().isEmpty)
        }
    }

    @Test("a plan that has begun goes on")
    func begun() async throws {
        try await SchedulingFixture.with { fixture in
            let match = MatchAccepted.fixture()
            let plan = try await fixture.handle(match)
            let contact = try plan.contact(at: fixture.clock.now)
            try await fixture.work { try await ContactStore.record(contact, in: $0) }
            try await cancel(match, fixture)
            #expect(try await fixture.plan(plan.id).status == .active)
        }
    }

    @Test("a plan with another referral behind it goes on, until that is taken back too")
    func shared() async throws {
        try await SchedulingFixture.with { fixture in
            let first = MatchAccepted.fixture()
            var second = first
            second.referralID = ReferralID(rawValue: UUID())
            let plan = try await fixture.handle(first)
            _ = try await fixture.handle(second)
            try await cancel(first, fixture)
            #expect(try await fixture.plan(plan.id).status == .active)
            try await cancel(second, fixture)
            #expect(try await fixture.plan(plan.id).status == .closed)
        }
    }

    @Test("a match that arrives after its referral was taken back starts nothing")
    func late() async throws {
        try await SchedulingFixture.with { fixture in
            let match = MatchAccepted.fixture()
            try await cancel(match, fixture)
            try await fixture.work { try await MatchHandlers.handle(match, in: $0) }
            #expect(try await fixture.published(PlanStarted.self).isEmpty)
        }
    }

    @Test("a reason, or a step of a dispatch, that only a newer service knows changes nothing, and is no error")
    func newer() async throws {
        try await SchedulingFixture.with { fixture in
            let match = MatchAccepted.fixture()
            let plan = try await fixture.handle(match)
            var closed = ReferralClosed(
                referralID: match.referralID, participantID: match.participantID, version: 9, reason: .needMet,
                closedAt: fixture.clock.now
            )
            closed.reason = .other("a-reason-to-come")
            var progressed = DispatchProgressed(
                matchID: match.matchID, referralID: match.referralID, participantID: match.participantID,
                peerID: match.peerID, version: 9, step: .offered, at: fixture.clock.now
            )
            progressed.step = .other("a-step-to-come")
            let (reported, moved) = (closed, progressed)
            try await fixture.work { try await ReferralHandlers.handle(reported, in: $0) }
            try await fixture.work { try await MatchHandlers.handle(moved, in: $0) }
            #expect(try await fixture.plan(plan.id) == plan)
        }
    }

    @Test(
        "closing the hospital's loop leaves care running; a death ends it",
        arguments: [
            (ClosingReason.needMet, ContactPlan.Status.active), (.needPartlyMet, .active), (.notReached, .active),
            (.referredOn, .active), (.moved, .active), (.died, .closed),
        ]
    )
    func closed(_ reason: ClosingReason, _ status: ContactPlan.Status) async throws {
        try await SchedulingFixture.with { fixture in
            let match = MatchAccepted.fixture()
            let plan = try await fixture.handle(match)
            let contact = try plan.contact(at: fixture.clock.now)
            try await fixture.work { try await ContactStore.record(contact, in: $0) }
            let event = ReferralClosed(
                referralID: match.referralID, participantID: match.participantID, version: 9, reason: reason,
                closedAt: fixture.clock.now
            )
            try await fixture.work { try await ReferralHandlers.handle(event, in: $0) }
            #expect(try await fixture.plan(plan.id).status == status)
        }
    }
}
