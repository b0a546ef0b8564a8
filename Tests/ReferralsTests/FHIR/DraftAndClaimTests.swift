import FHIR
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("Tasks that nobody works on yet")
struct DraftAndClaimTests {
    private static func draft(_ bundle: inout JSONValue) {
        bundle[["entry", 2, "resource", "status"]] = "draft"
        bundle[["entry", 3, "resource", "status"]] = "draft"
    }

    @Test("a draft is kept and nobody is told; when its sender requests it, it is a referral")
    func draft() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let paths = try await hospital.refer(Self.draft)
            var task = try await hospital.get(paths[3]).json
            #expect(task[["status"]] == "draft")
            #expect(try await hospital.get(paths[2]).json[["status"]] == "draft")
            #expect(try await server.told().isEmpty)
            for status in ["accepted", "in-progress", "cancelled", "completed"] {
                task[["status"]] = .string(status)
                task[["statusReason"]] = ["text": "because"]
                #expect(try await hospital.send(.put, paths[3], task.serialized()).status == .unprocessableContent)
            }
            task[["status"]] = "requested"
            let requested = try await hospital.send(.put, paths[3], task.serialized(), headers: ["If-Match": "W/\"1\""])
            #expect(requested.json[["status"]] == "accepted", "the agency takes emergencies on at once")
            #expect(try await hospital.get(paths[2]).json[["status"]] == "active")
            #expect(try await server.told() == ["referral.accepted.v1"])
        }
    }

    @Test("a draft that is sent again as requested does not stay lying")
    func again() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let first = try await hospital.refer(Self.draft)
            let second = try await hospital.refer()
            #expect(first == second)
            #expect(try await hospital.get(second[3]).json[["status"]] == "accepted")
            #expect(try await server.told() == ["referral.accepted.v1"])
        }
    }

    @Test("a draft that is sent again as finished has the consent and the resources that came with it this time")
    func finished() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let paths = try await hospital.refer {
                Self.draft(&$0)
                $0[["entry", 1, "resource", "provision", "actor"]] = nil
            }
            _ = try await hospital.refer {
                $0[["entry", 2, "resource", "patientInstruction"]] = "Ask for Lee."
                $0[["entry", 4, "resource", "status"]] = "finished"
            }
            try await server.referring.moveOn()
            #expect(try await hospital.get(paths[3]).json[["status"]] == "in-progress", "the consent is in force")
            let order = try await hospital.get(paths[2])
            #expect(order.json[["patientInstruction"]] == "Ask for Lee." && order.json[["status"]] == "active")
            #expect(order.headers[.eTag] == "W/\"2\"")
            #expect(try await hospital.get(paths[4]).json[["status"]] == "finished")
        }
    }

    @Test("a consent that came with the draft is recorded once, and sending it again revives none that was revoked")
    func consentOnce() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let path = try await hospital.refer(Self.draft)[3]
            let referring = server.referring
            let consents = Statement("test.c", "select consent_id from referral.consent")
            let consent = try #require(try await referring.look(consents, as: ConsentID.self).first)
            let person = try #require(
                try await referring.look(
                    Statement("test.p", "select participant_id from referral.participant"), as: ParticipantID.self
                ).first)
            try await referring.work { work in
                let locked = try await referring.store.lockPerson(person, in: work)
                _ = try await referring.store.revoke(consent, of: locked, by: "coordinator", in: work)
            }
            _ = try await hospital.refer()
            #expect(try await referring.look(consents, as: ConsentID.self) == [consent])
            try await referring.moveOn()
            #expect(try await hospital.get(path).json[["status"]] == "accepted")
        }
    }

    @Test("of two requests that finish a draft the second finds it finished")
    func finishedTwice() async throws {
        try await Referring.with { referring in
            let hospital = try await referring.hospital("General Hospital")
            var intake = Intake.emergency(of: .jane, from: hospital)
            intake.placerIdentifier = "ORD-1"
            intake.asDraft = true
            let sent = intake
            let draft = try await referring.work { try await referring.store.takeIn(sent, in: $0) }
            intake.asDraft = false
            let again = intake
            for _ in 1...2 {
                let taken = try await referring.work { try await referring.store.finish(draft, as: again, in: $0) }
                #expect(taken.stored.referral.status == .accepted)
            }
            #expect(try await referring.topics().filter { $0.hasPrefix("referral.") } == ["referral.accepted.v1"])
        }
    }

    @Test("each step of an order's sender has an entity tag of its own, and what the agency does leaves it")
    func versions() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let paths = try await hospital.refer(Self.draft)
            var seen: [[String?]] = []
            func look() async throws {
                let order = try await hospital.get(paths[2])
                seen.append([
                    order.json[["status"]]?.string, order.headers[.eTag],
                    order.json[["meta", "lastUpdated"]]?.string,
                ])
            }
            func step(_ status: String) async throws {
                server.referring.clock.advance(by: .seconds(60))
                var task = try await hospital.get(paths[3]).json
                task[["status"]] = .string(status)
                task[["statusReason"]] = ["text": "because"]
                #expect(try await hospital.send(.put, paths[3], task.serialized()).status == .ok)
            }
            try await look()
            try await step("requested")
            try await look()
            try await server.referring.moveOn()
            try await look()
            try await step("cancelled")
            try await look()
            try await step("entered-in-error")
            try await look()
            #expect(
                seen == [
                    ["draft", "W/\"1\"", "2026-11-22T09:00:00Z"], ["active", "W/\"2\"", "2026-11-22T09:01:00Z"],
                    ["active", "W/\"2\"", "2026-11-22T09:01:00Z"], ["revoked", "W/\"3\"", "2026-11-22T09:03:00Z"],
                    ["entered-in-error", "W/\"4\"", "2026-11-22T09:04:00Z"],
                ])
        }
    }

    @Test("a Task without an owner is found as one, and of two colleagues who claim it at once one does")
    func claim() async throws {
        try await PartnerServer.with { server in
            let partnerID = try await server.referring.hospital("General Hospital", policy: .review)
            let hospital = Sender(server: server, partnerID: partnerID, clientID: "client")
            let path = try await hospital.refer {
                $0[["entry", 2, "resource", "priority"]] = "routine"
                $0[["entry", 4, "resource", "class", "code"]] = "AMB"
            }[3]
            let open = "/fhir/Task?owner:missing=true&status=requested"
            #expect(try await hospital.get(open).json[["total"]] == 1)
            let id = try #require(
                try await server.referring.look(
                    Statement("test.r", "select referral_id::text from referral.referral"), as: String.self
                ).first)
            let statuses = try await server.referring.calling { client in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<2 {
                        group.addTask {
                            try await client.call(.post, "/v1/referrals/\(id)/accept", ifMatch: 1, "{}").status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
                }
            }
            #expect(statuses == [200, 412])
            #expect(try await hospital.get(open).json[["total"]] == 0)
            let task = try await hospital.get(path)
            #expect(task.json[["status"]] == "accepted")
            #expect(task.json[["owner", "reference"]]?.string == "Organization/\(server.referring.agencyID)")
        }
    }

    @Test("an intermediary's order says on what it is based, and its Task of what it is a part")
    func indirect() async throws {
        try await PartnerServer.with { server in
            let platform = try await server.hospital("Coordination Platform")
            let paths = try await platform.refer {
                $0[["entry", 2, "resource", "intent"]] = "filler-order"
                $0[["entry", 2, "resource", "basedOn"]] = [["reference": "https://ehr.example/fhir/ServiceRequest/7"]]
                $0[["entry", 3, "resource", "partOf"]] = [["reference": "https://ehr.example/fhir/Task/8"]]
            }
            let (order, task) = (try await platform.get(paths[2]), try await platform.get(paths[3]))
            #expect(order.json[["basedOn", 0, "reference"]] == "https://ehr.example/fhir/ServiceRequest/7")
            #expect(task.json[["partOf", 0, "reference"]] == "https://ehr.example/fhir/Task/8")
            #expect(try await platform.get("/fhir/ServiceRequest?intent=filler-order").json[["total"]] == 1)
        }
    }

    /// An order by itself, and the Task that its sender sends after it.
    private static func order(_ hospital: Sender) async throws -> (order: String, task: JSONValue) {
        let sent = try await hospital.post(
            "/fhir/ServiceRequest",
            [
                "resourceType": "ServiceRequest", "status": "active", "intent": "order",
                "contained": [["resourceType": "Patient", "id": "p", "name": [["family": "Example"]]]],
                "code": ["text": "peer support"], "subject": ["reference": "#p"],
            ])
        let id = try #require(sent.json[["id"]]?.string)
        return (
            id,
            [
                "resourceType": "Task", "status": "requested", "intent": "order",
                "identifier": [["system": "http://hospital.example/tasks", "value": "T-1"]],
                "focus": ["reference": .string("ServiceRequest/\(id)")],
                "extension": [["url": "http://hospital.example/ward", "valueString": "4 North"]],
            ]
        )
    }

    @Test("an order and its Task may come one after the other; the same Task again is the same")
    func two() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let (order, task) = try await Self.order(hospital)
            let condition = ["If-None-Exist": "identifier=http://hospital.example/tasks|T-1"]
            let first = try await hospital.post("/fhir/Task", task, headers: condition)
            #expect(first.status == .created)
            #expect(first.json[["identifier", 0, "value"]] == "T-1")
            #expect(first.json[["status"]] == "accepted")
            let path = try #require(first.json[["id"]]?.string)
            #expect(first.headers[.location] == "\(PartnerServer.publicURL)/fhir/Task/\(path)/_history/2")
            let again = try await hospital.post("/fhir/Task", task, headers: condition)
            #expect(again.status == .ok)
            #expect(again.json == first.json)
            let tasks = try await hospital.get("/fhir/Task?focus=ServiceRequest/\(order)")
            #expect(tasks.json[["total"]] == 1)
            var other = task
            other[["identifier", 0, "value"]] = "T-2"
            let refused = try await hospital.post("/fhir/Task", other)
            #expect(refused.status == .conflict)
            #expect(refused.json[["issue", 0, "diagnostics"]]?.string?.contains(path) == true)
        }
    }

    @Test(
        "a Task that does not belong to its order is refused, and says where",
        arguments: [
            ("focus", ["reference": "ServiceRequest/01234567-89ab-4def-8123-456789abcdef"] as JSONValue, "Task.focus"),
            ("focus", ["reference": "Patient/1"], "Task.focus"), ("focus", .null, "Task.focus"),
            ("intent", "plan", "Task.intent"), ("status", "draft", "Task.status"),
            ("status", "accepted", "Task.status"),
            ("for", ["reference": "Patient/01234567-89ab-4def-8123-456789abcdef"], "Task.for"),
        ] as [(String, JSONValue, String)])
    func refused(_ name: String, _ value: JSONValue, _ place: String) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            var (_, task) = try await Self.order(hospital)
            task[[.member(name)]] = value == .null ? nil : value
            let answer = try await hospital.post("/fhir/Task", task)
            #expect(answer.status == .unprocessableContent)
            #expect(answer.json[["issue", 0, "expression", 0]]?.string == place)
        }
    }
}
