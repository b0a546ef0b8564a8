import MessageTable
import Models
import PeerMatchingDomain
import Postgres
import TestKit
import Testing

@testable import PeerMatching

/// Participants 900 and 901 turn out to be one person, and two again: what was known of either holds for both in between,
/// whichever of them remains.
struct MergeTests {
    private static let one = ParticipantID.number(900)
    private static let other = ParticipantID.number(901)

    private func merge(_ fixture: MatchingFixture, _ gone: ParticipantID = other) async throws {
        try await fixture.service.merge(gone, into: gone == Self.one ? Self.other : Self.one, of: .north)
    }

    private func unmerge(_ fixture: MatchingFixture, _ gone: ParticipantID = other) async throws {
        try await fixture.service.unmerge(gone, from: gone == Self.one ? Self.other : Self.one, of: .north)
    }

    private func choose(_ peer: PeerID, for match: MatchID, _ fixture: MatchingFixture) async throws {
        try await fixture.store { store in
            try await store.updateMatch(match) { match in
                let ranking = try await store.rank(match, as: .proposal, try await store.policy())
                return try match.choose(peer, among: Set(ranking.eligible.map(\.peerID)), at: store.now)
            }
        }
    }

    /// How many people, and how much work, the peer is said to have.
    private func load(_ peer: PeerID, _ fixture: MatchingFixture) async throws -> [Int] {
        let peer = try await fixture.store { try await $0.peer(peer) }
        return [peer.caseload, peer.weightedLoad]
    }

