import HTTPTypes
import Hummingbird
import Models
import PeerMatchingDomain
import ServiceKit
import TestKit
import Testing

@testable import PeerMatching

struct PeerAPITests {
    private struct PeerSeen: Decodable {
        var peerID: PeerID
        var displayName: String
        var languages: [String]
        var caseloadCap: Int
        var disclosures: [Seen]?
        var sceneOptOuts: [String]?
        var credentials: [Credential]
        var version: Int

        struct Seen: Decodable { var kind: String, value: String }
        struct Credential: Decodable { var kind: String, isVerified: Bool, isValid: Bool }
    }

    private static let maria = """
        {"displayName":"Maria","languages":["es","en"],"areas":["essex"],"gender":"woman",
         "supportsMedicationOn":"2026-01-01","sceneOptOuts":["prison"],"caseloadCap":12,
         "disclosures":[{"kind":"veteran","source":"application","consentedOn":"2026-01-01","mayBeNamed":true}],
         "credentials":[{"kind":"cprs","issuer":"Board","issuedOn":"2025-01-01","expiresOn":"2027-01-01","isVerified":true}]}
        """

    @Test("a peer is added, read and changed; what is private stays with the peer and the supervisors")
    func life() async throws {
        try await APIClient.with { api in
            let created = try await api.send(.post, "/v1/peers", as: "coordinator", json: Self.maria, key: "maria")
            #expect(created.status == 201)
            let peer = try created.json(PeerSeen.self)
            #expect(created.headers[.location] == "/v1/peers/\(peer.peerID)")
            #expect(peer.disclosures == nil && peer.sceneOptOuts == nil)
            let repeated = try await api.send(.post, "/v1/peers", as: "coordinator", json: Self.maria, key: "maria")
            #expect(try repeated.json(PeerSeen.self).peerID == peer.peerID)

            let path = "/v1/peers/\(peer.peerID)"
            let seen = try await api.send(.get, path)
            #expect(try seen.json(PeerSeen.self).disclosures?.map(\.value) == ["yes"])
            #expect(try seen.json(PeerSeen.self).credentials.map(\.isValid) == [true])
            #expect(seen.headers[.eTag] == "\"1\"")

            let changed = try await api.send(
                .patch, path, json: #"{"languages":["en"],"disclosures":null,"caseloadCap":9}"#, ifMatch: 1)
            #expect(changed.status == 200)
            let now = try changed.json(PeerSeen.self)
            #expect(now.languages == ["en"])
            #expect(now.disclosures?.isEmpty == true)
            #expect(now.caseloadCap == 9)
            #expect(now.sceneOptOuts == ["prison"])
            #expect(now.version == 2)
            #expect(try await api.send(.patch, path, json: #"{"gender":null}"#, ifMatch: 1).status == 412)
            #expect(try await api.send(.patch, path, json: #"{"gender":null}"#).status == 428)
            #expect(try await api.send(.patch, path, json: #"{"displayName":null}"#, ifMatch: 2).status == 422)
        }
    }

    @Test("peers change their own profile, not their terms, and nobody else's")
    func ownProfile() async throws {
        try await APIClient.with { api in
            for number in 1...UInt32(2) { try await api.fixture.addPeer(number) }
            let own = "/v1/peers/\(PeerID.number(1))"
            #expect(try await api.send(.get, own, as: "peer-1").status == 200)
            let changed = try await api.send(
                .patch, own, as: "peer-1", json: #"{"sceneOptOuts":["court"]}"#, ifMatch: 1)
            #expect(try changed.json(PeerSeen.self).sceneOptOuts == ["court"])
            #expect(
                try await api.send(.patch, own, as: "peer-1", json: #"{"caseloadCap":1}"#, ifMatch: 2).status == 403)
            let other = "/v1/peers/\(PeerID.number(2))"
            #expect(try await api.send(.get, other, as: "peer-1").status == 404)
            #expect(try await api.send(.patch, other, as: "peer-1", json: "{}", ifMatch: 1).status == 404)
            #expect(try await api.send(.get, own, as: "supervisor@south").status == 404)
            #expect(try await api.send(.get, "/v1/peers", as: "peer-1").status == 403)
        }
    }

    @Test(
        "bad input is refused with pointers",
        arguments: [
            (#"{"displayName":"Maria"}"#, 422, ["/languages"]),
            (#"{"displayName":"Maria","languages":["en"],"race":"any"}"#, 422, ["/race"]),
            (#"{"displayName":"Maria","languages":"en"}"#, 422, ["/languages"]),
            (#"{"displayName":"Maria","languages":["??"]}"#, 422, ["/languages/0"]),
            (#"{"displayName":"","languages":[]}"#, 422, ["/languages", "/displayName"]),
            (#"{"displayName":"Maria","languages":["en"],"recoverySinceOn":"2026-02-30"}"#, 422, ["/recoverySinceOn"]),
            ("{", 400, []),
        ])
    func badInput(_ body: String, _ status: Int, _ pointers: [String]) async throws {
        try await APIClient.with { api in
            let answer = try await api.send(.post, "/v1/peers", json: body)
            #expect(answer.status == status)
            #expect(answer.pointers == pointers)
            #expect(try await api.fixture.store { try await $0.peers(after: nil, limit: 5) }.isEmpty)
        }
    }

    @Test("shifts that collide are refused, and one can be taken away")
    func shifts() async throws {
        try await APIClient.with { api in
            for number in 1...UInt32(2) { try await api.fixture.addPeer(number) }
            func shift(_ peer: UInt32, _ from: Int, _ to: Int, order: Int = 1) async throws -> APIAnswer {
                try await api.send(
                    .post, "/v1/shifts", as: "coordinator",
                    json: """
                        {"peerID":"\(PeerID.number(peer))","line":"emergency","callOrder":\(order),
                         "startsAt":"\(Instant.noon + from)","endsAt":"\(Instant.noon + to)"}
                        """)
            }
            struct Seen: Decodable { var shiftID: PeerID }
            let added = try await shift(1, 0, 60)
            #expect(added.status == 201)
            #expect(try await shift(2, 30, 90).problem == "place-taken")
            #expect(try await shift(1, 30, 90, order: 2).problem == "shift-too-close")
            #expect(try await shift(3, 60, 90).pointers == ["/peerID"])
            #expect(try await shift(2, 90, 60).pointers == ["/endsAt"])
            let onCall = try await api.send(.get, "/v1/on-call", as: "peer-2")
            #expect(onCall.text.contains(PeerID.number(1).description))
            let id = try added.json(Seen.self).shiftID
            #expect(try await api.send(.delete, "/v1/shifts/\(id)", as: "coordinator@south").status == 404)
            #expect(try await api.send(.delete, "/v1/shifts/\(id)", as: "coordinator").status == 204)
            #expect(try await api.send(.delete, "/v1/shifts/\(id)", as: "coordinator").status == 404)
            #expect(try await shift(2, 30, 90).status == 201)
        }
    }

    @Test(
        "participants, partners and operators have nothing to see here",
        arguments: ["participant", "partner", "operator"])
    func otherRoles(_ token: String) async throws {
        try await APIClient.with { api async throws in
            for path in ["/v1/peers", "/v1/matches", "/v1/on-call", "/v1/policy"] {
                #expect(try await api.send(.get, path, as: token).status == 403)
            }
            #expect(try await api.send(.get, "/v1/matches", as: nil).status == 401)
        }
    }
}
