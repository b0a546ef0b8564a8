import HTTPTypes
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("Intake of people who were merged")
struct MergeIntakeTests {
    @Test(
        "the referral is kept under who remains; what the sender says, and its id for the person, under whom it meant")
    func intake() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            try await referring.merge(two.younger, into: two.older)
            var carmen = RecognitionTests.twin
            carmen.identifiers = [
                .init(system: "urn:hospital:2", value: "900"), .init(system: "urn:plan", value: "77"),
            ]
            let again = try await referring.referRoutine(carmen, from: two.second)
            #expect(again.stored.referral.participantID == two.older)
            #expect(again.senderIDs?.participantID == two.carmen.senderIDs?.participantID)
            #expect(again.stored.referral.engagementID == two.rosa.stored.referral.engagementID)
            let read = try await referring.work {
                try await referring.store.taken(again.stored.referral.referralID, in: $0)
            }
            #expect(read?.senderIDs == again.senderIDs)
            let person = try #require(
                try await referring.work { try await referring.store.person(two.younger, in: $0) })
            #expect(Set(person.identity.identifiers.map(\.value)) == ["100", "900", "77"])
            #expect(person.identity.givenName == "Rosa")
            #expect(person.remaining.identity.identifiers.map(\.value) == ["100"])
            #expect(try await referring.openReviews().isEmpty, "of those who are one nobody asks")

            try await referring.unmerge(two.younger)
            carmen.identifiers = [.init(system: "urn:plan", value: "77")]
            let later = try await referring.referRoutine(carmen, from: two.second)
            #expect(later.stored.referral.participantID == two.younger)
            #expect(later.senderIDs?.participantID == two.carmen.senderIDs?.participantID)
            let kept = try await referring.work {
                try await referring.store.taken(again.stored.referral.referralID, in: $0)
            }
            #expect(kept?.stored.referral.participantID == two.older, "what came during the merge stays")
            #expect(kept?.senderIDs == again.senderIDs)
        }
    }

    @Test("who looks like both is joined to the one person that they are; before, a person had to choose")
    func countsOnce() async throws {
        for merged in [false, true] {
            try await Referring.with { referring in
                let (first, second) = (try await referring.hospital("First"), try await referring.hospital("Second"))
                let one = try await referring.referRoutine(RecognitionTests.rosa, from: first)
                // Registered twice: without a birth date nobody could know.
                var unknown = RecognitionTests.rosita
                unknown.birthDate = nil
                unknown.phone = RecognitionTests.rosa.phone
                let two = try await referring.referRoutine(unknown, from: second)
                #expect(one.stored.referral.participantID != two.stored.referral.participantID)
                unknown.birthDate = RecognitionTests.rosa.birthDate
                _ = try await referring.referRoutine(unknown, from: second)
                if merged {
                    try await referring.merge(
                        two.stored.referral.participantID, into: one.stored.referral.participantID)
                }
                var third = RecognitionTests.rosa
                (third.familyName, third.identifiers) = ("Kelanbergh", [])
                let taken = try await referring.referRoutine(third, from: second)
                let people = [one, two].map(\.stored.referral.participantID)
                if merged {
                    #expect(taken.stored.referral.participantID == people[0])
                } else {
                    #expect(!people.contains(taken.stored.referral.participantID))
                }
            }
        }
    }

    @Test("a consent under one id counts for the other's sender at once, and no longer after an unmerge")
    func telling() async throws {
        try await Referring.with { referring in
            let two = try await referring.twoReferred()
            try await referring.moveOn(two.younger)
            try await referring.work { work in
                let person = try await referring.store.lockPerson(two.older, in: work)
                let consent = referring.consent(to: two.second).consent(referring.store.ids.new(), two.older)
                try await referring.store.record(consent, of: person, by: "c", in: work)
            }
            let shown = Statement(
                "test.shown",
                "select shown_status || ' ' || shown_version from referral.referral order by received_at, referral_id")
            try await referring.calling { client in
                let partner = "partner:\(two.second)"
                #expect(try await client.call(.get, two.location, as: partner)["redisclosureNotice"] == nil)
                try await referring.merge(two.younger, into: two.older)
                let told = try await client.call(.get, two.location, as: partner)
                #expect(try told["redisclosureNotice"] != nil)
                #expect(try told["status"] == "in-progress")
                #expect(try await referring.look(shown, as: String.self) == ["accepted 1", "in-progress 2"])
                let listed = try await client.call(.get, "/v1/referrals", as: partner).items()
                #expect(listed.map { $0["status"]?.string } == ["in-progress"])
                try await referring.unmerge(two.younger)
                let after = try await client.call(.get, two.location, as: partner)
                #expect(try after["redisclosureNotice"] == nil)
                #expect(try after["status"] == "accepted")
                #expect(try after["participantID"] == told["participantID"], "the sender's ids stay")
            }
        }
    }
}
