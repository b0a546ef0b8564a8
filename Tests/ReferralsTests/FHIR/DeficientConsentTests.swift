import FHIR
import HTTPTypes
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Referrals

@Suite("A deficient consent over FHIR")
struct DeficientConsentTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let what: String
        let place: String
        let path: JSONPath
        let value: JSONValue?

        init(_ what: String, _ place: String, _ path: JSONPath, _ value: JSONValue?) {
            (self.what, self.place, self.path, self.value) = (what, place, path, value)
        }

        var testDescription: String { what }
    }

    private static let stranger: JSONValue = [["role": ["text": "recipient"], "reference": ["display": "  "]]]

    static let cases = [
        Case("a recipient without a name", "provision.actor", ["provision", "actor"], stranger),
        Case("nobody named", "provision.actor", ["provision", "actor"], nil),
        Case("no provision", "provision.period", ["provision"], nil),
        Case("a provision that only permits", "provision.period", ["provision"], ["type": "permit"]),
        Case("no period", "provision.period", ["provision", "period"], nil),
        Case("an expired period", "provision.period.end", ["provision", "period"], ["end": "2026-11-20"]),
        Case("a period to come", "provision.period.start", ["provision", "period"], ["start": "2026-12-01"]),
        Case("no date of signature", "dateTime", ["dateTime"], nil),
        Case("a refusal", "provision", ["provision", "type"], "deny"),
        Case(
            "an exception for the sender", "provision", ["provision", "provision"],
            [
                [
                    "type": "deny",
                    "actor": [["role": ["text": "recipient"], "reference": ["display": "General Hospital"]]],
                ]
            ]
        ),
        Case("an unknown scope", "scope", ["scope", "coding", 0, "code"], "patient-secrecy"),
        Case("another scope", "scope", ["scope", "coding", 0, "code"], "adr"),
        Case("a draft", "status", ["status"], "draft"),
    ]

    @Test(
        "permits nothing: the referral is taken, the sender is told why, and learns accepted and no more",
        arguments: cases
    )
    func permitsNothing(_ example: Case) async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let bundle = try SampleReferral.bundle { bundle in
                var consent = bundle[["entry", 1, "resource"]] ?? .null
                consent[example.path] = example.value
                bundle[["entry", 1, "resource"]] = consent
            }
            let answer = try await hospital.post("/fhir", bundle)
            #expect(answer.status == .ok, "\(String(decoding: answer.json.serialized(), as: UTF8.self))")
            let issues = answer.json[["entry", 1, "response", "outcome", "issue"]]?.array ?? []
            #expect(issues.contains { $0[["expression", 0]]?.string == "Consent.\(example.place)" }, "\(issues)")
            #expect(issues.allSatisfy { $0[["severity"]] == "warning" })
            #expect(try await hospital.post("/fhir", bundle).json == answer.json, "the same again")
            let task = try Sender.paths(answer)[3]
            let before = try await hospital.get(task)
            #expect(before.json[["status"]] == "accepted")
            try await server.referring.moveOn()
            let after = try await hospital.get(task)
            #expect(after.json == before.json, "nothing tells that something moved")
        }
    }

    @Test("one that lacks nothing is answered without a word, and permits: an exception for others changes nothing")
    func permits() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let answer = try await hospital.post(
                "/fhir",
                try SampleReferral.bundle {
                    $0[["entry", 1, "resource", "provision", "provision"]] = [
                        [
                            "type": "deny",
                            "actor": [["role": ["text": "recipient"], "reference": ["display": "County Jail"]]],
                        ]
                    ]
                })
            #expect(answer.json[["entry", 1, "response"]] != nil)
            #expect(answer.json[["entry", 1, "response", "outcome"]] == nil)
            try await server.referring.moveOn()
            #expect(try await hospital.get(Sender.paths(answer)[3]).json[["status"]] == "in-progress")
        }
    }
}
