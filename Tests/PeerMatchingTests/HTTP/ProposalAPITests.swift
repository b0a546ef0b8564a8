import HTTPTypes
import Models
import PeerMatchingDomain
import TestKit
import Testing

@testable import PeerMatching

struct ProposalAPITests {
    private func choose(_ api: APIClient, _ peer: UInt32, for match: String, key: String? = nil) async throws
        -> APIAnswer
    {
        try await api.send(
            .post, match + "/choose", json: #"{"peerID":"\#(PeerID.number(peer))"}"#, key: key)
    }

    @Test("a supervisor sees the excluded pair and its grounds, a coordinator sees neither, nobody can choose it")
    func excludedPair() async throws {
        try await APIClient.with { api in
            for number in 1...UInt32(2) { try await api.fixture.addPeer(number) }
            let pair = """
                {"peerID":"\(PeerID.number(1))","participantID":"\(ParticipantID.number(900))","reason":"no-contact-order"}
                """
            #expect(try await api.send(.post, "/v1/excluded-pairs", as: "coordinator", json: pair).status == 403)
            #expect(try await api.send(.post, "/v1/excluded-pairs", json: pair).status == 201)
            try await api.fixture.accept(.routine())
            let match = "/v1/matches/\(try await api.fixture.newestMatch().id)"

            let bySupervisor = try await api.send(.get, match)
            let ranking = try #require(try bySupervisor.json(MatchSeen.self).ranking)
            #expect(ranking.eligible.map(\.peerID) == [second])
            #expect(ranking.notEligible.map(\.peerID) == [first])
            #expect(bySupervisor.text.contains("excluded-pair"))
            #expect(!bySupervisor.text.contains("no-contact-order"), "the class is asked for by itself")

            let byCoordinator = try await api.send(.get, match, as: "coordinator")
            #expect(try #require(byCoordinator.json(MatchSeen.self).ranking).notEligible.isEmpty)
            #expect(!byCoordinator.text.contains("Peer 1"))

            let refused = try await choose(api, 1, for: match)
            #expect(refused.status == 409)
            #expect(refused.problem == "not-eligible")
            #expect(try await choose(api, 2, for: match).status == 200)

            let pairs = "/v1/excluded-pairs?participantID=\(ParticipantID.number(900))"
            #expect(try await api.send(.get, pairs).text.contains("no-contact-order"))
            #expect(try await api.send(.get, pairs, as: "peer-1").status == 403)
        }
    }

    @Test("a peer may keep away from somebody, for their own reason only, and nobody else")
    func peerWish() async throws {
        try await APIClient.with { api in
            for number in 1...UInt32(2) { try await api.fixture.addPeer(number) }
            func exclude(_ peer: UInt32, _ reason: String) async throws -> Int {
                try await api.send(
                    .post, "/v1/excluded-pairs", as: "peer-1",
                    json: """
                        {"peerID":"\(PeerID.number(peer))","participantID":"\(ParticipantID.number(900))","reason":"\(reason)"}
                        """
                ).status
            }
            #expect(try await exclude(1, "peer-wish") == 201)
            #expect(try await exclude(1, "complaint") == 403)
            #expect(try await exclude(2, "peer-wish") == 403)
        }
    }

    @Test("wishes of the participant rank the peers anew")
    func wishes() async throws {
        try await APIClient.with { api in
            try await api.fixture.addPeer(1)
            try await api.fixture.addPeer(2) { $0.profile.disclosures = [.shared(.veteran)] }
            try await api.fixture.accept(.routine())
            let match = "/v1/matches/\(try await api.fixture.newestMatch().id)"
            let before = try await api.send(.get, match).json(MatchSeen.self)
            #expect(before.ranking?.eligible.map(\.peerID) == [first, second])
            let after = try await api.send(.put, match + "/wishes", as: "coordinator", json: #"{"wishes":["veteran"]}"#)
            #expect(try after.json(MatchSeen.self).ranking?.eligible.map(\.peerID) == [second, first])
            #expect(after.text.contains("Shares what was asked for: service in the armed forces"))
            let text = try await api.send(.put, match + "/wishes", json: #"{"pathways":["Said in confidence"]}"#)
            #expect(text.pointers == ["/pathways/0"])
            let race = try await api.send(.put, match + "/wishes", json: #"{"wishes":["race"]}"#)
            #expect(race.status == 422)
        }
    }

    @Test("the same choice with the same key answers the same; another body with it is refused")
    func idempotency() async throws {
        try await APIClient.with { api in
            for number in 1...UInt32(2) { try await api.fixture.addPeer(number) }
            try await api.fixture.accept(.routine())
            let match = "/v1/matches/\(try await api.fixture.newestMatch().id)"
            for _ in 0..<2 {
                let answer = try await choose(api, 1, for: match, key: "choice-1")
                #expect(answer.status == 200)
                #expect(try answer.json(MatchSeen.self).peerID == first)
            }
            #expect(try await choose(api, 2, for: match, key: "choice-1").problem == "idempotency-key-reused")
            #expect(try await api.fixture.store { try await $0.peer(first).caseload } == 1)
            #expect(try await api.fixture.published(MatchAccepted.self).map(\.kind) == [.proposal])
        }
    }

    @Test("another peer can take somebody's place: the load moves, and who had it sees nothing more")
    func replaced() async throws {
        try await APIClient.with { api in
            for number in 1...UInt32(2) { try await api.fixture.addPeer(number) }
            try await api.fixture.accept(.routine())
            let match = "/v1/matches/\(try await api.fixture.newestMatch().id)"
            #expect(try await choose(api, 1, for: match).status == 200)
            #expect(try await api.send(.get, match, as: "peer-1").status == 200)
            #expect(try await choose(api, 2, for: match).status == 200)
            #expect(try await api.send(.get, match, as: "peer-1").status == 404)
            #expect(try await api.send(.get, match, as: "peer-2").status == 200)
            #expect(try await api.fixture.store { try await $0.peer(first).caseload } == 0)
            #expect(try await api.fixture.store { try await $0.peer(second).caseload } == 1)
            #expect(try await api.fixture.published(MatchAccepted.self).map(\.peerID) == [first, second])
        }
    }

    @Test("matches are listed by status, in pages, the newest first")
    func pages() async throws {
        try await APIClient.with { api in
            for number in 0..<UInt32(5) {
                api.fixture.clock.move(toMinutesAfterNoon: Int(number))
                try await api.fixture.accept(.routine(700 + number, of: 900 + number))
            }
            var seen: [ParticipantID] = []
            var next: String? = ""
            while let cursor = next {
                struct Item: Decodable { var participantID: ParticipantID }
                let query = cursor.isEmpty ? "" : "&cursor=\(cursor)"
                let page = try await api.send(.get, "/v1/matches?status=proposed&limit=2\(query)", as: "coordinator")
                    .json(ListSeen<Item>.self)
                #expect(page.items.count <= 2)
                seen += page.items.map(\.participantID)
                next = page.next
            }
            #expect(seen == (900..<UInt32(905)).reversed().map(ParticipantID.number))
            for (query, count) in [("", 1), ("&status=proposed", 1), ("&status=chosen", 0)] {
                let one = try await api.send(.get, "/v1/matches?participantID=\(ParticipantID.number(902))\(query)")
                #expect(try one.json(ListSeen<MatchSeen.Brief>.self).items.count == count)
            }
            #expect(try await api.send(.get, "/v1/matches?status=chosen").json(ListSeen<MatchSeen>.self).items.isEmpty)
            for query in ["status=lost", "limit=0", "limit=201", "cursor=%21"] {
                #expect(try await api.send(.get, "/v1/matches?\(query)").status == 422)
            }
        }
    }

    @Test("the agency's own rules apply from the next referral on, each version once")
    func policy() async throws {
        try await APIClient.with { api in
            let standard = try await api.send(.get, "/v1/policy")
            #expect(standard.status == 200)
            let changed = standard.text.replacing("\"version\":1", with: "\"version\":2")
                .replacing("\"arriveMinutes\":60", with: "\"arriveMinutes\":45")
            #expect(try await api.send(.put, "/v1/policy", json: changed).status == 428)
            #expect(try await api.send(.put, "/v1/policy", as: "coordinator", json: changed, ifMatch: 1).status == 403)
            #expect(try await api.send(.put, "/v1/policy", json: changed, ifMatch: 1).status == 200)
            #expect(try await api.send(.put, "/v1/policy", json: changed, ifMatch: 1).status == 412)
            let broken = changed.replacing("\"availability\":15", with: "\"availability\":16")
                .replacing("\"version\":2", with: "\"version\":3")
            #expect(try await api.send(.put, "/v1/policy", json: broken, ifMatch: 2).pointers == ["/weights"])
            try await api.fixture.putOnCall(1)
            try await api.fixture.accept(.emergency())
            #expect(try await api.fixture.scheduled().last?.dueAt == .noon + 45)
            #expect(try await api.send(.get, "/v1/policy", as: "supervisor@south").text.contains("\"version\":1"))
        }
    }
}
