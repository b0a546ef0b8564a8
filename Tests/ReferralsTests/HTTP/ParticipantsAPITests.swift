import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import Testing

@testable import Referrals

@Suite("Participants and consents over the JSON API")
struct ParticipantsAPITests {
    @Test("who a participant is: the office sees all, the assigned peer name and phone, all others nothing")
    func identity() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let group = ReferralsGroup(store: referring.store)
            let taken = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: hospital), in: $0)
            }
            let (id, referralID) = (taken.stored.referral.participantID, taken.stored.referral.referralID)
            let (peer, other) = (PeerID.fixed(5), PeerID.fixed(6))
            try await referring.calling { client in
                let office = try await client.call(.get, "/v1/participants/\(id)")
                #expect(try office["birthDate"] == "1988-02-29")
                #expect(try await client.call(.get, "/v1/participants/\(id)", as: "peer:\(peer)").status == 404)
                let match = MatchAccepted(
                    matchID: .fixed(1), referralID: referralID, participantID: id, peerID: peer, version: 1,
                    kind: .dispatch, setting: .emergencyDepartment, programme: .overdoseFollowUp,
                    acceptedAt: referring.clock.now
                )
                try await referring.work { try await group.handle(match, $0) }
                let assigned = try await client.call(.get, "/v1/participants/\(id)", as: "peer:\(peer)")
                #expect(try assigned["familyName"] == "Quixote")
                #expect(try assigned["birthDate"] == nil)
                #expect(try await client.call(.get, "/v1/participants/\(id)", as: "peer:\(other)").status == 404)
                #expect(try await client.call(.get, "/v1/participants/\(id)", as: "participant:\(id)").status == 200)
                #expect(
                    try await client.call(.get, "/v1/participants/\(id)", as: "participant:\(ParticipantID.fixed(1))")
                        .status == 404
                )
                // The loop is closed and the plan runs on: the peer still knows whom to call.
                let plan = PlanStarted(
                    planID: .fixed(7), referralID: referralID, participantID: id, peerID: peer, version: 1,
                    programme: .overdoseFollowUp, programmeVersion: 1, startedOn: referring.clock.now.dateInUTC,
                    startedAt: referring.clock.now
                )
                try await referring.work { try await referring.store.record(plan, in: $0) }
                let close = try await client.call(
                    .post, "/v1/referrals/\(referralID)/close", ifMatch: 3, #"{"reason": "need-met"}"#)
                #expect(close.status == 200)
                #expect(try await client.call(.get, "/v1/participants/\(id)", as: "peer:\(peer)").status == 200)
                let ended = PlanPhaseChanged(
                    planID: .fixed(7), referralID: referralID, participantID: id, version: 2, from: "a", to: "closed",
                    changedAt: referring.clock.now
                )
                try await referring.work { try await referring.store.record(ended, in: $0) }
                #expect(try await client.call(.get, "/v1/participants/\(id)", as: "peer:\(peer)").status == 404)
            }
            let reads = try await referring.look(
                Statement(
                    "test.reads",
                    """
                    select count(*)::bigint from referral.audit_event
                    where operation_id = 'readParticipant' and decision = 'allow' and 'identity' = any (data_classes)
                    """
                ), as: Int.self
            )
            #expect(reads == [4])
        }
    }

    @Test("a consent given later shows the sender more, revoked again less, and each is told or not")
    func consents() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First", webhook: "https://hospital.example/hooks")
            let group = ReferralsGroup(store: referring.store)
            let taken = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: hospital), in: $0)
            }
            let (id, referralID) = (taken.stored.referral.participantID, taken.stored.referral.referralID)
            let match = MatchAccepted(
                matchID: .fixed(1), referralID: referralID, participantID: id, peerID: .fixed(5), version: 1,
                kind: .dispatch, setting: .emergencyDepartment, programme: .overdoseFollowUp,
                acceptedAt: referring.clock.now
            )
            try await referring.work { try await group.handle(match, $0) }
            let ids = try #require(taken.senderIDs)
            let location = "/v1/referrals/\(ids.referralID.uuidString)"
            let queued = Statement("test.queued", "select count(*)::bigint from message_table.delivery")
            try await referring.calling { client in
                let partner = "partner:\(hospital)"
                #expect(try await client.call(.get, location, as: partner)["status"] == "accepted")
                #expect(try await referring.look(queued, as: Int.self) == [0], "nothing is told of what is not shown")
                let body = ReferralsAPITests.consent.replacing(
                    #"{"kind": "sender"}"#, with: #"{"kind": "partner", "partnerID": "\#(hospital)"}"#)
                let given = try await client.call(.post, "/v1/participants/\(id)/consents", key: "c", body)
                #expect(given.status == 201, "\(given.text)")
                #expect(try given["isActive"] == "true")
                #expect(
                    try await client.call(.post, "/v1/participants/\(id)/consents", key: "c", body).object()
                        == given.object())
                let shown = try await client.call(.get, location, as: partner)
                #expect(try shown["status"] == "in-progress")
                #expect(try shown["version"] == "2")
                #expect(try await referring.look(queued, as: Int.self) == [1])
                let consentID = try #require(try given["consentID"])
                let revoked = try await client.call(.post, "/v1/participants/\(id)/consents/\(consentID)/revoke")
                #expect(try revoked["isActive"] == "false")
                #expect(try await client.call(.get, location, as: partner)["status"] == "accepted")
                #expect(
                    try await referring.look(queued, as: Int.self) == [1], "that something was taken back is not told")
            }
        }
    }
}
