import FHIR
import HTTPTypes
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Referrals

@Suite("Whether a programme can take somebody on")
struct CapacityTests {
    private static func status(_ service: JSONValue) -> (code: String?, text: String?, notes: String?) {
        let parts = service[["extension", 0, "extension"]]
        return (
            parts?[[0, "valueCodeableConcept", "coding", 0, "code"]]?.string,
            parts?[[0, "valueCodeableConcept", "text"]]?.string, parts?[[1, "valueString"]]?.string
        )
    }

    @Test(
        "what staff state is what hospitals read, with when it was stated; after a day it says that it is old",
        arguments: ["capacity", "no-capacity", "waitlist", "additional-assessment-required"])
    func stated(_ code: String) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let path = "/fhir/HealthcareService/overdose-follow-up"
            let before = try await hospital.get(path)
            #expect(Self.status(before.json).code == nil)
            #expect(Self.status(before.json).text == "Not stated")
            let answer = try await server.referring.calling { client in
                try await client.call(
                    .put, "/v1/capacity/overdose-follow-up", #"{"status":"\#(code)","notes":"About two weeks."}"#)
            }
            #expect(answer.status == 200)
            let after = try await hospital.get(path)
            #expect(Self.status(after.json).code == code)
            #expect(Self.status(after.json).notes == "About two weeks. Stated at 2026-11-22T09:00:00Z.")
            #expect(after.json[["meta", "lastUpdated"]] == "2026-11-22T09:00:00Z")
            #expect(after.json[["active"]] == true)
            server.referring.clock.advance(by: .seconds(25 * 3600))
            let old = try await hospital.get(path)
            #expect(Self.status(old.json).notes?.contains("more than a day ago") == true)
            let list = try await server.referring.calling { try await $0.call(.get, "/v1/capacity") }
            #expect(try list.items().first?[["isStale"]] == true)
        }
    }

    @Test(
        "every programme is found, and carries its capacity",
        arguments: [
            ("", 3), ("name=critical", 1), ("program=recovery-check-ups", 1), ("_id=overdose-follow-up", 1),
            ("program=detox", 0), ("service-category=sdoh", 3), ("_count=1", 3), ("_summary=count", 3),
        ])
    func search(_ query: String, _ total: Int) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let answer = try await hospital.get("/fhir/HealthcareService?\(query)")
            #expect(answer.json[["total"]]?.integer == total)
            for entry in answer.json[["entry"]]?.array ?? [] {
                let url = entry[["resource", "extension", 0, "url"]]?.string
                #expect(url?.hasSuffix("SDOHCC-ExtensionHealthcareServiceCapacityStatus") == true)
            }
        }
    }

    @Test(
        "a question that names a patient is refused, not quietly answered",
        arguments: ["patient=1", "subject=Patient/1", "patient.identifier=x|1", "patient:Patient.name=Robin"])
    func noPatient(_ query: String) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let answer = try await hospital.get("/fhir/HealthcareService?\(query)")
            #expect(answer.status == .unprocessableContent)
        }
    }

    @Test("only the agency's office states it, of its own programmes, in known codes")
    func refused() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let good = #"{"status":"waitlist"}"#
            let statuses = try await server.referring.calling { client in
                [
                    try await client.call(
                        .put, "/v1/capacity/overdose-follow-up", as: "partner:\(hospital.partnerID)", good
                    ).status,
                    try await client.call(.put, "/v1/capacity/knitting", good).status,
                    try await client.call(.put, "/v1/capacity/overdose-follow-up", #"{"status":"full"}"#).status,
                    try await client.call(
                        .put, "/v1/capacity/overdose-follow-up", #"{"status":"waitlist","notes":""}"#
                    ).status,
                    try await client.call(.put, "/v1/capacity/overdose-follow-up", good).status,
                    try await client.call(.put, "/v1/capacity/overdose-follow-up", good).status,
                ]
            }
            #expect(statuses == [403, 404, 422, 422, 200, 200])
            let service = try await hospital.get("/fhir/HealthcareService/overdose-follow-up")
            #expect(service.headers[.eTag] == "W/\"2\"")
            #expect(try await hospital.get("/fhir/HealthcareService/knitting").status == .notFound)
        }
    }
}
