import Confidentiality
import FHIR
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("A Task over FHIR")
struct TaskOverFHIRTests {
    @Test("with consent the sender sees the work move, and the notice goes with it")
    func withConsent() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let paths = try await hospital.refer()
            try await server.referring.moveOn()
            let task = try await hospital.get(paths[3])
            #expect(task.json[["status"]] == "in-progress")
            #expect(task.json[["meta", "versionId"]] == "2")
            #expect(task.json[["note", 0, "text"]]?.string?.hasPrefix(RedisclosureNotice.full) == true)
        }
    }

    @Test(
        "without a consent that names it, the sender learns accepted and no more", arguments: [nil, "Mercy Hospital"])
    func withoutConsent(_ named: String?) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let paths = try await hospital.refer { bundle in
                bundle[["entry", 2, "resource", "requester"]] = nil
                bundle[["entry", 3, "resource", "requester"]] = nil
                if let named {
                    bundle[["entry", 5, "resource", "name"]] = .string(named)
                } else {
                    bundle[["entry", 1, "resource", "provision", "actor"]] = nil
                }
            }
            let before = try await hospital.get(paths[3])
            try await server.referring.moveOn()
            let after = try await hospital.get(paths[3])
            #expect(after.json[["status"]] == "accepted")
            #expect(after.json == before.json, "no version, no time, no text tells that something moved")
        }
    }

    @Test("the sender takes a referral back, with the version it was shown and a reason")
    func cancel() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let path = try await hospital.refer()[3]
            var task = try await hospital.get(path).json
            task[["status"]] = "cancelled"
            let noReason = try await hospital.send(.put, path, task.serialized())
            #expect(noReason.status == .unprocessableContent)
            #expect(noReason.json[["issue", 0, "expression", 0]] == "Task.statusReason.text")
            task[["statusReason"]] = ["text": "The person went home."]
            let stale = try await hospital.send(.put, path, task.serialized(), headers: ["If-Match": "W/\"7\""])
            #expect(stale.status == .preconditionFailed)
            #expect(stale.json[["resourceType"]] == "OperationOutcome")
            let done = try await hospital.send(.put, path, task.serialized(), headers: ["If-Match": "W/\"1\""])
            #expect(done.status == .ok)
            #expect(done.json[["status"]] == "cancelled")
            #expect(done.headers[.eTag] == "W/\"2\"")
            #expect(try await server.told() == ["referral.accepted.v1", "referral.cancelled.v1"])
            let order = try await hospital.get("/fhir/\(try #require(done.json[["focus", "reference"]]?.string))")
            #expect(order.json[["status"]] == "revoked")
        }
    }

    @Test(
        "a refused step names from and to", arguments: ["completed", "in-progress", "rejected", "draft", "requested"])
    func refusedStep(_ status: String) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let path = try await hospital.refer()[3]
            var task = try await hospital.get(path).json
            task[["status"]] = .string(status)
            task[["statusReason"]] = ["text": "because"]
            let answer = try await hospital.send(.put, path, task.serialized())
            #expect(answer.status == .unprocessableContent)
            let text = try #require(answer.json[["issue", 0, "diagnostics"]]?.string)
            #expect(text.contains("accepted") && text.contains(status))
        }
    }

    @Test("a JSON Patch of the status does the same")
    func patch() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let path = try await hospital.refer()[3]
            func patch(_ json: JSONValue) async throws -> Sender.Answer {
                try await hospital.send(.patch, path, json.serialized(), type: "application/json-patch+json")
            }
            let refused = try await patch([["op": "replace", "path": "/priority", "value": "stat"]])
            #expect(refused.status == .unprocessableContent)
            let done = try await patch([
                ["op": "replace", "path": "/status", "value": "entered-in-error"],
                ["op": "add", "path": "/statusReason", "value": ["text": "Wrong person."]],
            ])
            #expect(done.json[["status"]] == "entered-in-error")
        }
    }

    @Test("another hospital's Task cannot be found, read or changed")
    func others() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let path = try await hospital.refer()[3]
            let task = try await hospital.get(path).json
            let other = try await server.hospital("Mercy Hospital")
            #expect(try await other.get(path).status == .notFound)
            #expect(try await other.send(.put, path, task.serialized()).status == .notFound)
            #expect(try await other.get("/fhir/Task").json[["total"]] == 0)
            #expect(try await hospital.get("/fhir/Task/nonsense").status == .notFound)
        }
    }

    @Test(
        "Tasks are searched",
        arguments: [
            ("", 3), ("status=accepted", 2), ("status=cancelled", 1), ("status=accepted,cancelled", 3),
            ("status=completed", 0), ("owner:missing=true", 0), ("_lastUpdated=ge2026-11-22T09:00:00Z", 3),
            ("_lastUpdated=ge2026-11-22T09:01:00Z", 1), ("_lastUpdated=lt2026-11-22T09:01:00Z", 2),
            ("business-status=6.0", 1), ("code=fulfill", 3), ("identifier=http://x|1", 0),
            ("status=accepted&status=cancelled", 0), ("colour=blue", 3),
        ]
    )
    func search(_ query: String, _ count: Int) async throws {
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
            _ = try await hospital.send(
                .patch, paths[3], patch.serialized(), type: "application/json-patch+json"
            )
            let answer = try await hospital.get("/fhir/Task?\(query)")
            #expect(answer.status == .ok)
            #expect(answer.json[["total"]]?.integer == count)
            // Page by page it is the same.
            var found: [String] = []
            var next: String? = "/fhir/Task?\(query)&_count=1"
            while let url = next {
                let page = try await hospital.get(url)
                let matches = (page.json[["entry"]]?.array ?? []).filter { $0[["search", "mode"]] == "match" }
                #expect(matches.count <= 1)
                found += matches.compactMap { $0[["resource", "id"]]?.string }
                next = (page.json[["link"]]?.array ?? []).first { $0[["relation"]] == "next" }?[["url"]]?.string
                    .map { String($0.dropFirst(PartnerServer.publicURL.count)) }
            }
            #expect(found.count == count)
            #expect(Set(found).count == count)
            if query == "colour=blue" {
                let strict = try await hospital.get("/fhir/Task?\(query)", headers: ["Prefer": "handling=strict"])
                #expect(strict.status == .unprocessableContent)
            }
        }
    }
}
