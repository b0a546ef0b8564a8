import Models
import PeerMatchingDomain
import Testing

/// Every verb in every state: what it leads to, or why it is refused.
struct MatchTransitionTests {
    enum State: String, CaseIterable, Sendable {
        case offered, acknowledged, arrived, ended, proposed, chosen, cancelled
    }

    enum Verb: String, CaseIterable, Sendable {
        case acknowledge, acknowledgeBySecond, decline, arrive, arriveBySecond, arriveByStranger, end, leave, choose,
            cancel
    }

    /// A match in that state; `first` and `second` were offered it, `first` has it where somebody has.
    private func match(_ state: State) throws -> Match {
        let rules = try Policy.standard().dispatch
        var match = Match.opened(state == .proposed || state == .chosen ? .proposal : .dispatch)
        if match.kind == .dispatch {
            _ = match.startAsking([first, second], rules, at: .noon)
            _ = match.deadlinePassed(.acknowledge, round: 1, next: [first, second], rules, at: .noon + 5)
        }
        switch state {
        case .offered, .proposed: break
        case .acknowledged: _ = try match.acknowledge(by: first, at: .noon + 6)
        case .arrived, .ended:
            _ = try match.acknowledge(by: first, at: .noon + 6)
            _ = try match.arrive(by: first, at: .noon + 30)
            if state == .ended { _ = try match.end(by: first, outcome: .seenAccepted, at: .noon + 60) }
        case .chosen: _ = try match.choose(first, among: [first, second], at: .noon + 6)
        case .cancelled: _ = match.referralEnded(.number(700), at: .noon + 6)
        }
        #expect(match.status.rawValue == state.rawValue)
        return match
    }

    private func perform(_ verb: Verb, on match: inout Match) throws {
        let rules = try Policy.standard().dispatch
        switch verb {
        case .acknowledge: _ = try match.acknowledge(by: first, at: .noon + 70)
        case .acknowledgeBySecond: _ = try match.acknowledge(by: second, at: .noon + 70)
        case .decline: _ = try match.decline(by: second, next: [], rules, at: .noon + 70)
        case .arrive: _ = try match.arrive(by: first, at: .noon + 70)
        case .arriveBySecond: _ = try match.arrive(by: second, at: .noon + 70)
        case .arriveByStranger: _ = try match.arrive(by: third, at: .noon + 70)
        case .end: _ = try match.end(by: first, outcome: .seenDeclined, at: .noon + 70)
        case .leave: _ = try match.end(by: first, outcome: .leftBeforeArrival, at: .noon + 70)
        case .choose: _ = try match.choose(second, among: [second], at: .noon + 70)
        case .cancel: _ = match.referralEnded(.number(700), at: .noon + 70)
        }
    }

    private typealias Outcome = Result<State, Refusal>

    private static let expected: [Verb: [State: Outcome]] = [
        .acknowledge: [
            .offered: .success(.acknowledged), .acknowledged: .success(.acknowledged), .arrived: .success(.arrived),
            .ended: .failure(.over), .proposed: .failure(.notOffered), .chosen: .failure(.wrongKind),
            .cancelled: .failure(.over),
        ],
        .acknowledgeBySecond: [
            .offered: .success(.acknowledged), .acknowledged: .failure(.takenByAnother),
            .arrived: .failure(.takenByAnother), .ended: .failure(.over), .proposed: .failure(.notOffered),
            .chosen: .failure(.notOffered), .cancelled: .failure(.over),
        ],
        .decline: [
            .offered: .success(.offered), .acknowledged: .failure(.takenByAnother),
            .arrived: .failure(.takenByAnother), .ended: .failure(.over), .proposed: .failure(.notOffered),
            .chosen: .failure(.notOffered), .cancelled: .failure(.over),
        ],
        .arrive: [
            .offered: .failure(.notAcknowledged), .acknowledged: .success(.arrived), .arrived: .success(.arrived),
            .ended: .failure(.over), .proposed: .failure(.notOffered), .chosen: .failure(.wrongKind),
            .cancelled: .failure(.over),
        ],
        .arriveBySecond: [
            .offered: .failure(.notAcknowledged), .acknowledged: .failure(.takenByAnother),
            .arrived: .failure(.takenByAnother), .ended: .failure(.over), .proposed: .failure(.notOffered),
            .chosen: .failure(.notOffered), .cancelled: .failure(.over),
        ],
        .arriveByStranger: Dictionary(
            uniqueKeysWithValues: State.allCases.map { ($0, .failure(.notOffered)) }),
        .end: [
            .offered: .failure(.notAcknowledged), .acknowledged: .failure(.outcomeDoesNotFit),
            .arrived: .success(.ended), .ended: .failure(.over), .proposed: .failure(.notOffered),
            .chosen: .failure(.wrongKind), .cancelled: .failure(.over),
        ],
        .leave: [
            .offered: .failure(.notAcknowledged), .acknowledged: .success(.ended),
            .arrived: .failure(.outcomeDoesNotFit), .ended: .failure(.over), .proposed: .failure(.notOffered),
            .chosen: .failure(.wrongKind), .cancelled: .failure(.over),
        ],
        .choose: [
            .offered: .success(.acknowledged), .acknowledged: .success(.acknowledged),
            .arrived: .failure(.notWaitingForChoice), .ended: .failure(.over), .proposed: .success(.chosen),
            .chosen: .success(.chosen), .cancelled: .failure(.over),
        ],
        .cancel: [
            .offered: .success(.cancelled), .acknowledged: .success(.cancelled), .arrived: .success(.arrived),
            .ended: .success(.ended), .proposed: .success(.cancelled), .chosen: .success(.chosen),
            .cancelled: .success(.cancelled),
        ],
    ]

