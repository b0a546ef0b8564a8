import FHIR
import HTTPTypes
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Referrals

/// What a client sends that creates one resource after the other.
enum PatientFirst {
    static let robin: JSONValue = [
        "resourceType": "Patient", "identifier": [["system": "http://hospital.example/mrn", "value": "12345"]],
        "name": [["family": "Example", "given": ["Robin"]]], "birthDate": "1990-04-01",
    ]
    /// Nobody can be told from others by this name.
    static let nameless: JSONValue = ["resourceType": "Patient", "name": [["text": "Robin"]]]

    static func numbered(_ number: String, system: String = "http://hospital.example/mrn") -> JSONValue {
        var patient = robin
        patient[["identifier", 0]] = ["system": .string(system), "value": .string(number)]
        return patient
    }

    static func consent(of patient: String, number: String? = nil) -> JSONValue {
        let act = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
        var consent: JSONValue = [
            "resourceType": "Consent", "status": "active",
            "scope": [
                "coding": [
                    ["system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"]
                ]
            ],
            "category": [["coding": [["system": "http://loinc.org", "code": "59284-0"]]]],
            "patient": ["reference": .string(patient)], "dateTime": "2026-11-20",
            "policyRule": ["text": "42 CFR Part 2"],
            "provision": [
                "type": "permit", "period": ["end": "2027-11-22"],
                "purpose": [["system": .string(act), "code": "TREAT"]],
                "actor": [["role": ["text": "recipient"], "reference": ["display": "General Hospital"]]],
            ],
        ]
        if let number {
            consent[["identifier"]] = [["system": "http://hospital.example/consents", "value": .string(number)]]
        }
        return consent
    }

    static func order(of patient: String, number: String? = "ORD-1") -> JSONValue {
        var order: JSONValue = [
            "resourceType": "ServiceRequest", "status": "active", "intent": "order", "priority": "stat",
            "code": ["coding": [["system": "http://snomed.info/sct", "code": "461481000124109"]]],
            "contained": [
                [
                    "resourceType": "Encounter", "id": "e", "status": "in-progress",
                    "class": ["system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"],
                ]
            ],
            "encounter": ["reference": "#e"], "subject": ["reference": .string(patient)],
        ]
        if let number {
            order[["identifier"]] = [["system": "http://hospital.example/orders", "value": .string(number)]]
        }
        return order
    }

    static func task(of order: String, for patient: String) -> JSONValue {
        [
            "resourceType": "Task", "status": "requested", "intent": "order",
            "focus": ["reference": .string(order)], "for": ["reference": .string(patient)],
        ]
    }
}

extension Sender {
    /// Creates a resource, and gives the reference under which it lies.
    func create(_ json: JSONValue, headers: [String: String] = [:]) async throws -> String {
        let type = try #require(json[["resourceType"]]?.string)
        let answer = try await post("/fhir/\(type)", json, headers: headers)
        #expect(answer.status == .created, "\(type) \(String(decoding: answer.json.serialized(), as: UTF8.self))")
        return "\(type)/\(try #require(answer.json[["id"]]?.string))"
    }
}

extension PartnerServer {
    /// How many rows a table has.
    func count(_ statement: Statement) async throws -> Int {
        try #require(try await referring.look(statement, as: Int.self).first)
    }

    func people() async throws -> Int {
        try await count(Statement("test.people", "select count(*) from referral.participant"))
    }

    func kept() async throws -> Int {
        try await count(Statement("test.kept", "select count(*) from referral.kept_resource"))
    }

    func consents() async throws -> Int {
        try await count(Statement("test.consents", "select count(*) from referral.consent"))
    }
}
