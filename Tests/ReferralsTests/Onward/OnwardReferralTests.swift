import FoundationEssentials
import Models
import Testing

@testable import ReferralsDomain

/// What a referral that is sent on goes through.
@Suite struct OnwardReferralTests {
    private static let start = Instant(microseconds: 1_800_000_000_000_000)

    private static func queued() -> OnwardReferral {
        OnwardReferral(
            onwardID: .fixed(1), referralID: .fixed(2), participantID: .fixed(3), to: .fixed(4), service: nil,
            priority: .urgent, by: "coordinator", at: start)
    }

    private static func sent() -> OnwardReferral {
        var onward = queued()
        _ = onward.tell(at: start)
        onward.went(asTask: "t-1", at: start)
        return onward
    }

    /// One in each status that the other side can report, and in those that are only ours.
    private static func one(_ status: OnwardReferral.Status) throws -> OnwardReferral {
        var onward = sent()
        switch status {
        case .queued: return queued()
        case .sent: return onward
        case .withheld:
            onward = queued()
            onward.withhold(at: start)
        case .undelivered:
            onward = queued()
            onward.giveUp(because: "status 422", at: start)
        default: onward.reported(status, business: nil, at: start)
        }
        try #require(onward.status == status)
        return onward
    }

    @Test(
        "what the other side says counts until it ends there, and never after",
        arguments: OnwardReferral.Status.allCases)
    func reports(_ status: OnwardReferral.Status) throws {
        for word in [OnwardReferral.Status.accepted, .inProgress, .onHold, .rejected, .completed, .failed, .cancelled] {
            var onward = try Self.one(status)
            let before = onward
            let isNew = onward.reported(word, business: "3.0", at: Self.start)
            #expect(onward.status == (status.isOpen ? word : status))
            #expect(isNew == status.isOpen)
            #expect(onward.looks == before.looks + 1, "it was asked in any case")
            let again = onward
            let isNewAgain = onward.reported(word, business: "3.0", at: Self.start)
            #expect(!isNewAgain && onward.version == again.version, "said twice, it says nothing new")
        }
    }

    @Test("one that has not gone out ends where it is taken back; of one that went the other side has to be told")
    func takenBack() throws {
        for status in OnwardReferral.Status.allCases {
            var onward = try Self.one(status)
            guard status.isOpen else {
                #expect(throws: OnwardReferral.Refusal.notOpen(status)) { _ = try onward.takeBack(at: Self.start) }
                continue
            }
            let mustBeTold = try onward.takeBack(at: Self.start)
            #expect(mustBeTold == (status != .queued))
            #expect(onward.status == (status == .queued ? .cancelled : status))
            #expect(onward.takenBackAt == Self.start)
        }
        // Whether an attempt without an answer arrived nobody can say: it goes out again, to be taken back there.
        var tried = Self.queued()
        let (isFirst, isSecond) = (tried.tell(at: Self.start), tried.tell(at: Self.start))
        #expect(isFirst && !isSecond)
        let mustBeTold = try tried.takeBack(at: Self.start)
        #expect(!mustBeTold && tried.status == .queued)
    }

    @Test("the other side is asked soon at first, then less often, never after it has ended, and not for ever")
    func looks() throws {
        let onward = Self.sent()
        func pause(after age: Duration) -> Duration? {
            onward.nextLook(after: Self.start + age).map { $0 - (Self.start + age) }
        }
        #expect(pause(after: .zero) == .seconds(600))
        #expect(pause(after: .seconds(3599)) == .seconds(600))
        #expect(pause(after: .seconds(3600)) == .seconds(3600))
        #expect(pause(after: .seconds(86_400)) == .seconds(43_200))
        #expect(pause(after: .seconds(180 * 86_400)) == nil)
        for status in OnwardReferral.Status.allCases {
            let next = try Self.one(status).nextLook(after: Self.start)
            #expect((next != nil) == (status.isOpen && status != .queued), "\(status)")
        }
    }

    @Test("what its sender took back or is still writing is not sent on; what the agency rejected may be")
    func mayBeSentOn() {
        for status in ReferralStatus.allCases {
            var stored = Referral.Stored.fixture
            stored.status = status
            let isKept: Bool = [.draft, .cancelled, .enteredInError].contains(status)
            #expect(Referral(stored: stored).mayBeSentOn == !isKept, "\(status)")
        }
    }
}

extension Referral.Stored {
    fileprivate static var fixture: Referral.Stored {
        .init(
            referralID: .fixed(1), participantID: .fixed(2), partnerID: nil,
            request: ReferralRequest(setting: .inpatient, priority: .routine),
            receivedAt: Instant(microseconds: 0), version: 1, status: .requested, businessStatus: .created,
            statusReason: nil, wasCancelledBySender: false, closingReason: nil, engagementID: nil, acceptedAt: nil,
            closedAt: nil, changedAt: Instant(microseconds: 0), businessChangedAt: Instant(microseconds: 0))
    }
}
