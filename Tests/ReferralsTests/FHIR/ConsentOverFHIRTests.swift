import FHIR
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import Testing

@testable import Referrals

@Suite("Consents over FHIR")
struct ConsentOverFHIRTests {
    @Test("a partner reads the consents that name it, whoever recorded them, while one is in force")
    func named() async throws {
        try await PartnerServer.with { server in
            let (hospital, other) = (try await server.hospital(), try await server.hospital("Mercy Hospital"))
            let paths = try await hospital.refer()
            let patient = try #require(paths.first { $0.hasPrefix("/fhir/Patient/") }?.split(separator: "/").last)
            let url = "/fhir/Consent?patient=\(patient)"

            let found = try await hospital.get(url)
            let consent = try #require(found.json[["entry", 0, "resource"]])
            #expect(found.json[["total"]] == .number(JSONNumber(1)))
            #expect(consent["status"]?.string == "active")
            #expect(consent[["patient", "reference"]]?.string == "Patient/\(patient)")
            #expect(consent[["provision", "actor", 0, "reference", "display"]]?.string == "General Hospital")
            let labels = (found.json[["meta", "security"]]?.items ?? []).compactMap { $0["code"]?.string }
            #expect(labels.contains("R") && labels.contains("42CFRPart2"))
            let id = try #require(consent["id"]?.string)
            #expect(try await hospital.get("/fhir/Consent/\(id)").json == consent)

            #expect(try await other.get(url).json[["total"]] == .number(JSONNumber(0)), "another partner's patient")
            #expect(try await other.get("/fhir/Consent/\(id)").status == .notFound)
            #expect(try await hospital.get("/fhir/Consent").status == .unprocessableContent)

            let referring = server.referring
            let person = try #require(
                try await referring.work { work in
                    try await work.tx.query(.pageOfParticipants, work.agencyID, ParticipantID.first, 1)
                        .map { StoredPerson(try referring.store.readParticipant($0, in: work)) }
                }.first)
            _ = try await referring.work { work in
                for consent in try await referring.store.consents(of: person.ids, in: work) {
                    _ = try await referring.store.revoke(consent.consentID, of: person, by: "officer", in: work)
                }
            }
            #expect(
                try await hospital.get(url).json[["total"]] == .number(JSONNumber(0)),
                "that it was taken back is not told")
            #expect(try await hospital.get("/fhir/Consent/\(id)").status == .notFound)
        }
    }
}
