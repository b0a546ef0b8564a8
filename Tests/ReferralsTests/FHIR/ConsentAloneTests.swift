import FHIR
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("A Consent that comes by itself")
struct ConsentAloneTests {
    @Test("after the referral it shows its sender how it goes, once, and what the person took back stays taken back")
    func later() async throws {
        try await PartnerServer.with { server in
            let (hospital, referring) = (try await server.hospital(), server.referring)
            let patient = try await hospital.create(PatientFirst.robin)
            let order = try await hospital.create(PatientFirst.order(of: patient))
            let task = try await hospital.create(PatientFirst.task(of: order, for: patient))
            try await referring.moveOn()
            #expect(try await hospital.get("/fhir/\(task)").json[["status"]] == "accepted")
            let json = PatientFirst.consent(of: patient, number: "C-1")
            let condition = ["If-None-Exist": "identifier=http://hospital.example/consents|C-1"]
            let created = try await hospital.post("/fhir/Consent", json, headers: condition)
            #expect(created.status == .created)
            let shown = try await hospital.get("/fhir/\(task)")
            #expect(shown.json[["status"]] != "accepted")
            for headers in [condition, [:]] {
                let again = try await hospital.post("/fhir/Consent", json, headers: headers)
                #expect(again.status == (headers.isEmpty ? .created : .ok))
                #expect(again.json == created.json)
            }
            #expect(try await server.consents() == 1)

            let person = try await referring.look(
                Statement("test.p", "select participant_id from referral.participant"), as: ParticipantID.self)
            let id = try #require(person.first)
            try await referring.work { work in
                let person = try await referring.store.lockPerson(id, in: work)
                for consent in try await referring.store.consents(of: person.ids, in: work) {
                    _ = try await referring.store.revoke(consent.consentID, of: person, by: "officer", in: work)
                }
            }
            let revived = try await hospital.post("/fhir/Consent", json)
            #expect(revived.json[["status"]] == "inactive")
            #expect(try await server.consents() == 1)
            // Under no number and in other words it is still the same paper.
            _ = try await hospital.create(PatientFirst.consent(of: patient))
            #expect(try await server.consents() == 1)
        }
    }

    @Test("one that permits nothing is kept, and its sender is told why", arguments: [true, false])
    func deficient(_ isReferred: Bool) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let patient = try await hospital.create(PatientFirst.robin)
            if isReferred { _ = try await hospital.create(PatientFirst.order(of: patient)) }
            var consent = PatientFirst.consent(of: patient)
            consent[["provision", "period"]] = nil
            let answer = try await hospital.post("/fhir/Consent", consent)
            #expect(answer.status == .created && answer.json[["resourceType"]] == "Consent")
            let name = try #require(HTTPField.Name("Warning"))
            let warnings = answer.headers[values: name]
            #expect(warnings.count == 1 && warnings[0].hasPrefix(#"199 handrail "Consent.provision.period: 42 CFR"#))
            let preferred = try await hospital.post(
                "/fhir/Consent", consent, headers: ["Prefer": "return=OperationOutcome"])
            #expect(preferred.json[["resourceType"]] == "OperationOutcome")
            #expect(preferred.json[["issue", 0, "severity"]] == "warning")
            #expect(preferred.headers[.location] == answer.headers[.location])
            let id = try #require(answer.json[["id"]]?.string)
            #expect(try await hospital.get("/fhir/Consent/\(id)").json == answer.json)
            if !isReferred { _ = try await hospital.create(PatientFirst.order(of: patient)) }
            #expect(try await server.consents() == 0)
            #expect(try await hospital.get("/fhir/Consent/\(id)").status == .ok)
            #expect(
                try await hospital.post("/fhir/Consent", PatientFirst.consent(of: patient)).headers[values: name] == [])
        }
    }

    @Test("it names its sender by the Organization that came with the referral, or that it contains")
    func organization() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let paths = try await hospital.refer()
            let patient = String(paths[0].dropFirst("/fhir/".count))
            var byID = PatientFirst.consent(of: patient)
            byID[["provision", "actor", 0, "reference"]] = ["reference": .string(String(paths[5].dropFirst(6)))]
            var contained = PatientFirst.consent(of: patient)
            contained[["dateTime"]] = "2026-11-19"
            contained[["contained"]] = [
                ["resourceType": "Organization", "id": "o", "name": "General Hospital"]
            ]
            contained[["provision", "actor", 0, "reference"]] = ["reference": "#o"]
            for consent in [byID, contained] { _ = try await hospital.create(consent) }
            let named = try await server.referring.look(
                Statement(
                    "test.named", "select count(*) from referral.consent where recipient_partner_id is not null"),
                as: Int.self)
            #expect(named == [3])
        }
    }

    @Test("about nobody whom one referred or sent, or under the number of somebody else's, it is refused")
    func refused() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            for patient in ["Patient/01234567-89ab-4def-8123-456789abcdef", "Patient/7", "Group/1", "urn:uuid:1"] {
                let answer = try await hospital.post("/fhir/Consent", PatientFirst.consent(of: patient))
                #expect(answer.status == .unprocessableContent)
                #expect(answer.json[["issue", 0, "expression", 0]] == "Consent.patient")
            }
            let (one, two) = (
                try await hospital.create(PatientFirst.numbered("1")),
                try await hospital.create(PatientFirst.nameless)
            )
            _ = try await hospital.create(PatientFirst.consent(of: one, number: "C-1"))
            for step in 1...3 {
                let answer = try await hospital.post("/fhir/Consent", PatientFirst.consent(of: two, number: "C-1"))
                #expect(answer.status == .preconditionFailed, "\(step)")
                if step == 1 { _ = try await hospital.create(PatientFirst.order(of: one)) }
                if step == 2 { _ = try await hospital.create(PatientFirst.order(of: two, number: "ORD-2")) }
            }
        }
    }
}
