import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("What a linkage tells beyond itself")
struct LinkageReachTests {
    /// A participant, and the token of the peer who supports them.
    private static func supported(_ referring: Referring) async throws -> (id: ParticipantID, peer: String) {
        let id = try await referring.participant()
        let peer = PeerID.fixed(77)
        try await referring.fixture("update referral.engagement set peer_id = '\(peer)'")
        return (id, "peer:\(peer)")
    }

    /// What was told by an operation, as the audit trail has it.
    private static func told(by operationID: String, _ referring: Referring) async throws -> Set<String> {
        let all = try await referring.look(
            Statement(
                "test.told",
                """
                select operation_id || ' ' || subject || ' ' || array_to_string(data_classes, ',')
                from referral.audit_event
                where decision = 'allow'
                """), as: String.self)
        return Set(all.filter { $0.hasPrefix("\(operationID) ") }.map { String($0.dropFirst(operationID.count + 1)) })
    }

    @Test("a ride to court is a ride for the peer; the office and the participant see where to")
    func court() async throws {
        try await Referring.with { referring in
            let (id, peer) = try await Self.supported(referring)
            let need = try await referring.need("transport", of: id)
            try await referring.calling { client in
                func book(_ purpose: String) async throws -> String {
                    let booked = try await client.call(
                        .post, "/v1/needs/\(need)/linkages",
                        """
                        {"service": "ride", "level": 2, "ride": {"purpose": "\(purpose)", "mode": "volunteer",
                         "pickUpFrom": "2026-11-23T09:00:00Z", "pickUpUntil": "2026-11-23T09:30:00Z"}}
                        """)
                    #expect(booked.status == 201, "\(booked.text)")
                    #expect(try booked.object()["ride"]?["purpose"]?.string == purpose)
                    return "/v1/linkages/\(try #require(try booked["linkageID"]))"
                }
                let (court, work) = (try await book("court"), try await book("work"))
                func purpose(_ path: String, _ token: String) async throws -> String? {
                    let ride = try #require(try await client.call(.get, path, as: token).object()["ride"])
                    #expect(ride["mode"]?.string == "volunteer")
                    return ride["purpose"]?.string
                }
                for token in ["coordinator", "participant:\(id)"] {
                    #expect(try await purpose(court, token) == "court")
                }
                #expect(try await purpose(court, peer) == nil)
                #expect(try await purpose(work, peer) == "work")
                let listed = try await client.call(.get, "/v1/participants/\(id)/linkages", as: peer)
                #expect(try listed.items().count == 2)
                #expect(!listed.text.contains("court"))
                let contacted = try await client.call(.post, "\(court)/contact", as: peer, ifMatch: 1, "{}")
                #expect(contacted.status == 200 && !contacted.text.contains("court"), "\(contacted.text)")
            }
            #expect(
                try await Self.told(by: "readLinkage", referring) == [
                    "coordinator justice,presence,referral", "participant justice,presence,referral",
                    "peer presence,referral",
                ])
        }
    }

    @Test("money is reserved for a linkage by those who may know of it; to others it is not there")
    func money() async throws {
        try await Referring.with { referring in
            let (id, peer) = try await Self.supported(referring)
            let fund = try await referring.fund(1000)
            let legal = try await referring.offer("expungement", for: referring.need("legal-barrier", of: id))
            let phone = try await referring.offer("phone", for: referring.need("phone", of: id))
            try await referring.calling { client in
                func reserve(for linkage: LinkageID, as token: String) async throws -> Answer {
                    try await client.call(
                        .post, "/v1/participants/\(id)/spendings", as: token,
                        """
                        {"fundID": "\(fund)", "kind": "transit", "form": "money", "amountCents": 10,
                         "linkageID": "\(linkage)"}
                        """)
                }
                let hidden = try await reserve(for: legal, as: peer)
                let nothing = try await reserve(for: .fixed(9), as: peer)
                #expect(hidden.status == 422, "\(hidden.text)")
                #expect(try hidden.pointers() == ["/linkageID"])
                func told(_ answer: Answer) throws -> JSONObject {
                    var object = try answer.object()
                    object["requestID"] = nil
                    return object
                }
                #expect(try told(hidden) == told(nothing))
                #expect(try await reserve(for: phone, as: peer).status == 201)
                #expect(try await reserve(for: legal, as: "coordinator").status == 201)
            }
            #expect(try await referring.committed(fund) == 20)
            let denied = Statement(
                "test.denied",
                """
                select count(*)::bigint from referral.audit_event
                where operation_id = 'reserveSpending' and decision = 'deny'
                """)
            #expect(try await referring.look(denied, as: Int.self) == [1], "what was refused is on record")
        }
    }

    @Test("that a house takes nobody on medication is told to those who may know of medication, also in the history")
    func medication() async throws {
        try await Referring.with { referring in
            let (id, peer) = try await Self.supported(referring)
            let linkage = try await referring.offer("recovery-residence", for: referring.need("housing", of: id))
            try await referring.calling { client in
                let restrictions = "/v1/participants/\(id)/restrictions"
                let asked = try await client.call(
                    .post, restrictions, as: "supervisor",
                    #"{"recipient": {"kind": "person", "value": "coordinator"}, "classes": ["medication"]}"#)
                let restriction = try #require(try asked["restrictionID"])
                _ = try await client.call(
                    .post, "\(restrictions)/\(restriction)/agree", as: "supervisor", ifMatch: 1, "{}")
                let one = "/v1/linkages/\(linkage)"
                let reason = "medication-not-accepted"
                let refused = try await client.call(
                    .post, "\(one)/refuse", as: peer, ifMatch: 1, #"{"reason": "\#(reason)"}"#)
                #expect(try refused["refusal"] == reason, "a peer may know of medication")
                func history(_ token: String) async throws -> String? {
                    let items = try await client.call(.get, "\(one)/history", as: token).items()
                    return items.first { $0["status"]?.string == "refused" }?["detail"]?.string
                }
                for _ in 0..<2 {
                    #expect(try await history("supervisor") == "service: \(reason)")
                    #expect(try await history("coordinator") == "service")
                    let kept = try await client.call(.get, one)
                    #expect(kept.status == 200 && !kept.text.contains(reason), "\(kept.text)")
                    if try kept["status"] == "refused" { #expect(try kept["refusedBy"] == "service") }
                    let record = try await client.call(.get, "/v1/participants/\(id)/record")
                    #expect(record.status == 200 && !record.text.contains(reason), "\(record.text)")
                    // Asked again, the reason stands in the history only.
                    _ = try await client.call(.post, "\(one)/contact", as: peer, ifMatch: 2, "{}")
                }
            }
            #expect(
                try await Self.told(by: "readLinkageHistory", referring) == [
                    "coordinator presence,referral", "supervisor medication,presence,referral",
                ])
        }
    }
}
