import FoundationEssentials
import Models
import PeerMatchingDomain
import TestKit
import Testing

/// What holds for every ranking, over random needs and peers. The argument is the seed.
struct RankingPropertyTests {
    private static let languages: [LanguageTag] = ["en", "es", "pt-br", "ht"]
    private static let settings: [Setting] = [.primaryCare, .prison, .treatmentCourt, .emergencyDepartment]
    private static let areas = ["essex", "mercer", "hudson"]

    private static func need(_ random: inout SeededGenerator) -> Need {
        Need.routine().with { need in
            need.setting = settings[Int.random(in: settings.indices, using: &random)]
            need.languages = Array(languages.shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random)))
            need.area = Bool.random(using: &random) ? areas.randomElement(using: &random) : nil
            need.takesMedication = Bool.random(using: &random) ? Bool.random(using: &random) : nil
            need.traits.wishes = Bool.random(using: &random) ? [.veteran, .parent] : []
            need.traits.lifeStages = Bool.random(using: &random) ? ["midlife"] : []
        }
    }

    private static func peers(_ random: inout SeededGenerator) -> [Candidate] {
        (1...UInt32.random(in: 1...40, using: &random)).map { number in
            .peer(number) { peer in
                peer.languages = Array(languages.shuffled(using: &random).prefix(2))
                peer.areas = areas.shuffled(using: &random).dropLast()
                peer.caseloadCap = Int.random(in: 1...4, using: &random)
                peer.caseload = Int.random(in: 0...peer.caseloadCap, using: &random)
                peer.weightedLoad = peer.caseload * 2
                peer.supportsMedication = Bool.random(using: &random)
                peer.isExcluded = Int.random(in: 0..<6, using: &random) == 0
                peer.callOrder = Bool.random(using: &random) ? Int.random(in: 1...3, using: &random) : nil
                peer.credentials = Bool.random(using: &random) ? [.init(kind: "prison-entry")] : []
                peer.lastAssignedAt = Bool.random(using: &random) ? .noon + -Int.random(in: 0...3, using: &random) : nil
                for kind in Disclosure.Kind.allCases where Bool.random(using: &random) {
                    peer.disclosures.append(.shared(kind, kind == .lifeStage ? "midlife" : "yes"))
                }
            }
        }
    }

    private func rank(_ peers: [Candidate], _ need: Need, _ kind: MatchKind) throws -> Ranking {
        try Ranking(of: peers, for: need, policy: .standard(), kind: kind, at: .noon)
    }

    @Test("the order of the candidates does not matter", arguments: 0..<200 as Range<UInt64>)
    func isStable(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (need, peers) = (Self.need(&random), Self.peers(&random))
        for kind in [MatchKind.dispatch, .proposal] {
            #expect(try rank(peers, need, kind) == rank(peers.shuffled(using: &random), need, kind))
        }
    }

    @Test(
        "everybody is ranked or refused, never both; nobody full or excluded is ranked",
        arguments: 0..<200 as Range<UInt64>)
    func respectsFilters(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (need, peers) = (Self.need(&random), Self.peers(&random))
        let ranking = try rank(peers, need, .proposal)
        let ranked = Set(ranking.eligible.map(\.peerID))
        let refused = Set(ranking.refused.map(\.peerID))
        #expect(ranked.isDisjoint(with: refused))
        #expect(ranked.union(refused) == Set(peers.map(\.peerID)))
        for peer in peers where ranked.contains(peer.peerID) {
            #expect(peer.caseload < peer.caseloadCap)
            #expect(!peer.isExcluded)
        }
        #expect(ranking.eligible.allSatisfy { (0...100_000).contains($0.score) })
        #expect(ranking.eligible.allSatisfy { $0.score == $0.reasons.reduce(0) { $0 + $1.points } })
    }

    @Test("taking one peer away leaves the order of the others", arguments: 0..<100 as Range<UInt64>)
    func isIndependent(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (need, peers) = (Self.need(&random), Self.peers(&random))
        let gone = try #require(peers.randomElement(using: &random)).peerID
        let all = try rank(peers, need, .proposal).eligible.map(\.peerID)
        let fewer = try rank(peers.filter { $0.peerID != gone }, need, .proposal).eligible.map(\.peerID)
        #expect(fewer == all.filter { $0 != gone })
    }

    @Test("more shared experience never puts a peer further back", arguments: 0..<100 as Range<UInt64>)
    func isMonotonic(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let need = Self.need(&random)
        var peers = Self.peers(&random)
        let index = Int.random(in: peers.indices, using: &random)
        let before = try rank(peers, need, .proposal).eligible.firstIndex { $0.peerID == peers[index].peerID }
        for kind in Disclosure.Kind.allCases where !peers[index].disclosures.contains(where: { $0.kind == kind }) {
            peers[index].disclosures.append(.shared(kind, kind == .lifeStage ? "midlife" : "yes"))
        }
        let after = try rank(peers, need, .proposal).eligible.firstIndex { $0.peerID == peers[index].peerID }
        if let before { #expect(try #require(after) <= before) } else { #expect(after == nil) }
    }

    @Test("a stored ranking can be computed again from its stored inputs", arguments: 0..<50 as Range<UInt64>)
    func isReproducible(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (need, peers) = (Self.need(&random), Self.peers(&random))
        let stored = try JSONEncoder().encode(peers)
        let storedNeed = try JSONEncoder().encode(need)
        let again = try rank(
            JSONDecoder().decode([Candidate].self, from: stored), JSONDecoder().decode(Need.self, from: storedNeed),
            .proposal)
        #expect(try again == rank(peers, need, .proposal))
    }
}
