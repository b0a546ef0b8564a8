import HTTPTypes
import Models
import PeerMatchingDomain
import Postgres
import TestKit
import Testing

@testable import PeerMatching

struct DispatchAPITests {
    private func offered(_ api: APIClient, _ peers: UInt32...) async throws -> String {
        for (index, number) in peers.enumerated() {
            try await api.fixture.addPeer(number)
            let id = PeerID.number(number)
            let answer = try await api.send(
                .post, "/v1/shifts", as: "coordinator",
                json: """
                    {"peerID":"\(id)","line":"emergency","callOrder":\(index + 1),"startsAt":"\(Instant.noon + -60)",
                     "endsAt":"\(Instant.noon + 420)"}
                    """)
            #expect(answer.status == 201)
        }
        try await api.fixture.accept(.emergency())
        let match = try await api.fixture.newestMatch()
        return "/v1/matches/\(match.id)"
    }

    @Test("a peer sees the offer, takes it, arrives and ends it; repeating a step changes nothing")
    func journey() async throws {
        try await APIClient.with { api in
            let match = try await offered(api, 1)
            let list = try await api.send(.get, "/v1/matches", as: "peer-1")
            struct Item: Decodable { var participantID: ParticipantID }
            #expect(try list.json(ListSeen<Item>.self).items.map(\.participantID) == [.number(900)])
            for _ in 0..<2 {
                let answer = try await api.send(.post, match + "/acknowledge", as: "peer-1")
                #expect(answer.status == 200)
                #expect(try answer.json(MatchSeen.self).status == "acknowledged")
                #expect(try answer.json(MatchSeen.self).ranking == nil)
            }
            #expect(try await api.send(.post, match + "/arrive", as: "peer-1").status == 200)
            let wrong = try await api.send(
                .post, match + "/end", as: "peer-1", json: #"{"outcome":"left-before-arrival"}"#)
            #expect(wrong.status == 422)
            #expect(wrong.pointers == ["/outcome"])
            let ended = try await api.send(
                .post, match + "/end", as: "peer-1", json: #"{"outcome":"seen-accepted"}"#)
            #expect(try ended.json(MatchSeen.self).status == "ended")
            let again = try await api.send(.post, match + "/acknowledge", as: "peer-1")
            #expect(again.status == 409)
            #expect(again.problem == "match-over")
        }
    }

    @Test("two acknowledgements at once: one wins, the other gets a clear 409")
    func twoAtOnce() async throws {
        try await APIClient.with { api in
            let match = try await offered(api, 1, 2)
            api.fixture.clock.move(toMinutesAfterNoon: 5)
            let id = try await api.fixture.newestMatch().id
            try await api.fixture.store { store in
                try await store.escalate(
                    DispatchDeadlineDue(
                        matchID: id, referralID: .number(700), deadline: .acknowledge, round: 1, dueAt: store.now))
            }
            let answers = try await withThrowingTaskGroup(of: APIAnswer.self) { group in
                for number in 1...2 {
                    group.addTask { try await api.send(.post, match + "/acknowledge", as: "peer-\(number)") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map(\.status).sorted() == [200, 409])
            let lost = try #require(answers.first { $0.status == 409 })
            #expect(lost.problem == "taken-by-another")
            #expect(lost.text.contains("Another peer acknowledged this dispatch first"))
            #expect(!lost.text.contains("0000"), "the answer names nobody")
        }
    }

    @Test("who lost no longer learns whom it was about")
    func withdrawn() async throws {
        try await APIClient.with { api in
            let match = try await offered(api, 1, 2)
            let declined = try await api.send(.post, match + "/decline", as: "peer-1", json: #"{"reason":"not-well"}"#)
            #expect(declined.status == 200)
            #expect(try declined.json(MatchSeen.self).participantID == nil)
            let taken = try await api.send(.post, match + "/acknowledge", as: "peer-2")
            #expect(try taken.json(MatchSeen.self).participantID == .number(900))
            let seen = try await api.send(.get, match, as: "peer-1").json(MatchSeen.self)
            #expect(seen.participantID == nil)
            #expect(seen.peerID == nil)
            #expect(seen.offers.map(\.status) == ["declined"])
            let list = try await api.send(.get, "/v1/matches", as: "peer-1")
            #expect(try list.json(ListSeen<MatchSeen>.self).items.isEmpty)
        }
    }

    @Test(
        "a match is nothing to a peer who was not asked, and to another agency: 404",
        arguments: ["peer-2", "supervisor@south", "coordinator@south", "peer-1@south"])
    func strangers(_ token: String) async throws {
        try await APIClient.with { api in
            let match = try await offered(api, 1)
            let read = try await api.send(.get, match, as: token)
            #expect(read.status == 404)
            #expect(!read.text.contains(ParticipantID.number(900).description))
            if token.hasPrefix("peer") {
                for verb in ["acknowledge", "decline", "arrive"] {
                    #expect(try await api.send(.post, match + "/" + verb, as: token).status == 404)
                }
            }
            let match2 = try await api.fixture.newestMatch()
            #expect(match2.status == .offered)
        }
    }

    @Test("each refusal is recorded in the audit trail, and each reading")
    func audit() async throws {
        try await APIClient.with { api in
            let match = try await offered(api, 1)
            _ = try await api.send(.get, match, as: "coordinator")
            _ = try await api.send(.get, match, as: "peer-2")
            _ = try await api.send(.get, match, as: "partner")
            let rows = try await api.fixture.observer.query(
                Statement(
                    "test.audit",
                    """
                    select role, decision, reason, cardinality(participant_ids)::integer
                    from matching.audit_event
                    where operation_id = 'readMatch'
                    order by at
                    """))
            let seen = try rows.map { row in
                let columns = try row.decode((String, String, String?, Int32).self)
                return "\(columns.0) \(columns.1) \(columns.2 ?? "-") \(columns.3)"
            }
            #expect(seen == ["coordinator allow - 1", "peer deny relationship 0", "partner deny role 0"])
        }
    }

    @Test("a supervisor sends somebody by hand when nobody answered, and arrives or ends for them")
    func byHand() async throws {
        try await APIClient.with { api in
            let match = try await offered(api, 1)
            try await api.fixture.addPeer(3)
            #expect(
                try await api.send(.post, match + "/end", json: #"{"outcome":"unable"}"#).problem == "not-acknowledged")
            let body = #"{"peerID":"\#(PeerID.number(3))"}"#
            #expect(try await api.send(.post, match + "/choose", as: "coordinator", json: body).status == 403)
            let chosen = try await api.send(.post, match + "/choose", json: body)
            #expect(try chosen.json(MatchSeen.self).status == "acknowledged")
            #expect(try chosen.json(MatchSeen.self).offers.map(\.status) == ["withdrawn"])
            #expect(try await api.send(.post, match + "/arrive").status == 200)
            let lost = try await api.send(.post, match + "/acknowledge", as: "peer-1")
            #expect(lost.problem == "taken-by-another")
        }
    }
}
