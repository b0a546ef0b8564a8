import FHIR
import HTTPTypes
import JSON
import Postgres
import TestKit
import Testing

@testable import Referrals

@Suite("Bad input over FHIR")
struct BadInputTests {
    @Test("every refusal is an OperationOutcome with a clear reason, and stores nothing")
    func refusals() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let good = try SampleReferral.bundle().serialized()
            var poor = hospital
            poor.scopes = "system/Task.rs"
            var answers: [(String, Sender.Answer, Int)] = []
            answers.append(("no JSON", try await hospital.send(.post, "/fhir", Array("{\"a\":".utf8)), 400))
            answers.append(("no body", try await hospital.send(.post, "/fhir"), 400))
            answers.append(("no resource", try await hospital.post("/fhir", ["a": 1]), 400))
            answers.append(("a Patient", try await hospital.post("/fhir", ["resourceType": "Patient"]), 422))
            answers.append(("no XML", try await hospital.send(.post, "/fhir", good, type: "application/fhir+xml"), 400))
            answers.append(
                ("Turtle", try await hospital.send(.post, "/fhir", good, type: "application/fhir+turtle"), 415))
            answers.append(
                ("10 MB", try await hospital.send(.post, "/fhir", [UInt8](repeating: 0x20, count: 10 << 20)), 413)
            )
            answers.append(("no scope", try await poor.send(.post, "/fhir", good), 403))
            answers.append(("no token", try await hospital.send(.post, "/fhir", good, token: "x"), 401))
            answers.append(("no route", try await hospital.get("/fhir/Nothing/1"), 404))
            answers.append(("no method", try await hospital.send(.delete, "/fhir/Task/1"), 405))
            let unknownCode = try SampleReferral.bundle { $0[["entry", 3, "resource", "status"]] = "begun" }
            answers.append(("unknown code", try await hospital.post("/fhir", unknownCode), 422))
            let wrongType = try SampleReferral.bundle { $0[["entry", 0, "resource", "name"]] = "Robin Example" }
            answers.append(("wrong type", try await hospital.post("/fhir", wrongType), 400))
            for (what, answer, status) in answers {
                #expect(answer.status.code == status, "\(what)")
                #expect(answer.json[["resourceType"]] == "OperationOutcome", "\(what)")
                #expect(answer.json[["issue", 0, "diagnostics"]]?.string?.isEmpty == false, "\(what)")
                let text = String(decoding: answer.json.serialized(), as: UTF8.self)
                #expect(!text.contains("Robin") && !text.contains("begun"), "\(what)")
            }
            #expect(try await server.told().isEmpty)
        }
    }

    /// Whether a type is found by exactly those parameters and includes that the statement names.
    private static func searches(
        _ hospital: Sender, _ type: String, _ resource: JSONValue, says isSearched: Bool
    ) async throws {
        func names(_ list: String) -> [String] {
            (resource[[.member(list)]]?.array ?? []).compactMap { $0.string ?? $0[["name"]]?.string }
        }
        let id = "01234567-89ab-4def-8123-456789abcdef"
        func answers(_ query: String) async throws -> Int {
            // A search of consents is always of one patient.
            let path = type == "Consent" ? "/fhir/Consent?patient=\(id)&\(query)" : "/fhir/\(type)?\(query)"
            return try await hospital.get(path, headers: ["Prefer": "handling=strict"]).status.code
        }
        guard isSearched else {
            #expect(names("searchParam").isEmpty && names("searchInclude").isEmpty)
            #expect([404, 405].contains(try await answers("_count=1")), "\(type)")
            return
        }
        // Consents are always of one patient; subscriptions are few, and listed whole.
        guard type != "Consent", type != "Subscription" else { return }
        for name in names("searchParam") {
            #expect(try await answers("\(name):missing=false") == 200, "\(type) \(name)")
        }
        for include in names("searchInclude") {
            #expect(try await answers("_include=\(include)") == 200, "\(type) \(include)")
        }
        for include in names("searchRevInclude") {
            #expect(try await answers("_revinclude=\(include)") == 200, "\(type) \(include)")
        }
        for query in ["colour=red", "_include=\(type):colour", "_revinclude=Observation:subject"] {
            #expect(try await answers(query) == 422, "\(type) \(query)")
        }
    }

    @Test("the same number for another order is refused")
    func reusedNumber() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            _ = try await hospital.refer()
            let other = try SampleReferral.bundle { $0[["entry", 2, "resource", "priority"]] = "routine" }
            let answer = try await hospital.post("/fhir", other)
            #expect(answer.status == .conflict)
            #expect(answer.json[["resourceType"]] == "OperationOutcome")
        }
    }

    @Test("the capability statement names every type and interaction that has a route, and no other")
    func capabilities() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let answer = try await hospital.get("/fhir/metadata")
            #expect(answer.status == .ok)
            let resources = try #require(answer.json[["rest", 0, "resource"]]?.array)
            for resource in resources {
                let type = try #require(resource[["type"]]?.string)
                let interactions = (resource[["interaction"]]?.array ?? []).compactMap { $0[["code"]]?.string }
                let id = "01234567-89ab-4def-8123-456789abcdef"
                func exists(_ method: HTTPRequest.Method, _ path: String) async throws -> Bool {
                    let body: [UInt8] = method == .get ? [] : Array("{}".utf8)
                    let mediaType = method == .patch ? "application/json-patch+json" : "application/fhir+json"
                    let answer = try await hospital.send(method, path, body, type: mediaType)
                    // A path without the method is 405, one that no route has says so in its diagnostics by 404 of reading.
                    return answer.status != .methodNotAllowed && !(method != .get && answer.status == .notFound)
                }
                #expect(try await exists(.get, "/fhir/\(type)/\(id)") == interactions.contains("read"), "\(type)")
                // A path that a route has refuses another method; one that no route has is not there at all.
                for (path, name) in [("_history", "history-instance"), ("_history/1", "vread")] {
                    let answer = try await hospital.post("/fhir/\(type)/\(id)/\(path)", ["resourceType": "Task"])
                    #expect((answer.status == .methodNotAllowed) == interactions.contains(name), "\(type) \(name)")
                }
                #expect(try await exists(.put, "/fhir/\(type)/\(id)") == interactions.contains("update"), "\(type)")
                #expect(try await exists(.patch, "/fhir/\(type)/\(id)") == interactions.contains("patch"), "\(type)")
                #expect(try await exists(.post, "/fhir/\(type)") == interactions.contains("create"), "\(type)")
                try await Self.searches(hospital, type, resource, says: interactions.contains("search-type"))
            }
        }
    }
}
