import FHIR
import HTTPTypes
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Referrals

@Suite("What comes along with a referral, and after it")
struct CompanionTests {
    private static func condition(of patient: String, code: String = "F11.20") -> JSONValue {
        [
            "resourceType": "Condition", "subject": ["reference": .string(patient)],
            "identifier": [["system": "http://hospital.example/conditions", "value": "C-1"]],
            "category": [["coding": [["system": "http://x/category", "code": "problem-list-item"]]]],
            "code": ["coding": [["system": "http://hl7.org/fhir/sid/icd-10-cm", "code": .string(code)]]],
        ]
    }

    @Test("a Condition or Coverage of somebody who was referred may come later, once, and is found by what it says")
    func later() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let patient = String(try await hospital.refer()[0].dropFirst("/fhir/".count))
            let condition = ["If-None-Exist": "identifier=http://hospital.example/conditions|C-1"]
            let first = try await hospital.post("/fhir/Condition", Self.condition(of: patient), headers: condition)
            #expect(first.status == .created)
            let second = try await hospital.post("/fhir/Condition", Self.condition(of: patient), headers: condition)
            #expect(second.status == .ok)
            #expect(first.json == second.json)
            let coverage: JSONValue = [
                "resourceType": "Coverage", "status": "active", "beneficiary": ["reference": .string(patient)],
                "payor": [["display": "Horizon"]],
            ]
            #expect(try await hospital.post("/fhir/Coverage", coverage).status == .created)
            #expect(try await hospital.post("/fhir/Coverage", coverage).status == .created)
            for (query, count) in [
                ("Condition", 1), ("Condition?patient=\(patient)", 1), ("Condition?code=F11.20", 1),
                ("Condition?code=F10.20", 0), ("Condition?category=problem-list-item", 1), ("Coverage", 1),
                ("Coverage?status=active", 1), ("Patient", 1), ("Patient?_lastUpdated=lt2020-01-01", 0),
                ("Organization", 1), ("Encounter?_summary=count", 1),
            ] {
                #expect(try await hospital.get("/fhir/\(query)").json[["total"]]?.integer == count, "\(query)")
            }
            let id = try #require(first.json[["id"]]?.string)
            #expect(try await hospital.get("/fhir/Condition/\(id)").json == first.json)
            #expect(try await server.told() == ["referral.accepted.v1"])
            let other = try await server.hospital("Mercy Hospital")
            #expect(try await other.get("/fhir/Condition/\(id)").status == .notFound)
            #expect(try await other.get("/fhir/Condition").json[["total"]] == 0)
            #expect(
                try await other.post("/fhir/Condition", Self.condition(of: patient)).status == .unprocessableContent)
        }
    }

    @Test(
        "one that is about nobody who was referred is refused",
        arguments: ["Patient/01234567-89ab-4def-8123-456789abcdef", "Patient/7", "Group/1", "urn:uuid:1"])
    func nobody(_ reference: String) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let answer = try await hospital.post("/fhir/Condition", Self.condition(of: reference))
            #expect(answer.status == .unprocessableContent)
            #expect(answer.json[["issue", 0, "expression", 0]] == "Condition.subject")
        }
    }

    @Test("a list goes on page by page")
    func pages() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let patient = String(try await hospital.refer()[0].dropFirst("/fhir/".count))
            for code in ["F10.20", "F11.20", "F12.20"] {
                _ = try await hospital.post("/fhir/Condition", Self.condition(of: patient, code: code))
            }
            var found: [String] = []
            var next: String? = "/fhir/Condition?_count=2"
            while let url = next {
                let page = try await hospital.get(url)
                found += (page.json[["entry"]]?.array ?? []).compactMap { $0[["resource", "id"]]?.string }
                next = (page.json[["link"]]?.array ?? []).first { $0[["relation"]] == "next" }?[["url"]]?.string
                    .map { String($0.dropFirst(PartnerServer.publicURL.count)) }
            }
            #expect(found.count == 3 && Set(found).count == 3)
        }
    }

    /// Everything on all pages, by what each is found.
    private static func all(_ hospital: Sender, _ query: String) async throws -> (ids: [String], pages: Int) {
        var (found, pages): ([String], Int) = ([], 0)
        var next: String? = "/fhir/\(query)"
        while let url = next {
            let page = try await hospital.get(url)
            pages += 1
            found += (page.json[["entry"]]?.array ?? []).compactMap { $0[["resource", "id"]]?.string }
            next = (page.json[["link"]]?.array ?? []).first { $0[["relation"]] == "next" }?[["url"]]?.string
                .map { String($0.dropFirst(PartnerServer.publicURL.count)) }
        }
        return (found, pages)
    }

    @Test("one request looks at so many rows and no more: what is rare is found by going on, and no count is cut short")
    func bounded() async throws {
        try await PartnerServer.with(mostRows: 2) { server in
            let hospital = try await server.hospital()
            var paths: [[String]] = []
            for number in 1...5 {
                paths.append(
                    try await hospital.refer {
                        $0[["entry", 2, "resource", "identifier", 0, "value"]] = .string("ORD-\(number)")
                    })
            }
            let patient = String(paths[0][0].dropFirst("/fhir/".count))
            for code in ["F10.20", "F11.20", "F12.20", "F13.20", "F14.20"] {
                _ = try await hospital.post("/fhir/Condition", Self.condition(of: patient, code: code))
            }
            let everything = try await Self.all(hospital, "Condition")
            #expect(Set(everything.ids).count == 5 && everything.ids.count == 5)
            let rare = try await Self.all(hospital, "Condition?code=F13.20")
            #expect(rare.ids.count == 1 && rare.pages > 1)
            let task = try await Self.all(
                hospital, "Task?focus.identifier=http://hospital.example/orders|ORD-4")
            #expect(task.ids == [String(paths[3][3].dropFirst("/fhir/Task/".count))] && task.pages > 1)
            for query in ["Condition?_summary=count", "Task?_summary=count", "ServiceRequest?_summary=count"] {
                let answer = try await hospital.get("/fhir/\(query)")
                #expect(answer.status == .unprocessableContent)
                #expect(answer.json[["issue", 0, "code"]] == "too-costly")
            }
            // By their ids no others are looked at.
            let named = try await hospital.get(
                "/fhir/Condition?_id=\(everything.ids[1]),\(everything.ids[4])&_summary=count")
            #expect(named.json[["total"]] == 2)
            #expect(try await Self.all(hospital, "Condition?_id=\(everything.ids[3])").ids == [everything.ids[3]])
        }
    }

    @Test("who asks for a Patient by what it is not found by is told so, and not shown every Patient")
    func ignored() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            _ = try await hospital.refer()
            let number = "identifier=http://hospital.example/mrn|99999"
            #expect(try await hospital.get("/fhir/Patient?\(number)").status == .unprocessableContent)
            #expect(try await hospital.get("/fhir/Organization?name=x").status == .unprocessableContent)
            for path in ["/fhir/Patient?\(number)", "/fhir/HealthcareService?colour=red"] {
                let lenient = try await hospital.get(path, headers: ["Prefer": "handling=lenient"])
                let outcome = (lenient.json[["entry"]]?.array ?? []).first { $0[["search", "mode"]] == "outcome" }
                #expect(outcome?[["resource", "issue", 0, "code"]] == "not-supported", "\(path)")
                #expect(lenient.json[["total"]]?.integer == (path.contains("Patient") ? 1 : 3))
            }
        }
    }

    /// Another person of the same hospital.
    private static func other(_ bundle: inout JSONValue) {
        bundle[["entry", 0, "resource", "identifier", 0, "value"]] = "54321"
        bundle[["entry", 0, "resource", "name", 0, "family"]] = "Somebody"
        bundle[["entry", 0, "resource", "birthDate"]] = "1961-07-12"
        bundle[["entry", 2, "resource", "identifier", 0, "value"]] = "ORD-2"
    }

    @Test(
        "a number that stands for a resource about somebody else is refused: nothing is answered under the wrong name")
    func aboutAnother() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let first = String(try await hospital.refer()[0].dropFirst("/fhir/".count))
            let second = String(try await hospital.refer(Self.other)[0].dropFirst("/fhir/".count))
            #expect(first != second)
            let condition = ["If-None-Exist": "identifier=http://hospital.example/conditions|C-1"]
            _ = try await hospital.post("/fhir/Condition", Self.condition(of: first), headers: condition)
            let refused = try await hospital.post("/fhir/Condition", Self.condition(of: second), headers: condition)
            #expect(refused.status == .preconditionFailed)
            #expect(try await hospital.get("/fhir/Condition").json[["total"]] == 1)
        }
    }

    @Test("what comes along and is about somebody else is on record as about them")
    func includedOfAnother() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let first = String(try await hospital.refer()[0].dropFirst("/fhir/".count))
            let condition = try await hospital.post("/fhir/Condition", Self.condition(of: first))
            let id = try #require(condition.json[["id"]]?.string)
            _ = try await hospital.refer {
                Self.other(&$0)
                $0[["entry", 2, "resource", "supportingInfo"]] = [["reference": .string("Condition/\(id)")]]
            }
            let found = try await hospital.get(
                "/fhir/ServiceRequest?identifier=http://hospital.example/orders|ORD-2"
                    + "&_include=ServiceRequest:supporting-info")
            #expect((found.json[["entry"]]?.array ?? []).contains { $0[["resource", "resourceType"]] == "Condition" })
            let people = try await server.referring.look(
                Statement(
                    "test.audit",
                    """
                    select unnest(participant_ids) from referral.audit_event
                    where operation_id = 'fhirSearchServiceRequests' order by 1
                    """), as: ParticipantID.self)
            let all = try await server.referring.look(
                Statement("test.people", "select participant_id from referral.participant order by 1"),
                as: ParticipantID.self)
            #expect(all.count == 2 && people == all)
        }
    }

    @Test("references that lead in a circle are kept as they are, and followed nowhere")
    func circles() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let order = "urn:uuid:0b0e4c5e-0000-4000-8000-000000000003"
            let patient = "urn:uuid:0b0e4c5e-0000-4000-8000-000000000001"
            let paths = try await hospital.refer {
                $0[["entry", 2, "resource", "basedOn"]] = [["reference": .string(order)]]
                $0[["entry", 3, "resource", "partOf"]] = [
                    ["reference": "urn:uuid:0b0e4c5e-0000-4000-8000-000000000004"]
                ]
                $0[["entry", 0, "resource", "link"]] = [
                    ["other": ["reference": .string(patient)], "type": "seealso"]
                ]
                $0[["entry", 2, "resource", "contained"]] = [
                    ["resourceType": "Observation", "id": "a", "hasMember": [["reference": "#a"]]]
                ]
            }
            let found = try await hospital.get(
                "/fhir/Task?_include=Task:focus&_include=Task:patient&_include=Task:requester")
            #expect(found.json[["entry"]]?.array?.filter { $0[["search", "mode"]] == "include" }.count == 3)
            let read = try await hospital.get(paths[2])
            #expect(read.json[["basedOn", 0, "reference"]]?.string == String(paths[2].dropFirst("/fhir/".count)))
        }
    }
}
