import MessageTable
import Models
import PeerMatchingDomain
import Postgres
import Testing

@testable import PeerMatching

/// Proposals, capacity and the record of each ranking, on a real database as the service's own login.
struct ProposalTests {
    @Test("a referral that can wait is answered with a ranking that can be computed again")
    func ranking() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.addPeer(1) { $0.profile.languages = ["es"] }
            try await fixture.addPeer(2) {
                $0.profile.languages = ["en", "es"]
                $0.profile.disclosures = [.shared(.justice)]
            }
            try await fixture.addPeer(3)
            try await fixture.store { store in
                try await store.put(
                    ExcludedPair(peerID: first, participantID: .number(900), reason: .family), by: "supervisor")
            }
            try await fixture.accept(
                .routine {
                    $0.setting = .treatmentCourt
                    $0.languages = ["es"]
                })
            let match = try await fixture.newestMatch()
            let stored = try #require(try await fixture.store { try await $0.newestRanking(of: match.id) })
            #expect(stored.policyVersion == 1)
            #expect(stored.peers.map(\.peerID) == [second, first, third])
            #expect(stored.peers.map(\.place) == [1, nil, nil])
            #expect(stored.peers.map(\.grounds) == [[], [.excludedPair], [.language]])
            #expect(stored.peers[0].reasons.map(\.code) == [.language, .availability, .justice])
            let again = try #require(try await fixture.store { try await $0.recomputedRanking(1, of: match.id) })
            #expect(again.eligible.map(\.score) == [stored.peers[0].score])
            #expect(again.eligible.map(\.reasons) == [stored.peers[0].reasons])
            #expect(again.refused.map(\.grounds) == [[.excludedPair], [.language]])
        }
    }

    @Test("what is learned of a wish after the referral was accepted counts in the next ranking; older news does not")
    func detailed() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.addPeer(1) { $0.profile.languages = ["en"] }
            try await fixture.addPeer(2) { $0.profile.languages = ["es"] }
            try await fixture.accept(.routine { $0.languages = ["en"] })
            let match = try await fixture.newestMatch()
            func eligible() async throws -> [PeerID] {
                try await fixture.store { store in
                    try await store.rank(match, as: .proposal, try await store.policy()).eligible.map(\.peerID)
                }
            }
            #expect(try await eligible() == [first])
            for (version, language) in [(3, "es"), (2, "en")] {
                try await fixture.store { store in
                    try await store.detail(
                        ReferralDetailed(
                            referralID: .number(700), participantID: .number(900), version: version,
                            languages: [language], peerGenderWish: nil, takesMedication: nil, detailedAt: .noon))
                }
                #expect(try await eligible() == [second])
            }
        }
    }

    private func choose(_ peer: PeerID, for match: MatchID, _ fixture: MatchingFixture) async throws {
        try await fixture.store { store in
            try await store.updateMatch(match) { match in
                let ranking = try await store.rank(match, as: .proposal, try await store.policy())
                return try match.choose(peer, among: Set(ranking.eligible.map(\.peerID)), at: store.now)
            }
        }
    }

    @Test("the last place in a caseload is given once, however many ask at once")
    func capacity() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.addPeer(1) { $0.terms.caseloadCap = 2 }
            var matches: [MatchID] = []
            for number in 0..<UInt32(6) {
                try await fixture.accept(.routine(700 + number, of: 900 + number))
                matches.append(try await fixture.newestMatch().id)
            }
            #expect(Set(matches).count == 6)
            let chosen = await withTaskGroup(of: Bool.self) { group in
                for match in matches {
                    group.addTask {
                        do {
                            try await choose(first, for: match, fixture)
                            return true
                        } catch {
                            let isFull = error as? StoreError == StoreError(.caseloadFull)
                            let isNotEligible = error as? Refusal == Refusal.notEligible
                            #expect(isFull || isNotEligible)
                            return false
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(chosen == 2)
            let peer = try await fixture.store { try await $0.peer(first) }
            #expect(peer.caseload == 2)
            #expect(peer.weightedLoad == 6)
            #expect(try await fixture.published(MatchAccepted.self).count == 2)
        }
    }

    @Test("the load follows the phases of the plan, and ends with the referral")
    func load() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.addPeer(1)
            try await fixture.accept(.routine())
            try await choose(first, for: fixture.newestMatch().id, fixture)
            func loads() async throws -> [Int] {
                let peer = try await fixture.store { try await $0.peer(first) }
                return [peer.caseload, peer.weightedLoad]
            }
            #expect(try await loads() == [1, 3])
            for _ in 0..<2 { try await fixture.store { try await $0.weigh(.number(700), as: 2) } }
            #expect(try await loads() == [1, 2])
            try await fixture.store { try await $0.stop(.number(700), as: .closed, version: 5) }
            #expect(try await loads() == [0, 0])
            try await fixture.store { try await $0.stop(.number(700), as: .closed, version: 6) }
            #expect(try await loads() == [0, 0])
        }
    }

    @Test("a second referral of somebody who is supported keeps the place when the first one closes")
    func secondReferralKeepsLoad() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.addPeer(1)
            try await fixture.addPeer(2)
            try await fixture.accept(.routine(700))
            try await choose(second, for: fixture.newestMatch().id, fixture)
            fixture.clock.move(toMinutesAfterNoon: 10)
            try await fixture.accept(.routine(701))
            let match = try await fixture.newestMatch()
            let ranking = try #require(try await fixture.store { try await $0.newestRanking(of: match.id) })
            // Who supports the person already is proposed first.
            #expect(ranking.peers.first?.peerID == second)
            try await choose(second, for: match.id, fixture)
            #expect(try await fixture.store { try await $0.peer(second).caseload } == 1)
            try await fixture.store { try await $0.stop(.number(700), as: .closed, version: 5) }
            #expect(try await fixture.store { try await $0.peer(second).caseload } == 1)
            try await fixture.store { try await $0.stop(.number(701), as: .closed, version: 5) }
            #expect(try await fixture.store { try await $0.peer(second).caseload } == 0)
        }
    }

    @Test("a site's clearances and area come with its referrals")
    func site() async throws {
        try await MatchingFixture.with { fixture in
            try await fixture.addPeer(1) { $0.profile.areas = ["essex"] }
            try await fixture.addPeer(2) {
                $0.profile.areas = ["essex"]
                $0.terms.credentials = [
                    Credential(
                        kind: "badge", issuer: "General", issuedOn: .day("2026-01-01"), verifiedBy: "supervisor")
                ]
            }
            try await fixture.store { store in
                try await store.putSite(of: .number(50), area: "essex", credentials: ["badge"])
            }
            try await fixture.accept(.routine { $0.partnerID = .number(50) })
            let match = try await fixture.newestMatch()
            let ranking = try #require(try await fixture.store { try await $0.newestRanking(of: match.id) })
            #expect(ranking.peers.map(\.grounds) == [[], [.credential]])
            #expect(ranking.peers[0].reasons.contains { $0.code == .geography })
        }
    }
}
