import FHIR
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("Referring by FHIR")
struct ReferringByFHIRTests {
    @Test("a transaction makes a referral, and everything in it is read again as it was sent")
    func transaction() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let paths = try await hospital.refer()
            #expect(
                paths.map { $0.split(separator: "/")[1] } == [
                    "Patient", "Consent", "ServiceRequest", "Task", "Encounter", "Organization",
                ])
            let task = try await hospital.get(paths[3])
            #expect(task.json[["status"]] == "accepted")
            #expect(task.json[["businessStatus", "coding", 0, "code"]] == "3.0")
            #expect(task.json[["focus", "reference"]]?.string == String(paths[2].dropFirst("/fhir/".count)))
            #expect(task.json[["for", "reference"]]?.string == String(paths[0].dropFirst("/fhir/".count)))
            #expect(task.json[["owner", "reference"]]?.string == "Organization/\(server.referring.agencyID)")
            #expect(task.headers[.eTag] == "W/\"1\"")
            #expect(try task.document.securityLabels.compactMap(\.code).contains("42CFRPart2"))
            let patient = try await hospital.get(paths[0])
            #expect(String(decoding: patient.json.serialized(), as: UTF8.self).contains(#""valueDecimal":72.50"#))
            let order = try await hospital.get(paths[2])
            #expect(order.json[["encounter", "reference"]]?.string == String(paths[4].dropFirst("/fhir/".count)))
            for path in paths { #expect(try await hospital.get(path).status == .ok, "\(path)") }
            #expect(try await server.told() == ["referral.accepted.v1"])
        }
    }

    @Test("the same request again has the same answer and makes nothing", arguments: [true, false])
    func twice(hasPlacer: Bool) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let bundle = try SampleReferral.bundle {
                if !hasPlacer { $0[["entry", 2, "resource", "identifier"]] = nil }
            }
            let first = try await hospital.post("/fhir", bundle)
            let second = try await hospital.post("/fhir", bundle)
            #expect(first.status == .ok)
            #expect(first.json == second.json)
            #expect(try await server.told() == ["referral.accepted.v1"])
        }
    }

    @Test("two equal requests at the same moment make one referral", arguments: [true, false])
    func atOnce(hasPlacer: Bool) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let bundle = try SampleReferral.bundle {
                if !hasPlacer { $0[["entry", 2, "resource", "identifier"]] = nil }
            }
            let answers = try await withThrowingTaskGroup(of: Sender.Answer.self) { group in
                for _ in 0..<5 { group.addTask { try await hospital.post("/fhir", bundle) } }
                return try await group.reduce(into: [Sender.Answer]()) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == .ok })
            #expect(Set(try answers.map(Sender.paths)).count == 1)
            #expect(try await server.told() == ["referral.accepted.v1"])
        }
    }

    @Test("another order without a number is another referral")
    func different() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let first = try await hospital.refer { $0[["entry", 2, "resource", "identifier"]] = nil }
            let second = try await hospital.refer {
                $0[["entry", 2, "resource", "identifier"]] = nil
                $0[["entry", 2, "resource", "authoredOn"]] = "2026-11-22T01:55:00-05:00"
            }
            #expect(first[2] != second[2])
            #expect(first[0] == second[0], "the same person has one id with one sender")
        }
    }

    @Test("two hospitals that refer one person at once: one participant, two Tasks, one dispatch, no way to tell")
    func twoHospitals() async throws {
        try await PartnerServer.with { server in
            let one = try await server.hospital("General Hospital")
            let other = try await server.hospital("Mercy Hospital")
            async let ours = one.refer { $0[["entry", 5, "resource", "name"]] = "General Hospital" }
            async let theirs = other.refer { $0[["entry", 5, "resource", "name"]] = "Mercy Hospital" }
            let (first, second) = try await (ours, theirs)
            #expect(Set(first).isDisjoint(with: second))
            #expect(try await server.told().count == 1)
            let participants = try await server.referring.look(
                Statement("test.participants", "select count(*) from referral.participant"), as: Int64.self
            )
            #expect(participants == [1])
            for path in second {
                let answer = try await one.get(path)
                #expect(answer.status == .notFound)
                #expect(answer.json[["resourceType"]] == "OperationOutcome")
            }
            let found = try await one.get("/fhir/Task")
            #expect(found.json[["total"]] == 1)
        }
    }

    @Test("an order by itself is a referral, and If-None-Exist finds it again")
    func order() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let order: JSONValue = [
                "resourceType": "ServiceRequest", "status": "active", "intent": "order",
                "contained": [
                    ["resourceType": "Patient", "id": "p", "name": [["family": "Example", "given": ["Robin"]]]]
                ],
                "code": ["text": "peer support"], "subject": ["reference": "#p"],
            ]
            let condition = ["If-None-Exist": "identifier=http://hospital.example/orders|9"]
            let first = try await hospital.post("/fhir/ServiceRequest", order, headers: condition)
            let second = try await hospital.post("/fhir/ServiceRequest", order, headers: condition)
            #expect(first.status == .created)
            #expect(second.status == .ok)
            #expect(first.json == second.json)
            #expect(first.headers[.location] == second.headers[.location])
            let id = try #require(first.json[["id"]]?.string)
            let tasks = try await hospital.get("/fhir/Task?focus=ServiceRequest/\(id)&_include=Task:focus")
            #expect(tasks.json[["entry", 0, "resource", "status"]] == "accepted")
            #expect(tasks.json[["entry", 1, "resource", "id"]]?.string == id)
            #expect(tasks.json[["entry", 1, "resource", "contained", 0, "name", 0, "family"]] == "Example")
        }
    }

    @Test("a person whom the sender knows by our id, or by identifier, is the same person")
    func known() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let paths = try await hospital.refer()
            let id = try #require(paths[0].split(separator: "/").last.map(String.init))
            let subjects: [JSONValue] = [
                ["reference": .string("Patient/\(id)")],
                ["identifier": ["system": "http://hospital.example/mrn", "value": "12345"]],
            ]
            for subject in subjects {
                let order: JSONValue = [
                    "resourceType": "ServiceRequest", "status": "active", "intent": "order",
                    "code": ["text": "peer support"], "subject": subject,
                ]
                let answer = try await hospital.post("/fhir/ServiceRequest", order)
                #expect(answer.status == .created)
                let found = try await hospital.get("/fhir/Task?patient=\(id)")
                #expect(found.json[["entry"]]?.array?.isEmpty == false)
            }
            let found = try await hospital.get("/fhir/Task?patient=Patient/\(id)")
            #expect(found.json[["total"]] == 3)
            let stranger = try await server.hospital("Mercy Hospital").post(
                "/fhir/ServiceRequest",
                [
                    "resourceType": "ServiceRequest", "status": "active", "intent": "order",
                    "code": ["text": "peer support"], "subject": ["reference": .string("Patient/\(id)")],
                ])
            #expect(stranger.status == .unprocessableContent)
        }
    }
}
