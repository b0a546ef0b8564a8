import FHIR
import HTTPTypes
import JSON
import Models
import TestKit
import Testing

@testable import Referrals

@Suite(
    "FHIR answers before a validator that is not ours",
    .enabled(if: IndependentValidator.shared != nil, "no Python with fhir.resources 6.1.0 (python3, pip)")
)
struct ConformanceTests {
    @Test("every kind of answer is valid R4, and the validator sees what is not")
    func valid() async throws {
        let validator = try #require(IndependentValidator.shared)
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let bundle = try SampleReferral.bundle()
            let posted = try await hospital.post("/fhir", bundle)
            let paths = try Sender.paths(posted)
            let order: JSONValue = [
                "resourceType": "ServiceRequest", "status": "active", "intent": "order",
                "contained": [["resourceType": "Patient", "id": "p", "name": [["family": "Example"]]]],
                "code": ["text": "peer support"], "subject": ["reference": "#p"],
            ]
            var answers: [String: Sender.Answer] = [
                "metadata": try await hospital.get("/fhir/metadata"),
                "transaction": posted,
                "transaction-with-warnings": try await hospital.post(
                    "/fhir",
                    try SampleReferral.bundle {
                        $0[["entry", 1, "resource", "provision", "period"]] = nil
                        $0[["entry", 2, "resource", "identifier", 0, "value"]] = "ORD-2"
                        $0[["entry", 0, "resource", "identifier", 0, "value"]] = "54321"
                        $0[["entry", 0, "resource", "birthDate"]] = "1991-04-01"
                    }),
                "order": try await hospital.post("/fhir/ServiceRequest", order),
                "task-accepted": try await hospital.get(paths[3]),
            ]
            for (index, name) in ["patient", "consent", "service-request", "task", "encounter", "organization"]
                .enumerated()
            {
                answers[name] = try await hospital.get(paths[index])
            }
            answers["agency"] = try await hospital.get("/fhir/Organization/\(server.referring.agencyID)")
            answers["search"] = try await hospital.get("/fhir/Task?_include=Task:focus")
            answers["search-with-all"] = try await hospital.get(
                "/fhir/Task?_include=Task:patient&_include=Task:requester&_include=Task:owner&focus.status=active")
            answers["orders"] = try await hospital.get(
                "/fhir/ServiceRequest?_include=ServiceRequest:supporting-info&_revinclude=Task:focus")
            answers["service"] = try await hospital.get("/fhir/HealthcareService/overdose-follow-up")
            answers["services"] = try await hospital.get(
                "/fhir/HealthcareService?_include=HealthcareService:organization")
            let subscription = try await hospital.post(
                "/fhir/Subscription", SubscribingTests.subscription(heartbeat: 60, timeout: 5, maxCount: 10))
            answers["subscription"] = subscription
            let subscribed = "/fhir/Subscription/\(try #require(subscription.json[["id"]]?.string))"
            answers["subscription-read"] = try await hospital.get(subscribed)
            answers["subscription-status"] = try await hospital.get("\(subscribed)/$status")
            answers["subscription-events"] = try await hospital.get("\(subscribed)/$events")
            var changed = subscription.json
            changed[["channel", "endpoint"]] = "https://hospital.example/elsewhere"
            answers["subscription-updated"] = try await hospital.send(.put, subscribed, changed.serialized())
            answers["subscriptions"] = try await hospital.get("/fhir/Subscription")
            let patientID = try #require(paths[0].split(separator: "/").last.map(String.init))
            answers["condition"] = try await hospital.post(
                "/fhir/Condition",
                ["resourceType": "Condition", "subject": ["reference": .string("Patient/\(patientID)")]])
            answers["conditions"] = try await hospital.get("/fhir/Condition?patient=\(patientID)")
            answers["organizations"] = try await hospital.get("/fhir/Organization")
            answers["search-empty"] = try await hospital.get("/fhir/Task?status=draft")
            answers["search-with-warning"] = try await hospital.get("/fhir/Task?colour=red")
            let patient = try #require(paths[0].split(separator: "/").last)
            let consents = try await hospital.get("/fhir/Consent?patient=\(patient)")
            answers["consents"] = consents
            let recorded = try #require(consents.json[["entry", 0, "resource", "id"]]?.string)
            answers["consent-recorded"] = try await hospital.get("/fhir/Consent/\(recorded)")
            answers["history"] = try await hospital.get("\(paths[3])/_history")
            var task = try #require(answers["task"]?.json)
            task[["status"]] = "cancelled"
            answers["refusal"] = try await hospital.send(.put, paths[3], task.serialized())
            task[["statusReason"]] = ["text": "The person went home."]
            answers["task-cancelled"] = try await hospital.send(.put, paths[3], task.serialized())
            answers["order-revoked"] = try await hospital.get(paths[2])
            answers["history-of-two"] = try await hospital.get("\(paths[3])/_history")
            answers["not-found"] = try await hospital.get("/fhir/Task/01234567-89ab-4def-8123-456789abcdef")
            answers["unreadable"] = try await hospital.send(.post, "/fhir", Array("{".utf8))
            answers["unauthenticated"] = try await hospital.send(.get, "/fhir/Task", token: "nobody")
            var narrow = hospital
            narrow.scopes = "system/ServiceRequest.c"
            answers["forbidden"] = try await narrow.get("/fhir/Task")

            var resources = answers.mapValues { $0.json.serialized() }
            #expect(try validator.faults(in: resources) == [])
            // A validator that passes everything would say nothing.
            var broken = try #require(answers["task"]?.json)
            broken[["intent"]] = nil
            broken[["colour"]] = "red"
            resources["broken"] = broken.serialized()
            let found = try validator.faults(in: resources)
            #expect(found.count == 1 && found.first?.hasPrefix("broken ") == true, "\(found)")
        }
    }
}
