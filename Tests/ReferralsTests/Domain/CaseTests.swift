import Models
import ReferralsDomain
import TestKit
import Testing

@Suite("Referrals that share one engagement")
struct CaseTests {
    static let office = Referral.Actor(.performer, "coordinator")
    static let sender = Referral.Actor(.requester, "client")

    /// A dispatch with two hospitals' referrals.
    static func shared() throws -> Case {
        var first = Case(new: .stored(.requested, partner: .fixed(11), id: .fixed(1)))
        try first.accept(.fixed(1), joining: [], by: office, at: .noon)
        let engagement = try #require(first.engagement)
        var second = Case(new: .stored(.requested, partner: .fixed(12), id: .fixed(2)))
        try second.accept(.fixed(2), joining: [engagement], by: office, at: .noon + .seconds(60))
        #expect(first.announcements.count == 1 && second.announcements.isEmpty)
        return Case(referrals: first.referrals + second.referrals, engagement: engagement)
    }

    @Test("the second referral of one emergency joins the dispatch, silently")
    func joins() throws {
        let both = try Self.shared()
        #expect(Set(both.referrals.map(\.engagementID)) == [.fixed(1)])
        #expect(both.referrals.allSatisfy { $0.status == .accepted })
    }

    @Test("what the work reports moves both")
    func moveTogether() throws {
        var both = try Self.shared()
        both.matched(with: .fixed(5), in: .dispatch, by: Self.office, at: .noon + .seconds(120))
        #expect(both.referrals.allSatisfy { $0.status == .inProgress })
        both.progress(to: .eventCompleted, by: Self.office, at: .noon + .seconds(900))
        #expect(both.referrals.allSatisfy { $0.businessStatus == .eventCompleted })
        try both.close(.fixed(2), .needMet, note: nil, by: Self.office, at: .noon + .seconds(3600))
        #expect(both.referrals.allSatisfy { $0.status == .completed })
        guard case .closed(let engagement, .needMet, _) = both.announcements.last else {
            Issue.record("no closing announced")
            return
        }
        #expect(engagement.engagementID == .fixed(1) && engagement.version == 2 && both.announcements.count == 1)
    }

    @Test("one sender who takes back ends nothing for the other; the last one does")
    func cancelOne() throws {
        var both = try Self.shared()
        try both.cancel(.fixed(1), because: "Sent twice", by: Self.sender, at: .noon + .seconds(120))
        #expect(both.announcements.isEmpty && both.engagement?.closedAt == nil)
        #expect(both[.fixed(2)]?.status == .accepted)
        try both.cancel(.fixed(2), because: "Left", by: Self.sender, at: .noon + .seconds(180))
        guard case .cancelled(let engagement, _) = both.announcements.last else {
            Issue.record("no cancellation announced")
            return
        }
        #expect(engagement.engagementID == .fixed(1) && engagement.closedAt != nil)
    }

    @Test("a pause and its end hold for both")
    func pause() throws {
        var both = try Self.shared()
        try both.hold(.fixed(1), because: "In surgery", by: Self.office, at: .noon + .seconds(120))
        #expect(both.referrals.allSatisfy { $0.status == .onHold })
        try both.resume(.fixed(2), by: Self.office, at: .noon + .seconds(180))
        #expect(both.referrals.allSatisfy { $0.status == .inProgress })
    }

    @Test(
        "who joins what",
        arguments: [
            // (emergency now, kind, settled, minutes since it opened, same programme, joins)
            (true, MatchKind.dispatch, false, 30, true, true),
            (true, .dispatch, true, 30, true, false),
            (true, .dispatch, false, 241, true, false),
            (true, .proposal, false, 30, true, false),
            (false, .dispatch, false, 30, false, true),
            (false, .dispatch, true, 30, true, true),
            (false, .dispatch, true, 30, false, false),
            (false, .proposal, true, 100_000, true, true),
            (false, .proposal, false, 30, false, false),
        ])
    func joining(_ emergency: Bool, _ kind: MatchKind, _ settled: Bool, _ minutes: Int64, _ same: Bool, _ joins: Bool) {
        let engagement = Engagement(
            engagementID: .fixed(1), participantID: .fixed(9), kind: kind,
            programme: same ? .overdoseFollowUp : .criticalTimeIntervention, openedAt: .noon - .seconds(minutes * 60),
            settledAt: settled ? .noon - .seconds(60) : nil
        )
        let request = ReferralRequest(
            setting: emergency ? .emergencyDepartment : .primaryCare, priority: .routine, programme: .overdoseFollowUp
        )
        #expect(engagement.takesUp(request, at: .noon) == joins)
    }

