import FHIR
import FoundationEssentials
import JSON
import Testing

/// What the tests read and build.
enum Fixture {
    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func json(_ text: String) throws -> JSONValue { try JSONValue.parse(bytes(text)) }

    static func document(_ text: String) throws -> FHIRDocument { try FHIRDocument.parse(bytes(text)) }

    /// A hospital's referral: the four resources that refer to each other by urn:uuid.
    static let referral = """
        {"resourceType":"Bundle","type":"transaction","entry":[
          {"fullUrl":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000001","request":{"method":"POST","url":"Patient",
             "ifNoneExist":"identifier=http://hospital.example/mrn%7C12345"},
           "resource":{"resourceType":"Patient",
             "identifier":[{"system":"http://hospital.example/mrn","value":"12345"}],
             "extension":[{"url":"http://hospital.example/weight","valueDecimal":72.50}],
             "name":[{"family":"Example","given":["Robin"]}],"birthDate":"1990-04-01","gender":"unknown",
             "telecom":[{"system":"phone","value":"+1 555 0100","use":"mobile"}],
             "communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"en"}]}},
               {"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"es"}]},"preferred":true}]}},
          {"fullUrl":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000002","request":{"method":"POST","url":"Consent"},
           "resource":{"resourceType":"Consent","status":"active",
             "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
             "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
             "patient":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000001"},"dateTime":"2026-11-22",
             "policyRule":{"text":"42 CFR Part 2"},
             "provision":{"type":"permit","period":{"end":"2027-11-22"},"actor":[{"role":{"text":"recipient"},
               "reference":{"display":"General Hospital"}}]}}},
          {"fullUrl":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000003",
           "request":{"method":"POST","url":"ServiceRequest"},
           "resource":{"resourceType":"ServiceRequest","status":"active","intent":"order","priority":"stat",
             "identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"PLAC"}]},
               "system":"http://hospital.example/orders","value":"ORD-1"}],
             "code":{"coding":[{"system":"http://snomed.info/sct","code":"461481000124109"}]},
             "subject":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000001"},
             "encounter":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000005"},
             "supportingInfo":[{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000002"}],
             "authoredOn":"2026-11-22T00:55:00-05:00"}},
          {"fullUrl":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000004","request":{"method":"POST","url":"Task"},
           "resource":{"resourceType":"Task","status":"requested","intent":"order",
             "code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},
             "focus":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000003"},
             "for":{"reference":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000001"},
             "authoredOn":"2026-11-22T00:55:00-05:00"}},
          {"fullUrl":"urn:uuid:0b0e4c5e-0000-4000-8000-000000000005","request":{"method":"POST","url":"Encounter"},
           "resource":{"resourceType":"Encounter","status":"in-progress",
             "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"EMER"}}}
        ]}
        """

    static func referralBundle(_ change: (inout JSONValue) -> Void = { _ in }) throws -> R4.Bundle {
        var value = try json(referral)
        change(&value)
        return try R4.Bundle(FHIRDocument(#require(value.object)))
    }
}

/// Published FHIR R4 examples (HL7's own, Gravity, BSeR, behavioural health, US Core), where they lie beside the package.
enum PublishedExamples {
    static let folder: String? = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = package.appending(path: "../shared/data/fhir-r4").path
        return FileManager.default.fileExists(atPath: folder) ? folder : nil
    }()

    static let skipReason: Comment = "the published examples (../shared/data/fhir-r4) are not beside this package"

    static let all: [(name: String, bytes: [UInt8])] = {
        guard let folder, let names = try? FileManager.default.subpathsOfDirectory(atPath: folder) else { return [] }
        return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
            FileManager.default.contents(atPath: "\(folder)/\(name)").map { (name, Array($0)) }
        }
    }()
}
