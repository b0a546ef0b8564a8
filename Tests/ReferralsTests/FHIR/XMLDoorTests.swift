import FHIR
import HTTPTypes
import HummingbirdTesting
import JSON
import Models
import NIOCore
import Postgres
import TestKit
import Testing

@testable import Referrals

@Suite("FHIR in XML at the door")
struct XMLDoorTests {
    private static func answer(
        _ sender: Sender, _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8] = [],
        type: String = "application/fhir+xml", accept: String? = nil
    ) async throws -> (status: Int, type: String?, bytes: [UInt8]) {
        var fields: HTTPFields = [.authorization: "Bearer \(sender.partnerID)|\(sender.clientID)|\(sender.scopes)"]
        if !body.isEmpty { fields[.contentType] = type }
        fields[.accept] = accept
        let response = try await sender.server.client.execute(
            uri: path, method: method, headers: fields, body: ByteBuffer(bytes: body))
        return (response.status.code, response.headers[.contentType], Array(response.body.readableBytesView))
    }

    @Test("a hospital that speaks XML refers, reads and takes back, and nothing of what it sent is lost")
    func journey() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let bundle = try FHIRDocument(#require(try SampleReferral.bundle().object))
            let posted = try await Self.answer(
                hospital, .post, "/fhir", try bundle.serializedXML(), accept: "application/fhir+xml")
            #expect(posted.status == 200 && posted.type == "application/fhir+xml")
            let response = try FHIRDocument.parse(xml: posted.bytes)
            let places = (response[["entry"]]?.array ?? []).compactMap { $0[["response", "location"]]?.string }
            #expect(places.count == 6)
            let paths = places.map { "/fhir/" + $0.split(separator: "/").prefix(2).joined(separator: "/") }
            let patient = try await Self.answer(hospital, .get, paths[0], accept: "application/fhir+xml")
            #expect(String(decoding: patient.bytes, as: UTF8.self).contains(#"<valueDecimal value="72.50"/>"#))
            // The same in JSON is the same order.
            #expect(try await hospital.refer() == paths)
            let task = try FHIRDocument.parse(
                xml: try await Self.answer(hospital, .get, paths[3], accept: "text/xml").bytes)
            #expect(task[["status"]] == "accepted")
            let cancelled = task.settingStatus("cancelled").setting(
                ["statusReason"], to: ["text": "Went home & <rests>."])
            let done = try await Self.answer(
                hospital, .put, "\(paths[3])?_format=xml", try cancelled.serializedXML())
            #expect(done.status == 200)
            #expect(try FHIRDocument.parse(xml: done.bytes)[["statusReason", "text"]] == "Went home & <rests>.")
            for path in ["/fhir/Task", "/fhir/metadata", "/fhir/HealthcareService", "\(paths[3])/_history"] {
                let answer = try await Self.answer(hospital, .get, path, accept: "application/fhir+xml")
                #expect(answer.type == "application/fhir+xml", "\(path)")
                let json = try await hospital.get(path)
                #expect(try FHIRDocument.parse(xml: answer.bytes).canonical() == json.document.canonical(), "\(path)")
            }
        }
    }

    @Test("Patient, Consent and order come one after the other in XML")
    func oneAfterTheOther() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            func create(_ json: JSONValue) async throws -> FHIRDocument {
                let document = try FHIRDocument(#require(json.object))
                let answer = try await Self.answer(
                    hospital, .post, "/fhir/\(document.resourceType)", try document.serializedXML(),
                    accept: "application/fhir+xml")
                #expect(answer.status == 201 && answer.type == "application/fhir+xml")
                return try FHIRDocument.parse(xml: answer.bytes)
            }
            let patient = "Patient/\(try #require(try await create(PatientFirst.robin).id))"
            // The same in JSON is the same Patient.
            #expect(try await hospital.create(PatientFirst.robin) == patient)
            let consent = try await create(PatientFirst.consent(of: patient))
            #expect(consent[["patient", "reference"]]?.string == patient)
            let order = try await create(PatientFirst.order(of: patient))
            #expect(order[["subject", "reference"]]?.string == patient)
            #expect(try await server.consents() == 1)
        }
    }

    @Test(
        "an answer is in the format that was asked for",
        arguments: [
            (nil, "", "json"), ("application/fhir+xml", "", "xml"),
            ("application/xml;q=0.5, application/json", "", "json"),
            ("application/json;q=0.1, text/xml;q=0.9", "", "xml"), ("text/html, */*", "", "json"),
            ("application/fhir+json", "?_format=xml", "xml"),
            ("application/xml", "?_format=application/fhir+json", "json"),
            (nil, "?_format=application%2Ffhir%2Bxml", "xml"), (nil, "?_format=text/turtle", "json"),
        ] as [(String?, String, String)])
    func negotiated(_ accept: String?, _ query: String, _ format: String) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            for path in ["/fhir/Task", "/fhir/Task/01234567-89ab-4def-8123-456789abcdef", "/fhir/Nothing"] {
                let answer = try await Self.answer(hospital, .get, path + query, accept: accept)
                #expect(answer.type == "application/fhir+\(format)", "\(path)")
                #expect(answer.bytes.first == UInt8(ascii: format == "xml" ? "<" : "{"))
            }
        }
    }

    @Test("bombs and nonsense in XML are refused with an OperationOutcome and store nothing")
    func refused() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let bombs = [
                #"<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]><Bundle xmlns="http://hl7.org/fhir"/>"#,
                #"<!DOCTYPE Bundle SYSTEM "file:///etc/passwd"><Bundle xmlns="http://hl7.org/fhir"/>"#,
                #"<Bundle xmlns="http://hl7.org/fhir">"#, #"{"resourceType":"Bundle"}"#,
            ]
            for text in bombs {
                let answer = try await Self.answer(
                    hospital, .post, "/fhir", Array(text.utf8), accept: "application/fhir+xml")
                #expect(answer.status == 400)
                #expect(try FHIRDocument.parse(xml: answer.bytes).resourceType == "OperationOutcome")
            }
            #expect(try await server.told().isEmpty)
        }
    }

    @Test("what XML cannot carry is said, not left out")
    func notAcceptable() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let path = try await hospital.refer { $0[["entry", 0, "resource", "colour"]] = "red" }[0]
            #expect(try await hospital.get(path).json[["colour"]] == "red")
            let answer = try await Self.answer(hospital, .get, path, accept: "application/fhir+xml")
            #expect(answer.status == 406)
        }
    }

    @Test("what cannot be answered as it was asked for is not done either")
    func notAcceptableNotDone() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let path = try await hospital.refer { $0[["entry", 3, "resource", "colour"]] = "red" }[3]
            var task = try await hospital.get(path).json
            task[["status"]] = "cancelled"
            task[["statusReason"]] = ["text": "Went home."]
            let changed = try await Self.answer(
                hospital, .put, path, task.serialized(), type: "application/fhir+json", accept: "application/fhir+xml")
            #expect(changed.status == 406 && changed.type == "application/fhir+json")
            #expect(try await hospital.get(path).json[["status"]] == "accepted")
            let order: JSONValue = [
                "resourceType": "ServiceRequest", "status": "active", "intent": "order", "colour": "red",
                "contained": [["resourceType": "Patient", "id": "p", "name": [["family": "Other"]]]],
                "code": ["text": "peer support"], "subject": ["reference": "#p"],
            ]
            let created = try await Self.answer(
                hospital, .post, "/fhir/ServiceRequest", order.serialized(), type: "application/fhir+json",
                accept: "application/fhir+xml")
            #expect(created.status == 406)
            #expect(try await hospital.get("/fhir/ServiceRequest").json[["total"]] == 1)
            #expect(try await server.told() == ["referral.accepted.v1"])
        }
    }
}
