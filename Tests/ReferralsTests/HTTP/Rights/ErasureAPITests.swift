import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("Erasing who somebody is")
struct ErasureAPITests {
    @Test(
        "while somebody stands by the person it is refused; afterwards nothing leads to them, and what is counted stays"
    )
    func erase() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let (id, location) = try await referring.withConsent(from: hospital)
            let referral = try #require(
                try await referring.look(
                    Statement("test.r", "select referral_id::text from referral.referral"), as: String.self
                ).first)
            try await referring.calling { client in
                let path = "/v1/participants/\(id)/erase"
                let officer = "privacy-officer"
                #expect(try await client.call(.post, path, as: "supervisor", ifMatch: 1).status == 403)
                #expect(try await client.call(.post, path, as: officer, ifMatch: 9).status == 412)
                let early = try await client.call(.post, path, as: officer, ifMatch: 1)
                #expect(early.status == 409 && early.text.contains("still-supported"))
                let closed = try await client.call(
                    .post, "/v1/referrals/\(referral)/close", ifMatch: 2, #"{"reason": "need-met", "note": "all well"}"#
                )
                #expect(closed.status == 200, "\(closed.text)")
                for _ in 1...2 { #expect(try await client.call(.post, path, as: officer, ifMatch: 1).status == 204) }

                let topics = try await referring.topics()
                #expect(topics.filter { $0 == ParticipantErased.topic }.count == 1, "the other services are told once")
                let known = try await client.call(.get, "/v1/participants/\(id)")
                #expect(try known["familyName"] == nil)
                #expect(try known["phone"] == nil)
                let counted = try await client.call(.get, "/v1/referrals/\(referral)")
                #expect(try counted["status"] == "completed")
                #expect(try counted["callback"] == nil)
                #expect(try await client.call(.get, "/v1/referrals/\(referral)/history").status == 200)
                #expect(try await client.call(.get, "/v1/participants/\(id)/record", as: "supervisor").status == 200)
                #expect(
                    try await client.call(.get, location, as: "partner:\(hospital)")["redisclosureNotice"] == nil,
                    "the consent went with the person")
                #expect(try await client.call(.post, "/v1/keys/renew", as: "operator").status == 200)
            }
            try await referring.calling { client in
                let asked = try await client.call(
                    .post, "/v1/participants/\(id)/amendments", as: "supervisor",
                    #"{"dataClass": "identity", "request": "My name is Joan."}"#)
                #expect(asked.status == 409 && asked.text.contains("participant-erased"))
            }
            let again = try await referring.work {
                try await referring.store.takeIn(.emergency(of: .jane, from: hospital), in: $0)
            }
            #expect(again.stored.referral.participantID != id, "whoever comes again is new")
            let left = Statement(
                "test.left",
                """
                select count(*)::bigint
                from referral.participant
                where octet_length(data_key) = 0 and num_nonnulls(given_name, family_name, birth_date, phone) = 0
                  and not exists (
                    select from referral.participant_blind_index as b where b.participant_id = participant.participant_id)
                  and not exists (
                    select from referral.received_resource as r where r.participant_id = participant.participant_id)
                """)
            #expect(try await referring.look(left, as: Int.self) == [1])
        }
    }
}
