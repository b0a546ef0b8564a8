import FoundationEssentials
import HTTPTypes
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

/// A referral that came as a phone call's worth, and is completed when there is time.
@Suite("Completing a referral") struct CompletionTests {
    private static let call = #"{"setting":"jail","priority":"routine","callback":"Desk 7","placerIdentifier":"C-1"}"#

    private static let whole = """
        {"callback": "Desk 9", "languages": ["es"], "peerGenderWish": "female", "takesMedication": true,
         "releaseOn": "2026-12-24", "person": {"givenName": "Dulcinea", "familyName": "Quixote", "birthDate": "1988-02-29"}}
        """

    private static let dueAt = Statement("test.due", "select due_at from referral.referral where awaited = 'peer'")

    @Test(
        "where, how urgent and a callback are enough; the rest is added, told to whoever looks for a peer, and moves no clock"
    )
    func completed() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                let made = try await client.call(.post, "/v1/referrals", Self.call)
                let path = try #require(made.location)
                let due = try await referring.look(Self.dueAt, as: Instant.self)
                referring.clock.advance(by: .seconds(600))
                let version = try #require(try made["version"].flatMap { Int($0) })
                let done = try await client.call(.post, "\(path)/complete", ifMatch: version, key: "k-1", Self.whole)
                #expect(done.status == 200, "\(done.text)")
                let again = try await client.call(.post, "\(path)/complete", ifMatch: version, key: "k-1", Self.whole)
                #expect(again.text == done.text, "sent twice, it is done once")
                let read = try await client.call(.get, path)
                #expect(try read["callback"] == "Desk 9" && read["peerGenderWish"] == "female")
                #expect(try read["releaseOn"] == "2026-12-24" && read["takesMedication"] == "true")
                #expect(try read.object()["languages"]?.items.map(\.string) == ["es"])
                #expect(try read["version"] == "\(version + 1)" && read["status"] == made["status"])
                let person = try await client.call(
                    .get, "/v1/participants/\(try #require(try read["participantID"]))", as: "supervisor")
                #expect(try person["familyName"] == "Quixote")
                #expect(try await referring.look(Self.dueAt, as: Instant.self) == due, "it waits since it was accepted")
                #expect(try await referring.topics().filter { $0 == "referral.detailed.v1" }.count == 1)
                let history = try await client.call(.get, "\(path)/history")
                #expect(try history.items().count == version + 1)
                // The sender's own number still means it, though more is known now.
                let repeated = try await client.call(.post, "/v1/referrals", Self.call)
                #expect(repeated.location == path)
            }
        }
    }

    @Test("whoever turns out to be like somebody known is for a person to look at, and joined with nobody")
    func alike() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            let known = try await referring.refer(RecognitionTests.rosa, from: hospital)
            try await referring.calling { client in
                let made = try await client.call(.post, "/v1/referrals", Self.call)
                let path = try #require(made.location)
                let rosa = #"{"person":{"givenName":"Rosa","familyName":"Kelanberg","birthDate":"1984-03-12"}}"#
                let done = try await client.call(.post, "\(path)/complete", ifMatch: 2, rosa)
                #expect(done.status == 200, "\(done.text)")
                #expect(try done["participantID"] == made["participantID"])
                let reviews = try await client.call(.get, "/v1/identity-reviews")
                let pair = try #require(try reviews.items().first)
                #expect(try pair["kind"]?.string == "pair" && pair["participantID"]?.string == made["participantID"])
                #expect(pair["otherParticipantID"]?.string == known.stored.referral.participantID.description)
            }
        }
    }

    @Test("what is wrong is refused with its place; what has ended is not completed; a partner completes its own")
    func refused() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("First")
            try await referring.calling { client in
                let made = try await client.call(.post, "/v1/referrals", as: "partner:\(hospital)", Self.call)
                let path = try #require(made.location)
                func complete(_ json: String, ifMatch: Int = 1) async throws -> Answer {
                    try await client.call(
                        .post, "\(path)/complete", as: "partner:\(hospital)", ifMatch: ifMatch, json)
                }
                #expect(try await complete("{}").pointers() == [""])
                #expect(try await complete(#"{"languages":["not a tag"]}"#).pointers() == ["/languages/0"])
                #expect(
                    try await complete(#"{"person":{"birthDate":"2999-01-01"}}"#).pointers() == ["/person/birthDate"])
                #expect(try await complete(#"{"setting":"prison"}"#).status == 422, "where it is, does not change")
                #expect(try await complete(#"{"takesMedication":true}"#, ifMatch: 9).status == 412)
                let done = try await complete(#"{"takesMedication":true,"releaseOn":"2027-01-02"}"#)
                #expect(done.status == 200, "\(done.text)")
                let inpatient = try await client.call(
                    .post, "/v1/referrals", #"{"setting":"inpatient","priority":"routine","releaseOn":"2027-01-02"}"#)
                #expect(try inpatient.pointers() == ["/releaseOn"])
                let cancelled = try await client.call(
                    .post, "\(path)/cancel", as: "partner:\(hospital)", ifMatch: 1, #"{"reason":"Released early."}"#)
                #expect(cancelled.status == 200, "\(cancelled.text)")
                #expect(try await complete(#"{"takesMedication":false}"#, ifMatch: 2).status == 409)
            }
        }
    }
}
