import Models
import PeerMatchingDomain
import Testing

struct DispatchRoundsTests {
    private let referral = ReferralID.number(700)
    private let rules: DispatchRules

    init() throws { rules = try Policy.standard().dispatch }

    private func asking(_ peers: [PeerID]) -> (Match, [Effect]) {
        var match = Match.opened(.dispatch)
        let effects = match.startAsking(peers, rules, at: .noon)
        return (match, effects)
    }

    @Test("the first on call is asked at once, and has five minutes; the bedside is reached within the hour")
    func firstRound() {
        let (match, effects) = asking([first, second])
        #expect(match.status == .offered)
        #expect(match.round == 1)
        #expect(
            effects == [
                .schedule(.arrive, round: 1, dueAt: .noon + 60),
                .announce(.offered, peer: first, outcome: nil, version: 2, to: referral),
                .schedule(.acknowledge, round: 1, dueAt: .noon + 5),
            ])
    }

    @Test("the second on call is asked at five minutes, a supervisor at ten; both peers may still take it")
    func escalation() throws {
        var (match, _) = asking([first, second, third])
        let atFive = match.deadlinePassed(.acknowledge, round: 1, next: [first, second, third], rules, at: .noon + 5)
        #expect(
            atFive == [
                .announce(.escalated, peer: second, outcome: nil, version: 3, to: referral),
                .schedule(.acknowledge, round: 2, dueAt: .noon + 10),
            ])
        let atTen = match.deadlinePassed(.acknowledge, round: 2, next: [first, second, third], rules, at: .noon + 10)
        #expect(atTen == [.announce(.escalated, peer: nil, outcome: nil, version: 4, to: referral)])
        #expect(match.offers.map(\.status) == [.open, .open])
        let taken = try match.acknowledge(by: first, at: .noon + 11)
        #expect(
            taken == [
                .takeLoad(first), .unschedule(.acknowledge, round: 3),
                .announceAccepted(first, version: 5, to: referral),
                .announce(.acknowledged, peer: first, outcome: nil, version: 6, to: referral),
            ])
        #expect(match.offers.map(\.status) == [.accepted, .withdrawn])
    }

    @Test("a deadline that comes twice, late, or for an earlier round changes nothing")
    func repeatedDeadline() throws {
        var (match, _) = asking([first, second])
        _ = match.deadlinePassed(.acknowledge, round: 1, next: [first, second], rules, at: .noon + 5)
        let afterFirst = match
        #expect(match.deadlinePassed(.acknowledge, round: 1, next: [first, second], rules, at: .noon + 6).isEmpty)
        #expect(match == afterFirst)
        _ = try match.acknowledge(by: second, at: .noon + 6)
        let taken = match
        #expect(match.deadlinePassed(.acknowledge, round: 2, next: [], rules, at: .noon + 10).isEmpty)
        #expect(match == taken)
    }

    @Test("with nobody on call the supervisor hears of it at once")
    func nobody() {
        let (match, effects) = asking([])
        #expect(match.round == 3)
        #expect(match.offers.isEmpty)
        #expect(effects.last == .announce(.escalated, peer: nil, outcome: nil, version: 2, to: referral))
    }

    @Test("a decline asks the next one at once")
    func decline() throws {
        var (match, _) = asking([first, second])
        let effects = try match.decline(by: first, next: [first, second], rules, at: .noon + 2)
        #expect(
            effects == [
                .unschedule(.acknowledge, round: 1),
                .announce(.escalated, peer: second, outcome: nil, version: 4, to: referral),
                .schedule(.acknowledge, round: 2, dueAt: .noon + 7),
            ])
        #expect(throws: Refusal.alreadyDeclined) { try match.acknowledge(by: first, at: .noon + 3) }
        #expect(try match.decline(by: first, next: [], rules, at: .noon + 3).isEmpty)
    }

    @Test("nobody is asked twice for the same dispatch")
    func neverTwice() throws {
        var (match, _) = asking([first])
        _ = try match.decline(by: first, next: [first], rules, at: .noon + 1)
        #expect(match.offers.map(\.peerID) == [first])
        #expect(match.round == 3)
    }

    @Test("after an hour without arrival the dispatch is overdue, once, and may end by telephone")
    func overdue() throws {
        var (match, _) = asking([first])
        _ = try match.acknowledge(by: first, at: .noon + 3)
        #expect(throws: Refusal.outcomeDoesNotFit) { try match.end(by: first, outcome: .seenAccepted, at: .noon + 50) }
        let effects = match.deadlinePassed(.arrive, round: 1, next: [], rules, at: .noon + 60)
        #expect(effects == [.announce(.escalated, peer: first, outcome: nil, version: 5, to: referral)])
        #expect(match.deadlinePassed(.arrive, round: 1, next: [], rules, at: .noon + 61).isEmpty)
        #expect(match.times.overdueAt == .noon + 60)
        _ = try match.end(by: first, outcome: .seenAccepted, at: .noon + 70)
        #expect(match.status == .ended)
    }

    @Test("who arrived in time is not overdue")
    func inTime() throws {
        var (match, _) = asking([first])
        _ = try match.acknowledge(by: first, at: .noon + 3)
        _ = try match.arrive(by: first, at: .noon + 40)
        #expect(match.deadlinePassed(.arrive, round: 1, next: [], rules, at: .noon + 60).isEmpty)
        #expect(match.times.overdueAt == nil)
    }

    @Test("every announcement of a match has a version of its own")
    func versions() throws {
        var (match, effects) = asking([first, second])
        effects += match.deadlinePassed(.acknowledge, round: 1, next: [first, second], rules, at: .noon + 5)
        effects += try match.acknowledge(by: second, at: .noon + 6)
        effects += try match.arrive(by: second, at: .noon + 30)
        effects += try match.end(by: second, outcome: .seenAccepted, at: .noon + 90)
        let versions = effects.compactMap { effect -> Int? in
            switch effect {
            case .announce(_, _, _, let version, _), .announceAccepted(_, let version, _): version
            default: nil
            }
        }
        #expect(versions == versions.sorted())
        #expect(Set(versions).count == versions.count)
        #expect(versions.last == match.version)
    }

    @Test("the rules are data: three on call, two minutes each")
    func otherRules() throws {
        var rules = rules
        rules.rounds = [
            .init(offerTo: .onCall, waitMinutes: 2), .init(offerTo: .onCall, waitMinutes: 2),
            .init(offerTo: .onCall, waitMinutes: 2), .init(offerTo: .supervisor),
        ]
        var match = Match.opened(.dispatch)
        _ = match.startAsking([first, second, third], rules, at: .noon)
        _ = match.deadlinePassed(.acknowledge, round: 1, next: [first, second, third], rules, at: .noon + 2)
        _ = match.deadlinePassed(.acknowledge, round: 2, next: [first, second, third], rules, at: .noon + 4)
        #expect(match.offers.map(\.peerID) == [first, second, third])
    }
}
