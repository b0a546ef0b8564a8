import FoundationEssentials
import Models
import SchedulingDomain
import TestKit
import Testing

@testable import Scheduling

/// What matches and referrals mean where two participants are known to be one person.
@Suite struct MergedPlanTests {
    private func participant() -> ParticipantID { ParticipantID(rawValue: UUID()) }

    @Test(
        "a plan that runs under another id of the person goes on beside the new one; an earlier one of the same id ends"
    )
    func beside() async throws {
        try await SchedulingFixture.with { fixture in
            let (one, other) = (participant(), participant())
            try await fixture.service.merge(other, into: one, of: fixture.agency)
            let first = try await fixture.handle(.fixture(participantID: one))
            let beside = try await fixture.handle(
                .fixture(participantID: other, acceptedAt: fixture.clock.now + .seconds(1)))
            #expect(first.id != beside.id)
            #expect(try await fixture.plan(first.id).status == .active)
            let follows = try await fixture.handle(
                .fixture(participantID: other, acceptedAt: fixture.clock.now + .seconds(2)))
            #expect(try await fixture.plan(beside.id).closureReason == .superseded)
            #expect(try await fixture.plan(first.id).status == .active)
            #expect(follows.participantID == other)
        }
    }

    @Test("one match for referrals under both ids is one plan", arguments: [true, false])
    func sameMatch(_ isMerged: Bool) async throws {
        try await SchedulingFixture.with { fixture in
            let match = MatchAccepted.fixture(participantID: participant())
            let other = participant()
            if isMerged { try await fixture.service.merge(other, into: match.participantID, of: fixture.agency) }
            let first = try await fixture.handle(match)
            let second = try await fixture.handle(
                .fixture(participantID: other, peerID: match.peerID, matchID: match.matchID, version: 3))
            #expect((second.id == first.id) == isMerged)
        }
    }

    @Test("a person who died is sought under no id any more", arguments: [true, false])
    func died(_ isMerged: Bool) async throws {
        try await SchedulingFixture.with { fixture in
            let one = try await fixture.handle(.fixture())
            let other = try await fixture.handle(.fixture())
            if isMerged {
                try await fixture.service.merge(one.participantID, into: other.participantID, of: fixture.agency)
            }
            let closed = ReferralClosed(
                referralID: one.referralID, participantID: one.participantID, version: 4, reason: .died,
                closedAt: fixture.clock.now)
            try await fixture.work { try await ReferralHandlers.handle(closed, in: $0) }
            #expect(try await fixture.plan(one.id).closureReason == .died)
            #expect(try await fixture.plan(other.id).closureReason == (isMerged ? .died : nil))
        }
    }
}
