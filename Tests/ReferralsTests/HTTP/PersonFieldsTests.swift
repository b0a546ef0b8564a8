import FHIR
import HTTPTypes
import HummingbirdTesting
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("Gender and postal code")
struct PersonFieldsTests {
    @Test("both are read from a FHIR Patient, and an old address is not")
    func patient() throws {
        let text = """
            {"resourceType": "Patient", "gender": "female", "name": [{"family": "Quixote"}],
             "address": [{"use": "old", "postalCode": "07030"}, {"city": "Trenton", "postalCode": "08611-1234"}]}
            """
        let patient = try R4.Patient(FHIRDocument.parse(Array(text.utf8)), at: nil)
        let person = PersonIdentity(patient)
        #expect(person.gender == .female && person.postalCode == "08611-1234")
        #expect(person.postalCode.flatMap(PostalCode.init) == PostalCode("08611"))
    }

    @Test("both are taken from the JSON API, kept, and shown to the office but not to a peer")
    func json() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                let body = #"""
                    {"setting": "inpatient", "priority": "routine", "person": {"familyName": "Quixote",
                     "postalCode": "08611", "gender": "other"}}
                    """#
                let taken = try await client.call(.post, "/v1/referrals", body)
                #expect(taken.status == 201, "\(taken.text)")
                let unheard = try await client.call(
                    .post, "/v1/referrals", body.replacing("other", with: "unheard-of"))
                #expect(unheard.status == 422)
                let long = try await client.call(
                    .post, "/v1/referrals", body.replacing("08611", with: String(repeating: "0", count: 21)))
                let pointers = try long.pointers()
                #expect(pointers == ["/person/postalCode"])
            }
            let stored = try #require(
                try await referring.work { work in
                    try await work.tx.query(.pageOfParticipants, work.agencyID, ParticipantID.first, 1)
                        .map { StoredPerson(try referring.store.readParticipant($0, in: work)) }
                }.first)
            #expect(stored.identity.postalCode == "08611" && stored.identity.gender == .other)
            let (office, peer) = (
                ParticipantView(
                    stored, within: .office(of: referring.agencyID, classes: [.presence, .identity])),
                ParticipantView(stored, within: .assignedPeer(of: stored.ids.remaining, in: referring.agencyID))
            )
            #expect(office.postalCode == "08611" && office.gender == .other)
            #expect(peer.postalCode == nil && peer.gender == nil)
        }
    }
}