    @Test("all verbs in all states", arguments: Verb.allCases, State.allCases)
    func transition(_ verb: Verb, _ state: State) throws {
        var match = try match(state)
        let before = match
        switch try #require(Self.expected[verb]?[state]) {
        case .success(let next):
            try perform(verb, on: &match)
            #expect(match.status.rawValue == next.rawValue)
        case .failure(let refusal):
            #expect(throws: refusal) { try perform(verb, on: &match) }
            #expect(match == before, "a refused verb changes nothing")
        }
    }

    @Test("a peer who is not eligible cannot be chosen")
    func notEligible() throws {
        for state in [State.offered, .proposed] {
            var match = try match(state)
            #expect(throws: Refusal.notEligible) { try match.choose(third, among: [first, second], at: .noon + 9) }
        }
    }

    @Test("a supervisor puts somebody else in the place of who has it", arguments: [State.acknowledged, .chosen])
    func replaced(_ state: State) throws {
        var match = try match(state)
        let effects = try match.choose(second, among: [second], at: .noon + 9)
        #expect(match.peerID == second)
        #expect(effects.prefix(2).contains(.releaseLoad(first)))
        #expect(effects.contains(.takeLoad(second)))
        #expect(!match.isVisible(to: first))
        #expect(match.isVisible(to: second))
        #expect(try match.choose(second, among: [], at: .noon + 10).isEmpty)
    }

    @Test("each referral hears of a step under a version of its own")
    func versionsOfTwoReferrals() throws {
        var match = try match(.offered)
        _ = match.link(
            .init(id: .number(701), participantID: .number(900), setting: .inpatient, programme: .overdoseFollowUp))
        let effects = try match.acknowledge(by: first, at: .noon + 6)
        let versions = effects.compactMap { effect -> Int? in
            switch effect {
            case .announce(_, _, _, let version, _), .announceAccepted(_, let version, _): version
            default: nil
            }
        }
        #expect(versions.count == 4)
        #expect(Set(versions).count == 4)
        #expect(versions.max() == match.version)
    }

    @Test("a second referral of the same person joins, hears where it stands, and keeps the dispatch alive")
    func secondReferral() throws {
        var match = try match(.acknowledged)
        let other = Match.LinkedReferral(
            id: .number(701), participantID: .number(900), setting: .inpatient, programme: .overdoseFollowUp)
        let effects = match.link(other)
        #expect(
            effects == [
                .announceAccepted(first, version: match.version - 1, to: .number(701)),
                .announce(.acknowledged, peer: first, outcome: nil, version: match.version, to: .number(701)),
            ])
        #expect(match.link(other).isEmpty)
        #expect(match.referralEnded(.number(700), at: .noon + 20).isEmpty)
        #expect(match.status == .acknowledged)
        #expect(match.referralEnded(.number(701), at: .noon + 21).contains(.releaseLoad(first)))
        #expect(match.status == .cancelled)
    }

    @Test("somebody proposed for weeks becomes a dispatch when an emergency comes")
    func proposalBecomesDispatch() throws {
        var match = try match(.proposed)
        let effects = match.startAsking([second], try Policy.standard().dispatch, at: .noon + 30)
        #expect(match.kind == .dispatch)
        #expect(match.status == .offered)
        #expect(effects.contains(.schedule(.acknowledge, round: 1, dueAt: .noon + 35)))
    }

    @Test(
        "the load stays only with those who accepted support",
        arguments: [(BedsideOutcome.seenAccepted, false), (.seenDeclined, true), (.unable, true), (.died, true)])
    func load(_ outcome: BedsideOutcome, _ isReleased: Bool) throws {
        var match = try match(.arrived)
        #expect(try match.end(by: first, outcome: outcome, at: .noon + 60).contains(.releaseLoad(first)) == isReleased)
    }

    @Test("only who is asked, or goes, sees whom it is about")
    func visibility() throws {
        let offered = try match(.offered)
        #expect(offered.isVisible(to: first) && offered.isVisible(to: second) && !offered.isVisible(to: third))
        let taken = try match(.acknowledged)
        #expect(taken.isVisible(to: first) && !taken.isVisible(to: second))
        #expect(try !match(.cancelled).isVisible(to: first))
    }
}
