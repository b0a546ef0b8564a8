import FoundationEssentials
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("A patient over FHIR who was merged")
struct MergedPatientTests {
    @Test("the sender's ids stay, what it sends is read again, and it learns nothing of the other id")
    func senderNoticesNothing() async throws {
        try await PartnerServer.with { server in
            let (hospital, referring) = (try await server.hospital(), server.referring)
            let paths = try await hospital.refer()
            let person = try #require(
                try await referring.look(
                    Statement("test.p", "select participant_id from referral.participant"), as: ParticipantID.self
                ).first)
            referring.clock.advance(by: .seconds(60))
            // The same hospital knows her a second time, as somebody else.
            let other = try await referring.referRoutine(RecognitionTests.rosa, from: hospital.partnerID)
            let remaining = other.stored.referral.participantID
            let patient = try #require(paths.first { $0.hasPrefix("/fhir/Patient/") })
            let alias = try #require(patient.split(separator: "/").last)
            func consents(of id: String) async throws -> JSONValue? {
                try await hospital.get("/fhir/Consent?patient=\(id)").json[["total"]]
            }
            let otherAlias = try #require(other.senderIDs?.participantID.uuidString.lowercased())

            try await referring.merge(person, into: remaining)
            #expect(try await consents(of: String(alias)) == .number(JSONNumber(1)))
            #expect(try await consents(of: otherAlias) == .number(JSONNumber(0)))
            referring.clock.advance(by: .seconds(60))
            let again = try await hospital.refer {
                $0[["entry", 2, "resource", "identifier", 0, "value"]] = "ORD-2"
            }
            #expect(again.contains(patient))
            #expect(!again.contains("/fhir/Patient/\(otherAlias)"))
            let owners = try await referring.look(
                Statement(
                    "test.owners", "select participant_id from referral.referral order by received_at, referral_id"),
                as: ParticipantID.self)
            #expect(owners == [person, remaining, remaining])

            for round in 1...2 {
                for path in paths + again {
                    #expect(try await hospital.get(path).status == .ok, "\(path), \(round)")
                }
                let order = try #require(again.first { $0.hasPrefix("/fhir/ServiceRequest/") })
                #expect(
                    try await hospital.get(order).json[["subject", "reference"]]?.string == "Patient/\(alias)",
                    "\(round)")
                if round == 1 { try await referring.unmerge(person) }
            }
        }
    }
}
