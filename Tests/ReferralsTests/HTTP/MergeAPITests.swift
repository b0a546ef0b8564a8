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

@Suite("Merging and unmerging over the JSON API")
struct MergeAPITests {
    @Test("either id shows the person; an unmerge gives each their own; both are on record under both ids")
    func person() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            try await referring.calling { client in
                let (path, older) = ("/v1/participants/\(two.younger)", "/v1/participants/\(two.older)")
                let body = #"{"intoID": "\#(two.older)"}"#
                #expect(try await client.call(.post, "\(path)/merge", body).status == 428)
                #expect(try await client.call(.post, "\(path)/merge", ifMatch: 9, body).status == 412)
                for role in ["privacy-officer", "operator", "peer:\(PeerID.fixed(5))", "partner:\(two.first)"] {
                    #expect(try await client.call(.post, "\(path)/merge", as: role, ifMatch: 1, body).status == 403)
                    #expect(try await client.call(.post, "\(path)/unmerge", as: role, ifMatch: 1).status == 403)
                }
                for _ in 1...2 {
                    let merged = try await client.call(.post, "\(path)/merge", as: "supervisor", ifMatch: 1, body)
                    #expect(merged.status == 200 && merged.etag == "\"2\"", "\(merged.text)")
                    #expect(try merged["participantID"] == two.older.description)
                }
                for each in [path, older] {
                    let read = try await client.call(.get, each)
                    #expect(try read["givenName"] == "Rosa")
                    #expect(try read["participantID"] == two.older.description)
                    let ids = try read.object()["participantIDs"]?.items.compactMap(\.string)
                    #expect(ids == [two.older.description, two.younger.description])
                    #expect(read.etag == "\"2\"")
                }
                for _ in 1...2 {
                    let unmerged = try await client.call(.post, "\(path)/unmerge", ifMatch: 2)
                    #expect(unmerged.status == 200, "\(unmerged.text)")
                    #expect(try unmerged["participantID"] == two.younger.description)
                }
                for each in [path, older] {
                    let merges = try await client.call(.get, "\(each)/merges", as: "privacy-officer").items()
                    #expect(merges.count == 1 && merges.first?["mergedBy"]?.string == "supervisor")
                    #expect(merges.first?["intoID"]?.string == two.older.description)
                    #expect(merges.first?["unmergedBy"]?.string == "coordinator")
                }
                let carmen = try await client.call(.get, path)
                #expect(try carmen["givenName"] == "Carmen")
                #expect(try carmen.object()["participantIDs"] == nil)
            }
            let recorded = try await referring.look(
                Statement(
                    "test.audit",
                    """
                    select operation_id || ' ' || action || ' ' || cardinality(participant_ids)
                    from referral.audit_event where operation_id like '%erge%' and decision = 'allow'
                    """), as: String.self)
            #expect(
                recorded.sorted() == [
                    "listMerges search 2", "listMerges search 2", "mergeParticipant update 2",
                    "mergeParticipant update 2", "unmergeParticipant update 1",
                    "unmergeParticipant update 2",
                ])
        }
    }

    @Test("what is refused says why and which way round it works")
    func refused() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let third = try await referring.referRoutine(.jane, from: two.first).stored.referral.participantID
            try await referring.calling { client in
                func merge(_ id: ParticipantID, _ other: ParticipantID) async throws -> Answer {
                    try await client.call(
                        .post, "/v1/participants/\(id)/merge", ifMatch: 1, #"{"intoID": "\#(other)"}"#)
                }
                let nobody = ParticipantID.fixed(77)
                #expect(try await merge(nobody, two.older).status == 404)
                #expect(try await merge(two.older, nobody).status == 404)
                let itself = try await merge(two.older, two.older)
                #expect(itself.status == 409 && itself.text.contains("merge-with-itself"))
                let early = try await client.call(.post, "/v1/participants/\(two.older)/unmerge", ifMatch: 1)
                #expect(early.status == 409 && early.text.contains("not-merged"))
                #expect(try await merge(two.younger, two.older).status == 200)
                for (id, other, type) in [
                    (two.younger, third, "already-merged"), (two.older, two.younger, "already-merged"),
                    (third, two.younger, "already-merged"), (two.older, third, "others-merged-into-them"),
                ] {
                    let answer = try await merge(id, other)
                    #expect(answer.status == 409 && answer.text.contains(type), "\(answer.text)")
                }
                #expect(try await merge(third, two.older).status == 200, "a second one may join them")
            }
        }
    }

    @Test("own record, consents, restrictions, amendments and the accounting are the person's, asked under either id")
    func rights() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            try await referring.calling { client in
                let (older, younger) = ("/v1/participants/\(two.older)", "/v1/participants/\(two.younger)")
                let consent = ReferralsAPITests.consent.replacing(
                    #"{"kind": "sender"}"#, with: #"{"kind": "partner", "partnerID": "\#(two.second)"}"#)
                let given = try await client.call(.post, "\(younger)/consents", consent)
                #expect(given.status == 201, "\(given.text)")
                #expect(
                    try await client.call(
                        .post, "\(younger)/amendments", #"{"dataClass": "identity", "request": "I am Carmen."}"#
                    ).status == 201)
                let asked = try await client.call(
                    .post, "\(younger)/restrictions",
                    #"{"recipient": {"kind": "organisation", "value": "\#(two.first)"}}"#)
                let restriction = try #require(try asked["restrictionID"])
                _ = try await client.call(.get, two.location, as: "partner:\(two.second)")

                let stranger = try await client.call(.get, "\(older)/record", as: "participant:\(two.younger)")
                #expect(stranger.status == 404)
                try await referring.merge(two.younger, into: two.older)
                for own in [two.older, two.younger] {
                    for path in [older, younger] {
                        let token = "participant:\(own)"
                        let record = try await client.call(.get, "\(path)/record", as: token).object()
                        for part in ["consents", "restrictions", "amendments"] {
                            #expect(record[part]?.items.count == 1, "\(part)")
                            #expect(try await client.call(.get, "\(path)/\(part)", as: token).items().count == 1)
                        }
                        #expect(record["referrals"]?.items.count == 2)
                        #expect(try await client.call(.get, "\(path)/disclosures", as: token).items().count == 1)
                    }
                }
                // Decided and revoked under the other id, with reasons under their own key.
                let declined = try await client.call(
                    .post, "\(older)/restrictions/\(restriction)/decline", as: "supervisor", ifMatch: 1,
                    #"{"reason": "not possible"}"#)
                #expect(try declined["status"] == "declined", "\(declined.text)")
                let consentID = try #require(try given["consentID"])
                let revoked = try await client.call(.post, "\(older)/consents/\(consentID)/revoke")
                #expect(try revoked["isActive"] == "false")

                try await referring.unmerge(two.younger)
                let left = try await client.call(.get, "\(older)/record", as: "participant:\(two.older)").object()
                for part in ["consents", "restrictions", "amendments"] { #expect(left[part]?.items.isEmpty == true) }
                #expect(left["referrals"]?.items.count == 1)
                let kept = try await client.call(.get, "\(younger)/restrictions", as: "participant:\(two.younger)")
                #expect(kept.text.contains("not possible"))
            }
        }
    }

    @Test("whom one id keeps out finds nothing under the other, and does not decide about them either")
    func restrictions() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let review = try #require(try await referring.openReviews().first)
            try await referring.calling { client in
                let path = "/v1/participants/\(two.older)/restrictions"
                let asked = try await client.call(
                    .post, path, as: "supervisor", #"{"recipient": {"kind": "person", "value": "coordinator"}}"#)
                let id = try #require(try asked["restrictionID"])
                _ = try await client.call(.post, "\(path)/\(id)/agree", as: "supervisor", ifMatch: 1, "{}")
                let younger = "/v1/participants/\(two.younger)"
                #expect(try await client.call(.get, younger).status == 200)
                let merge = try await client.call(
                    .post, "\(younger)/merge", ifMatch: 1, #"{"intoID": "\#(two.older)"}"#)
                #expect(merge.status == 404)
                let decide = try await client.call(
                    .post, "/v1/identity-reviews/\(review.reviewID)/decide", #"{"decision": "same"}"#)
                #expect(decide.status == 404)
                #expect(try await client.call(.get, "/v1/referrals").items().count == 1)

                try await referring.merge(two.younger, into: two.older)
                #expect(try await client.call(.get, younger).status == 404)
                let referral = "/v1/referrals/\(two.carmen.stored.referral.referralID)"
                #expect(try await client.call(.get, referral).status == 404)
                #expect(try await client.call(.get, referral, as: "supervisor").status == 200)
                #expect(try await client.call(.get, "/v1/referrals").items().isEmpty)
                #expect(try await client.call(.get, "/v1/referrals?status=accepted").items().isEmpty)
                #expect(try await client.call(.get, "/v1/referrals", as: "supervisor").items().count == 2)
                #expect(try await client.call(.post, "\(younger)/unmerge", ifMatch: 2).status == 404)
                #expect(try await client.call(.get, "\(younger)/merges").status == 404)

                try await referring.unmerge(two.younger)
                #expect(try await client.call(.get, younger).status == 200)
                #expect(try await client.call(.get, "\(younger)/merges").items().isEmpty, "with whom is withheld")
                #expect(try await client.call(.get, "\(younger)/merges", as: "supervisor").items().count == 1)
                #expect(try await client.call(.get, "/v1/referrals").items().count == 1)
            }
        }
    }

    @Test("the body of a decision says who remains; somebody else, or two who are different, cannot")
    func remaining() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            let review = try #require(try await referring.openReviews().first)
            try await referring.calling { client in
                let path = "/v1/identity-reviews/\(review.reviewID)/decide"
                for body in [
                    #"{"decision": "same", "remainingID": "\#(ParticipantID.fixed(7))"}"#,
                    #"{"decision": "different", "remainingID": "\#(two.older)"}"#,
                ] {
                    let answer = try await client.call(.post, path, body)
                    #expect(answer.status == 422)
                    #expect(try answer.pointers() == ["/remainingID"])
                }
                let same = try await client.call(
                    .post, path, #"{"decision": "same", "remainingID": "\#(two.younger)"}"#)
                #expect(same.status == 200, "\(same.text)")
                #expect(
                    try await client.call(.get, "/v1/participants/\(two.older)")["participantID"]
                        == two.younger.description)
                let different = try await client.call(.post, path, #"{"decision": "different"}"#)
                #expect(different.status == 409 && different.text.contains("participants-merged"))
                try await referring.unmerge(two.older)
                #expect(try await client.call(.post, path, #"{"decision": "different"}"#).status == 200)
            }
        }
    }

    @Test("the peer of one id knows whom to call under both; what may be the same person is asked of others only")
    func peers() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            try await referring.work { work in
                try await referring.store.report(on: two.carmen.stored.referral.referralID, in: work) { current in
                    current.matched(
                        with: .fixed(5), in: .proposal, by: .init(.performer, "peer-matching"), at: work.now)
                }
            }
            try await referring.calling { client in
                let peer = "peer:\(PeerID.fixed(5))"
                let duplicates = "/v1/participants/\(two.older)/possible-duplicates"
                #expect(try await client.call(.get, "/v1/participants/\(two.older)", as: peer).status == 404)
                #expect(try await client.call(.get, duplicates).items().count == 1)
                try await referring.merge(two.younger, into: two.older)
                #expect(try await client.call(.get, "/v1/participants/\(two.older)", as: peer)["familyName"] != nil)
                #expect(try await client.call(.get, duplicates).items().isEmpty)
            }
        }
    }
}