    @Test("a peer who is kept from one id is never asked for the other while the two are one", arguments: [one, other])
    func excludedPair(_ gone: ParticipantID) async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2)
            try await fixture.store { store in
                try await store.put(
                    ExcludedPair(peerID: first, participantID: Self.one, reason: .noContactOrder), by: "supervisor")
            }
            /// Who is asked for each of the two, one after the other.
            func asked(_ referral: UInt32) async throws -> [[PeerID]] {
                var asked: [[PeerID]] = []
                for (index, participant) in [UInt32(900), 901].enumerated() {
                    let id = referral + UInt32(index)
                    fixture.clock.move(toMinutesAfterNoon: Int(id) - 700)
                    try await fixture.accept(.emergency(id, of: participant))
                    asked.append(try await fixture.newestMatch().offers.map(\.peerID))
                    try await fixture.store { try await $0.stop(.number(id), as: .cancelled, version: 2) }
                }
                return asked
            }
            func pairs(_ participant: ParticipantID) async throws -> [PeerID] {
                try await fixture.store { try await $0.excludedPairs(of: participant).map(\.peerID) }
            }
            #expect(try await asked(700) == [[second], [first]])
            #expect(try await pairs(Self.other) == [])
            try await merge(fixture, gone)
            #expect(try await asked(710) == [[second], [second]])
            #expect(try await pairs(Self.other) == [first])
            #expect(try await pairs(Self.one) == [first])
            try await unmerge(fixture, gone)
            #expect(try await asked(720) == [[second], [first]])
            #expect(try await pairs(Self.other) == [])
        }
    }

    @Test("who is asked already is passed over when the person turns out to be one they are kept from")
    func passedOver() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2, 3)
            try await fixture.store { store in
                for (peer, expiry) in [(first, nil), (third, Instant.noon + -1)] {
                    let pair = ExcludedPair(
                        peerID: peer, participantID: Self.one, reason: .complaint, expiresAt: expiry)
                    try await store.put(pair, by: "supervisor")
                }
            }
            try await fixture.accept(.emergency(700, of: 901))
            #expect(try await fixture.newestMatch().offers.map(\.peerID) == [first])
            try await merge(fixture)
            for _ in 0..<2 { try await fixture.store { try await $0.keepApart(Self.other) } }
            let match = try await fixture.newestMatch()
            #expect(match.offers.map(\.peerID) == [first, second])
            #expect(match.offers.map(\.status) == [.withdrawn, .open])
        }
    }

    @Test("referrals under both ids at once give one dispatch, and each is told of under its own id")
    func oneDispatch() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.putOnCall(1, 2)
            try await merge(fixture)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<UInt32(6) {
                    group.addTask { try await fixture.accept(.emergency(700 + number, of: 900 + number % 2)) }
                }
                try await group.waitForAll()
            }
            let count = Statement("test.matches", "select count(*) from matching.match")
            #expect(try await fixture.number(count) == 1)
            let match = try await fixture.newestMatch()
            #expect(match.offers.map(\.peerID) == [first])
            try await fixture.store { store in
                try await store.updateMatch(match.id) { try $0.acknowledge(by: first, at: store.now) }
            }
            try await fixture.accept(.emergency(706, of: 900))
            try await fixture.accept(.emergency(707, of: 901))
            let accepted = try await fixture.published(MatchAccepted.self)
            #expect(Set(accepted.map(\.referralID)) == Set((700..<UInt32(708)).map(ReferralID.number)))
            for event in accepted {
                let isOther = event.referralID.description.last.map { "13579bdf".contains($0) } ?? false
                #expect(event.participantID == (isOther ? Self.other : Self.one), "\(event.referralID)")
            }
            #expect(try await load(first, fixture) == [1, 3])
            try await unmerge(fixture)
            #expect(try await load(first, fixture) == [2, 6], "each of the two has the peer")
            for number in 0..<UInt32(8) {
                try await fixture.store { try await $0.stop(.number(700 + number), as: .closed, version: 5) }
            }
            #expect(try await load(first, fixture) == [0, 0])
        }
    }

    @Test("who has a match of their own keeps it: two that were open before stay two, and a referral joins its own")
    func twoStayTwo() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.addPeer(1)
            for number in [UInt32(900), 901] { try await fixture.accept(.routine(number - 200, of: number)) }
            try await merge(fixture)
            for number in [UInt32(900), 901] { try await fixture.accept(.routine(number - 100, of: number)) }
            let matches = try await fixture.store { store in
                var matches: [Match] = []
                for summary in try await store.matches(after: .newest, limit: 9) {
                    matches.append(try await store.match(summary.id))
                }
                return matches
            }
            #expect(matches.count == 2)
            #expect(
                matches.allSatisfy { match in
                    match.referrals.map(\.participantID) == [match.participantID, match.participantID]
                })
        }
    }

    @Test("a peer with both ids supports one person, has room for another, and has two again when it was wrong")
    func capacity() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.addPeer(1) { $0.terms.caseloadCap = 2 }
            func take(_ referral: UInt32, of participant: UInt32) async throws {
                fixture.clock.move(toMinutesAfterNoon: Int(referral) - 700)
                try await fixture.accept(.routine(referral, of: participant))
                try await choose(first, for: fixture.newestMatch().id, fixture)
            }
            try await take(700, of: 900)
            try await take(701, of: 901)
            #expect(try await load(first, fixture) == [2, 6])
            await #expect(throws: Refusal.notEligible) { try await take(702, of: 902) }

            try await merge(fixture)
            try await fixture.store { try await $0.weigh(.number(700), as: 1) }
            #expect(try await load(first, fixture) == [1, 3], "the heavier of the two counts")
            try await choose(first, for: fixture.newestMatch().id, fixture)
            #expect(try await load(first, fixture) == [2, 6])
            await #expect(throws: Refusal.notEligible) { try await take(703, of: 903) }

            try await unmerge(fixture)
            #expect(try await load(first, fixture) == [3, 7], "nobody is sent away")
            await #expect(throws: Refusal.notEligible) { try await take(704, of: 904) }
            for referral in [UInt32(700), 701, 702] {
                try await fixture.store { try await $0.stop(.number(referral), as: .closed, version: 5) }
            }
            #expect(try await load(first, fixture) == [0, 0])
        }
    }

    @Test("the peer whom a person has under one id is proposed first under the other", arguments: [one, other])
    func continuity(_ gone: ParticipantID) async throws {
        try await MatchingFixture.with { fixture in
            for number in 1...UInt32(2) { try await fixture.addPeer(number) }
            try await fixture.accept(.routine(700, of: 900))
            try await choose(second, for: fixture.newestMatch().id, fixture)
            func proposed(_ referral: UInt32) async throws -> PeerID? {
                fixture.clock.move(toMinutesAfterNoon: Int(referral) - 700)
                try await fixture.accept(.routine(referral, of: 901))
                let match = try await fixture.newestMatch().id
                let ranking = try await fixture.store { try await $0.newestRanking(of: match) }
                try await fixture.store { try await $0.stop(.number(referral), as: .cancelled, version: 2) }
                return ranking?.peers.first?.peerID
            }
            #expect(try await proposed(701) == first)
            try await merge(fixture, gone)
            #expect(try await proposed(702) == second)
            try await unmerge(fixture, gone)
            #expect(try await proposed(703) == first)
        }
    }
}
