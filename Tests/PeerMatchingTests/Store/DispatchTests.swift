import MessageTable
import Models
import PeerMatchingDomain
import Postgres
import Testing

@testable import PeerMatching

/// The dispatch on a real database, as the service's own login, each step in the transaction that a handler has.
struct DispatchTests {
    private func deadline(
        _ match: Match, _ deadline: DispatchDeadline = .acknowledge, round: Int, at minutes: Int
    ) -> DispatchDeadlineDue {
        DispatchDeadlineDue(
            matchID: match.id, referralID: .number(700), deadline: deadline, round: round, dueAt: .noon + minutes)
    }

    @Test("an emergency is offered to the first on call, with its deadlines, in the referral's transaction")
    func offer() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2)
            try await fixture.accept(.emergency())
            let match = try await fixture.newestMatch()
            #expect(match.status == .offered)
            #expect(match.offers == [Offer(peerID: first, round: 1, offeredAt: .noon)])
            let steps = try await fixture.published(DispatchProgressed.self)
            #expect(steps.map(\.step.known) == [.offered])
            #expect(steps.map(\.peerID) == [first])
            #expect(try await fixture.scheduled().map(\.deadline) == [.acknowledge, .arrive])
            #expect(try await fixture.scheduled().map(\.dueAt) == [.noon + 5, .noon + 60])
        }
    }

    @Test("the whole way: nobody answers, the second is asked, the supervisor is called, somebody goes")
    func wholeWay() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2)
            try await fixture.accept(.emergency())
            let match = try await fixture.newestMatch()
            fixture.clock.move(toMinutesAfterNoon: 5)
            try await fixture.store { try await $0.escalate(deadline(match, round: 1, at: 5)) }
            fixture.clock.move(toMinutesAfterNoon: 10)
            try await fixture.store { try await $0.escalate(deadline(match, round: 2, at: 10)) }
            let waiting = try await fixture.newestMatch()
            #expect(waiting.round == 3)
            #expect(waiting.offers.map(\.peerID) == [first, second])

            fixture.clock.move(toMinutesAfterNoon: 12)
            try await fixture.store { store in
                try await store.updateMatch(match.id) { try $0.acknowledge(by: second, at: store.now) }
            }
            fixture.clock.move(toMinutesAfterNoon: 40)
            try await fixture.store { store in
                try await store.updateMatch(match.id) { try $0.arrive(by: second, at: store.now) }
            }
            #expect(try await !fixture.scheduled().contains { $0.deadline == .arrive })
            fixture.clock.move(toMinutesAfterNoon: 90)
            try await fixture.store { store in
                try await store.updateMatch(match.id) {
                    try $0.end(by: second, outcome: .seenAccepted, at: store.now)
                }
            }
            let steps = try await fixture.published(DispatchProgressed.self)
            #expect(steps.map(\.step.known) == [.offered, .escalated, .escalated, .acknowledged, .arrived, .ended])
            #expect(steps.map(\.peerID) == [first, second, nil, second, second, second])
            #expect(steps.last?.outcome == .seenAccepted)
            let accepted = try await fixture.published(MatchAccepted.self)
            #expect(accepted.map(\.peerID) == [second])
            #expect(accepted.map(\.kind) == [.dispatch])
            #expect(try await fixture.store { try await $0.peer(second).caseload } == 1)
            #expect(try await fixture.store { try await $0.peer(first).caseload } == 0)
        }
    }

    @Test("a deadline handled twice escalates once")
    func deadlineTwice() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2)
            try await fixture.accept(.emergency())
            let match = try await fixture.newestMatch()
            fixture.clock.move(toMinutesAfterNoon: 5)
            for _ in 0..<2 { try await fixture.store { try await $0.escalate(deadline(match, round: 1, at: 5)) } }
            #expect(try await fixture.published(DispatchProgressed.self).map(\.step.known) == [.offered, .escalated])
            #expect(try await fixture.newestMatch().round == 2)
        }
    }

    @Test("two referrals of one person at once give one dispatch, and both hear of it")
    func twoReferralsAtOnce() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 700..<UInt32(706) {
                    group.addTask { try await fixture.accept(.emergency(number, partner: number)) }
                }
                try await group.waitForAll()
            }
            let match = try await fixture.newestMatch()
            #expect(Set(match.referrals.map(\.id)) == Set((700..<UInt32(706)).map(ReferralID.number)))
            #expect(match.offers.map(\.peerID) == [first])
            let count = Statement("test.matches", "select count(*) from matching.match")
            #expect(try await fixture.number(count) == 1)
            try await fixture.store { store in
                try await store.updateMatch(match.id) { try $0.acknowledge(by: first, at: store.now) }
            }
            let accepted = try await fixture.published(MatchAccepted.self)
            #expect(Set(accepted.map(\.referralID)) == Set(match.referrals.map(\.id)))
            #expect(Set(accepted.map(\.matchID)) == [match.id])
            let peer = try await fixture.store { try await $0.peer(first) }
            #expect(peer.caseload == 1)
        }
    }

    @Test("two people at once are not offered to the same peer")
    func twoPeopleAtOnce() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2, 3)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1..<UInt32(5) {
                    group.addTask { try await fixture.accept(.emergency(700 + number, of: 900 + number)) }
                }
                try await group.waitForAll()
            }
            let steps = try await fixture.published(DispatchProgressed.self)
            #expect(Set(steps.filter { $0.step.known == .offered }.map(\.peerID)) == [first, second, third])
            // Nobody is left for the fourth: the supervisor hears of it at once.
            #expect(steps.filter { $0.step.known == .escalated }.map(\.peerID) == [nil])
        }
    }

    @Test("two acknowledgements at once: one wins, the other is told so")
    func twoAcknowledgements() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2)
            try await fixture.accept(.emergency())
            let match = try await fixture.newestMatch()
            try await fixture.store { try await $0.escalate(deadline(match, round: 1, at: 5)) }
            let outcomes = await withTaskGroup(of: Refusal?.self) { group in
                for peer in [first, second] {
                    group.addTask {
                        do {
                            try await fixture.store { store in
                                try await store.updateMatch(match.id) { try $0.acknowledge(by: peer, at: store.now) }
                            }
                            return nil
                        } catch { return error as? Refusal }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == nil } == 1)
            #expect(outcomes.compactMap { $0 } == [.takenByAnother])
            #expect(try await fixture.published(MatchAccepted.self).count == 1)
        }
    }

    @Test("a cancelled referral stops the asking; a deadline that comes after changes nothing")
    func cancelled() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1)
            try await fixture.accept(.emergency())
            let match = try await fixture.newestMatch()
            for _ in 0..<2 {
                try await fixture.store { try await $0.stop(.number(700), as: .cancelled, version: 2) }
            }
            #expect(try await fixture.newestMatch().status == .cancelled)
            #expect(try await fixture.newestMatch().offers.map(\.status) == [.withdrawn])
            #expect(try await fixture.scheduled().isEmpty)
            try await fixture.store { try await $0.escalate(deadline(match, round: 1, at: 5)) }
            #expect(try await fixture.published(DispatchProgressed.self).map(\.step.known) == [.offered])
            // The peer is free again, and so is the person.
            try await fixture.accept(.emergency(701))
            #expect(try await fixture.newestMatch().offers.map(\.peerID) == [first])
        }
    }

    @Test("a message handled again changes nothing")
    func redrive() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1)
            for _ in 0..<3 { try await fixture.accept(.emergency()) }
            #expect(try await fixture.published(DispatchProgressed.self).count == 1)
            try await fixture.store { try await $0.stop(.number(999), as: .closed, version: 2) }
            try await fixture.store { store in
                try await store.escalate(
                    DispatchDeadlineDue(
                        matchID: .number(1), referralID: .number(2), deadline: .acknowledge, round: 1, dueAt: .noon))
            }
        }
    }

    @Test("an emergency turns an open proposal of the same person into a dispatch")
    func emergencyDuringProposal() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1)
            try await fixture.accept(.routine())
            #expect(try await fixture.newestMatch().status == .proposed)
            try await fixture.accept(.emergency(701))
            let match = try await fixture.newestMatch()
            #expect(match.kind == .dispatch)
            #expect(match.referrals.count == 2)
            #expect(match.offers.map(\.peerID) == [first])
        }
    }

    @Test("a pair that is excluded while the peer is being asked: the next one is asked at once, and they cannot go")
    func excludedWhileAsked() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2)
            try await fixture.accept(.emergency())
            let match = try await fixture.newestMatch()
            for _ in 0..<2 {
                try await fixture.store { store in
                    let pair = ExcludedPair(
                        peerID: first, participantID: .number(900), reason: .noContactOrder)
                    try await store.put(pair, by: "supervisor")
                    try await store.passOver(first, for: .number(900))
                }
            }
            let now = try await fixture.newestMatch()
            #expect(now.offers.map(\.peerID) == [first, second])
            #expect(now.offers.map(\.status) == [.withdrawn, .open])
            await #expect(throws: Refusal.notOffered) {
                try await fixture.store { store in
                    try await store.updateMatch(match.id) { try $0.acknowledge(by: first, at: store.now) }
                }
            }
        }
    }

    @Test("with nobody on call, the supervisor is called and everybody is ranked for the choice")
    func nobodyOnCall() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.addPeer(1)
            try await fixture.accept(.emergency())
            let match = try await fixture.newestMatch()
            let steps = try await fixture.published(DispatchProgressed.self)
            #expect(steps.map(\.step.known) == [.escalated])
            #expect(steps.map(\.peerID) == [nil])
            let ranking = try #require(try await fixture.store { try await $0.newestRanking(of: match.id) })
            #expect(ranking.kind == .proposal)
            #expect(ranking.peers.map(\.peerID) == [first])
        }
    }
}
