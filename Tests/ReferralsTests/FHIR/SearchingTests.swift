import FHIR
import HTTPTypes
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Referrals

@Suite("Searching by FHIR")
struct SearchingTests {
    private static func found(_ answer: Sender.Answer, _ mode: JSONValue = "match") -> [String] {
        (answer.json[["entry"]]?.array ?? []).filter { $0[["search", "mode"]] == mode }.compactMap {
            $0[["resource", "resourceType"]]?.string
        }.sorted()
    }

    @Test(
        "what a Task and an order refer to comes along where it is asked for, each once",
        arguments: [
            ("Task?_include=Task:focus", ["ServiceRequest"]),
            ("Task?_include=Task:focus:ServiceRequest", ["ServiceRequest"]),
            ("Task?_include=Task:patient&_include=Task:requester", ["Organization", "Patient"]),
            ("Task?_include=Task:owner", ["Organization"]),
            ("ServiceRequest?_include=ServiceRequest:subject&_include=ServiceRequest:patient", ["Patient"]),
            ("ServiceRequest?_include=ServiceRequest:supporting-info", ["Consent"]),
            ("ServiceRequest?_include=ServiceRequest:requester", ["Organization"]),
            ("ServiceRequest?_revinclude=Task:focus", ["Task"]), ("ServiceRequest?_include=Task:focus", []),
        ])
    func includes(_ query: String, _ types: [String]) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            _ = try await hospital.refer()
            let answer = try await hospital.get("/fhir/\(query)")
            #expect(answer.status == .ok)
            #expect(Self.found(answer) == [query.hasPrefix("Task") ? "Task" : "ServiceRequest"])
            #expect(Self.found(answer, "include") == types)
            let other = try await server.hospital("Mercy Hospital").get("/fhir/\(query)")
            #expect(Self.found(other).isEmpty && Self.found(other, "include").isEmpty)
        }
    }

    @Test("what comes along needs its own scope")
    func scope() async throws {
        try await PartnerServer.with { server in
            var hospital = try await server.hospital()
            _ = try await hospital.refer()
            hospital.scopes = "system/Task.rs"
            #expect(try await hospital.get("/fhir/Task").status == .ok)
            #expect(try await hospital.get("/fhir/Task?_include=Task:patient").status == .forbidden)
            #expect(try await hospital.get("/fhir/ServiceRequest").status == .forbidden)
            for chained in ["focus.status=active", "focus:ServiceRequest.status=active"] {
                #expect(try await hospital.get("/fhir/Task?\(chained)").status == .forbidden)
            }
        }
    }

    @Test(
        "orders are found by what they say, and Tasks by what their orders say",
        arguments: [
            ("ServiceRequest?status=active", 2), ("ServiceRequest?status=revoked", 1),
            ("ServiceRequest?intent=order", 3),
            ("ServiceRequest?code=461481000124109", 3), ("ServiceRequest?category=x", 0),
            ("ServiceRequest?identifier=http://hospital.example/orders|ORD-2", 1),
            ("ServiceRequest?_lastUpdated=ge2026-11-22T09:01:00Z", 1), ("ServiceRequest?occurrence:missing=true", 3),
            ("Task?focus:ServiceRequest.status=active", 2), ("Task?focus.status=revoked", 1),
            ("Task?focus.identifier=http://hospital.example/orders|ORD-1&status=accepted", 1),
            ("Task?focus.identifier:missing=true", 0),
        ])
    func orders(_ query: String, _ count: Int) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            var paths: [String] = []
            for number in 1...3 {
                paths = try await hospital.refer {
                    $0[["entry", 2, "resource", "identifier", 0, "value"]] = .string("ORD-\(number)")
                }
            }
            server.referring.clock.advance(by: .seconds(60))
            let patch: JSONValue = [
                ["op": "replace", "path": "/status", "value": "cancelled"],
                ["op": "add", "path": "/statusReason/text", "value": "Went home."],
            ]
            _ = try await hospital.send(.patch, paths[3], patch.serialized(), type: "application/json-patch+json")
            let answer = try await hospital.get("/fhir/\(query)")
            #expect(answer.status == .ok)
            #expect(answer.json[["total"]]?.integer == count)
            // By a form it is the same, and page by page.
            let parts = query.split(separator: "?")
            let form = try await hospital.send(
                .post, "/fhir/\(parts[0])/_search", Array(parts[1].utf8), type: "application/x-www-form-urlencoded")
            #expect(form.json[["total"]]?.integer == count)
            var pages = 0
            var next: String? = "/fhir/\(query)&_count=1"
            while let url = next {
                let page = try await hospital.get(url)
                pages += Self.found(page).count
                next = (page.json[["link"]]?.array ?? []).first { $0[["relation"]] == "next" }?[["url"]]?.string
                    .map { String($0.dropFirst(PartnerServer.publicURL.count)) }
            }
            #expect(pages == count)
        }
    }

    @Test("several are read by their ids at once, one's own only")
    func byID() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            var ids: [String] = []
            for number in 1...3 {
                let paths = try await hospital.refer {
                    $0[["entry", 2, "resource", "identifier", 0, "value"]] = .string("ORD-\(number)")
                }
                ids.append(String(paths[3].dropFirst("/fhir/Task/".count)))
            }
            let two = ids.prefix(2).joined(separator: ",")
            let found = try await hospital.get("/fhir/Task?_id=\(two)&_include=Task:focus")
            #expect(Self.found(found) == ["Task", "Task"])
            #expect(Self.found(found, "include") == ["ServiceRequest", "ServiceRequest"])
            let first = try await hospital.get("/fhir/Task?_id=\(two)&_count=1")
            let next = try #require(
                (first.json[["link"]]?.array ?? []).first { $0[["relation"]] == "next" }?[["url"]]?.string)
            let second = try await hospital.get(String(next.dropFirst(PartnerServer.publicURL.count)))
            #expect(Self.found(second) == ["Task"])
            let other = try await server.hospital("Mercy Hospital").get("/fhir/Task?_id=\(two)")
            #expect(other.json[["total"]] == 0)
        }
    }
}
