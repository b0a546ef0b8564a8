import HTTPTypes
import Models
import PeerMatchingDomain
import Postgres
import TestKit
import Testing

@testable import PeerMatching

struct MergeAPITests {
    @Test("a person's matches are listed under each of their ids, and the audit trail names both")
    func lists() async throws {
        try await APIClient.with { api in
            let fixture = api.fixture
            try await fixture.putOnCall(1)
            try await fixture.accept(.emergency(700, of: 900))
            try await fixture.accept(.routine(701, of: 901))
            func matches(_ participant: UInt32, as caller: String) async throws -> Int {
                let path = "/v1/matches?participantID=\(ParticipantID.number(participant))"
                return try await api.send(.get, path, as: caller).json(ListSeen<MatchSeen.Brief>.self).items.count
            }
            /// Under each id, for the office and for the peer who is asked for participant 900.
            func counts() async throws -> [Int] {
                [
                    try await matches(900, as: "supervisor"), try await matches(901, as: "supervisor"),
                    try await matches(900, as: "peer-1"), try await matches(901, as: "peer-1"),
                ]
            }
            #expect(try await counts() == [1, 1, 1, 0])
            try await fixture.service.merge(.number(901), into: .number(900), of: .north)
            #expect(try await counts() == [2, 2, 1, 1])
            #expect(try await fixture.number(Self.namingBoth) == 3, "the peer's own list under the own id names one")
            try await fixture.service.unmerge(.number(901), from: .number(900), of: .north)
            #expect(try await counts() == [1, 1, 1, 0])
            #expect(try await fixture.number(Self.namingBoth) == 3)
        }
    }

    private static let namingBoth = Statement(
        "test.naming_both", "select count(*) from matching.audit_event where cardinality(participant_ids) = 2")

    @Test("a peer whom a merge that was taken back left above the cap can still change what is their own")
    func aboveTheCap() async throws {
        try await APIClient.with { api in
            let fixture = api.fixture
            try await fixture.addPeer(1) { $0.terms.caseloadCap = 1 }
            try await fixture.service.merge(.number(901), into: .number(900), of: .north)
            for number in [UInt32(900), 901] {
                fixture.clock.move(toMinutesAfterNoon: Int(number))
                try await fixture.accept(.routine(number - 200, of: number))
                let path = "/v1/matches/\(try await fixture.newestMatch().id)/choose"
                let choice = #"{"peerID":"\#(PeerID.number(1))"}"#
                #expect(try await api.send(.post, path, json: choice).status == 200)
            }
            try await fixture.service.unmerge(.number(901), from: .number(900), of: .north)
            let peer = "/v1/peers/\(PeerID.number(1))"
            #expect(try await api.send(.get, peer).text.contains(#""caseload":2"#))
            let changed = try await api.send(.patch, peer, as: "peer-1", json: #"{"languages":["es"]}"#, ifMatch: 1)
            #expect(changed.status == 200, "\(changed.text)")
            let lower = try await api.send(.patch, peer, json: #"{"caseloadCap":1}"#, ifMatch: 2)
            #expect(lower.status == 422)
        }
    }

    @Test("excluded pairs are shown under each id of the person, with the id that was meant")
    func pairs() async throws {
        try await APIClient.with { api in
            try await api.fixture.addPeer(1)
            let pair = """
                {"peerID":"\(PeerID.number(1))","participantID":"\(ParticipantID.number(900))","reason":"family"}
                """
            #expect(try await api.send(.post, "/v1/excluded-pairs", json: pair).status == 201)
            let path = "/v1/excluded-pairs?participantID=\(ParticipantID.number(901))"
            #expect(try await !api.send(.get, path).text.contains("family"))
            try await api.fixture.service.merge(.number(901), into: .number(900), of: .north)
            let shown = try await api.send(.get, path).text
            #expect(shown.contains("family") && shown.contains(ParticipantID.number(900).description))
            #expect(try await api.fixture.number(Self.namingBoth) == 1)
            try await api.fixture.service.unmerge(.number(901), from: .number(900), of: .north)
            #expect(try await !api.send(.get, path).text.contains("family"))
        }
    }
}
