import Models
import PeerMatchingDomain
import Testing

struct RankingTests {
    private func order(
        _ candidates: [Candidate], _ need: Need = .routine(), _ kind: MatchKind = .proposal
    ) throws -> [PeerID] {
        try Ranking(of: candidates, for: need, policy: .standard(), kind: kind, at: .noon).eligible.map(\.peerID)
    }

    @Test("a shared stage of life outranks a shared substance, and each says so")
    func reasons() throws {
        let need = Need.routine().with {
            $0.area = "essex"
            $0.traits.lifeStages = ["young-adult"]
            $0.traits.substances = ["opioids"]
        }
        let ranking = try Ranking(
            of: [
                .peer(1) {
                    $0.areas = ["essex"]
                    $0.disclosures = [.shared(.substance, "opioids")]
                },
                .peer(2) {
                    $0.areas = ["mercer", "essex"]
                    $0.disclosures = [.shared(.lifeStage, "young-adult")]
                },
            ], for: need, policy: .standard(), kind: .proposal, at: .noon)
        #expect(ranking.eligible.map(\.peerID) == [second, first])
        #expect(ranking.eligible.map(\.score) == [47_500, 35_000])
        #expect(
            ranking.eligible[0].reasons.map(\.text) == [
                "Has room: supports 0 of up to 20 people", "Travels to essex",
                "Shares the stage of life (young-adult)",
            ])
    }

    @Test("a participant's wish outranks every weight")
    func wishes() throws {
        let need = Need.routine().with {
            $0.traits.wishes = [.veteran]
            $0.traits.lifeStages = ["midlife"]
            $0.traits.pathways = ["mutual-aid"]
        }
        let best = Candidate.peer(1) {
            $0.disclosures = [.shared(.lifeStage, "midlife"), .shared(.pathway, "mutual-aid")]
        }
        let wished = Candidate.peer(2) {
            $0.caseload = 19
            $0.disclosures = [.shared(.veteran)]
        }
        #expect(try order([best, wished], need) == [second, first])
    }

    @Test("somebody who supports the person already comes first")
    func continuity() throws {
        #expect(try order([.peer(1), .peer(2) { $0.supportsParticipant = true }]) == [second, first])
        let onCall = [
            Candidate.peer(1) { $0.callOrder = 1 },
            Candidate.peer(2) {
                $0.callOrder = 3
                $0.supportsParticipant = true
            },
        ]
        #expect(try order(onCall, .emergency(), .dispatch) == [second, first])
    }

    @Test("a disclosure that may not be named counts, and is not named")
    func unnamed() throws {
        let need = Need.routine().with {
            $0.setting = .treatmentCourt
            $0.traits.wishes = [.lgbtq]
        }
        let peer = Candidate.peer(1) {
            $0.disclosures = [.shared(.justice, mayBeNamed: false), .shared(.lgbtq, mayBeNamed: false)]
        }
        let ranking = try Ranking(of: [peer], for: need, policy: .standard(), kind: .proposal, at: .noon)
        let ranked = try #require(ranking.eligible.first)
        #expect(ranked.wishesMet == 1)
        #expect(ranked.score == 30_000)
        let unnamed = ranked.reasons.filter { $0.code == .wish || $0.code == .justice }
        #expect(
            unnamed.map(\.text)
                == Array(repeating: "Has a similar experience, which the peer shares in person", count: 2))
    }

    @Test("ties go to the longest idle, then to the lowest weighted load, then to the older id")
    func ties() throws {
        let recent = Candidate.peer(1) { $0.lastAssignedAt = .noon + -10 }
        let never = Candidate.peer(9)
        let heavy = Candidate.peer(3) {
            $0.lastAssignedAt = .noon + -60
            $0.weightedLoad = 9
        }
        let light = Candidate.peer(8) {
            $0.lastAssignedAt = .noon + -60
            $0.weightedLoad = 4
        }
        let lightToo = Candidate.peer(7) {
            $0.lastAssignedAt = .noon + -60
            $0.weightedLoad = 4
        }
        #expect(
            try order([recent, heavy, light, never, lightToo]) == [
                .number(9), .number(7), .number(8), .number(3), .number(1),
            ])
    }

    @Test("a dispatch goes by the order on the line, whatever the score")
    func callOrder() throws {
        let peers = [
            Candidate.peer(1) {
                $0.callOrder = 2
                $0.disclosures = [.shared(.pathway, "medication")]
                $0.supportsMedication = true
            },
            Candidate.peer(2) {
                $0.callOrder = 1
                $0.caseload = 19
                $0.supportsMedication = true
            },
        ]
        #expect(try order(peers, .emergency().with { $0.takesMedication = true }, .dispatch) == [second, first])
    }
}
