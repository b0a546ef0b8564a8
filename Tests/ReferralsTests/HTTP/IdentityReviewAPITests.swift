import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import Testing

@testable import Referrals

@Suite("Deciding who is the same person, over the JSON API")
struct IdentityReviewAPITests {
    @Test("the office lists what waits, decides once, and each look and decision is on record")
    func decide() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let rosa = try await referring.refer(RecognitionTests.rosa, from: hospital)
            _ = try await referring.refer(RecognitionTests.twin, from: hospital)
            let id = rosa.stored.referral.participantID
            try await referring.calling { client in
                let listed = try await client.call(.get, "/v1/identity-reviews")
                let review = try #require(try listed.items().first)
                #expect(review["otherParticipantID"]?.string == id.description)
                #expect(review["agreement"]?.items.contains(.string("given-name:different")) ?? false)
                #expect(!listed.text.contains("Carmen") && !listed.text.contains("1984-0"))
                let path = "/v1/identity-reviews/\(review["reviewID"]?.string ?? "")/decide"
                let different = try await client.call(.post, path, as: "supervisor", #"{"decision": "different"}"#)
                let by = try different["decidedBy"]
                #expect(different.status == 200 && by == "supervisor")
                let same = try await client.call(.post, path, #"{"decision": "same"}"#)
                let kind = try same["type"]
                #expect(same.status == 409 && kind?.hasSuffix("identity-review-decided") ?? false, "\(same.text)")
                let unheard = try await client.call(.post, path, #"{"decision": "maybe"}"#)
                #expect(unheard.status == 422)
                let waiting = try await client.call(.get, "/v1/identity-reviews").items()
                #expect(waiting.isEmpty)
                let all = try await client.call(.get, "/v1/identity-reviews?participantID=\(id)").items()
                #expect(all.count == 1)
                let unknown = try await client.call(
                    .post, "/v1/identity-reviews/\(ParticipantID.fixed(1))/decide", #"{"decision": "same"}"#)
                #expect(unknown.status == 404)
            }
            let recorded = try await referring.look(
                Statement(
                    "test.audit",
                    """
                    select operation_id || ' ' || action || ' ' || cardinality(participant_ids)
                    from referral.audit_event
                    where operation_id like '%IdentityReview%' and decision = 'allow'
                    """
                ), as: String.self
            )
            #expect(
                recorded.sorted() == [
                    "decideIdentityReview update 2", "listIdentityReviews search 0",
                    "listIdentityReviews search 2",
                    "listIdentityReviews search 2",
                ])
        }
    }

    @Test("nobody but the office sees or decides", arguments: ["operator", "peer", "participant", "partner"])
    func others(_ role: String) async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            _ = try await referring.refer(RecognitionTests.rosa, from: hospital)
            _ = try await referring.refer(RecognitionTests.twin, from: hospital)
            let review = try #require(try await referring.openReviews().first)
            let token =
                role == "operator" ? role : "\(role):\(role == "partner" ? hospital.description : "\(PeerID.fixed(5))")"
            try await referring.calling { client in
                let listed = try await client.call(.get, "/v1/identity-reviews", as: token)
                #expect(listed.status == 403, "\(listed.text)")
                let decided = try await client.call(
                    .post, "/v1/identity-reviews/\(review.reviewID)/decide", as: token, #"{"decision": "same"}"#)
                #expect(decided.status == 403)
            }
            let open = try await referring.openReviews()
            #expect(open.count == 1)
        }
    }

    @Test("pages follow each other to the end")
    func pages() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            var person = RecognitionTests.rosa
            for (number, name) in ["Rosa", "Carmen", "Dolores"].enumerated() {
                person.givenName = name
                person.identifiers = [.init(system: "urn:hospital:1", value: "\(number)")]
                _ = try await referring.refer(person, from: hospital)
            }
            try await referring.calling { client in
                var (seen, cursor): (Set<String>, String) = ([], "")
                for _ in 1...4 {
                    let page = try await client.call(.get, "/v1/identity-reviews?limit=1\(cursor)")
                    for item in try page.items() { seen.insert(item["reviewID"]?.string ?? "") }
                    guard let next = try page["next"] else { break }
                    cursor = "&cursor=\(next)"
                }
                #expect(seen.count == 3)
            }
        }
    }
}