    @Test("the next overdose, hours after a dispatch whose end nobody reported, gets its own dispatch")
    func stale() throws {
        let stale = Engagement(
            engagementID: .fixed(1), participantID: .fixed(9), kind: .dispatch, programme: .overdoseFollowUp,
            openedAt: .noon - .seconds(5 * 3600)
        )
        var next = Case(new: .stored(.requested, id: .fixed(2)))
        try next.accept(.fixed(2), joining: [stale], by: Self.office, at: .noon)
        #expect(next.engagement?.engagementID == .fixed(2) && next.announcements.count == 1)
        #expect(next.staleEngagements.map(\.settledAt) == [.noon])
    }

    @Test("a referral that joins support where a peer is at work begins at once")
    func joinsMatched() throws {
        let running = Engagement(
            engagementID: .fixed(1), participantID: .fixed(9), kind: .proposal, programme: .overdoseFollowUp,
            openedAt: .noon - .seconds(86_400), settledAt: .noon - .seconds(80_000), peerID: .fixed(5),
            matchedAt: .noon - .seconds(80_000)
        )
        var next = Case(new: .stored(.requested, emergency: false, id: .fixed(2)))
        try next.accept(.fixed(2), joining: [running], by: Self.office, at: .noon)
        #expect(next[.fixed(2)]?.status == .inProgress && next.announcements.isEmpty)
        #expect(next[.fixed(2)]?.changes.map(\.to) == [.accepted, .inProgress])
    }

    @Test(
        "whatever is decided and reported in whatever order: one beginning, at most one end, no version skipped",
        arguments: 0..<200)
    func anyOrder(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var both = try Self.shared()
        for step in 1...20 {
            let at = Instant.noon + .seconds(Int64(step) * 60)
            let id: ReferralID = Bool.random(using: &random) ? .fixed(1) : .fixed(2)
            let before = both
            do {
                switch Int.random(in: 0..<10, using: &random) {
                case 0: try both.hold(id, because: "x", by: Self.office, at: at)
                case 1: try both.resume(id, by: Self.office, at: at)
                case 2: try both.cancel(id, because: "x", by: Self.sender, at: at)
                case 3: try both.withdrawAsError(id, because: nil, by: Self.sender, at: at)
                case 4: both.matched(with: .fixed(5), in: .dispatch, by: Self.office, at: at)
                case 5: try both.bedsideVisitEnded(.seenAccepted, by: Self.office, at: at)
                case 6: try both.bedsideVisitEnded(.seenDeclined, by: Self.office, at: at)
                case 7: try both.close(id, .needMet, note: nil, by: Self.office, at: at)
                case 8: both.progress(to: .scheduled, by: Self.office, at: at)
                default: both.progress(to: .eventCompleted, by: Self.office, at: at)
                }
            } catch {
                #expect(both[id]?.status == before[id]?.status, "a refusal changes nothing of the one in hand")
            }
            let isOpen = both.referrals.contains(where: \.status.isOpen)
            #expect((both.engagement?.closedAt == nil) == isOpen, "the engagement lasts as long as a referral is open")
            #expect(both.announcements.count <= 1 && both.engagement?.version == 1 + both.announcements.count)
            for referral in both.referrals {
                #expect(referral.changes.map(\.version) == Array(2...referral.version).suffix(referral.changes.count))
                #expect(!referral.status.needsReason || referral.statusReason != nil)
            }
        }
    }
}
