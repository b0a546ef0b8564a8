import FHIR
import JSON
import Models
import Testing

@Suite("A referral as a hospital sends it")
struct ReferralReadingTests {
    @Test("the transaction is read with all that refers to each other")
    func complete() throws {
        let referral = try ReferralReading.transaction(Fixture.referralBundle())
        guard case .patient(let patient) = referral.person else {
            Issue.record("no patient")
            return
        }
        #expect(patient.preferredName?.family == "Example")
        #expect(patient.birthDate?.civilDate == CivilDate("1990-04-01"))
        #expect(patient.languages == ["es", "en"])
        #expect(referral.priority == .stat)
        #expect(referral.setting == .emergencyDepartment)
        #expect(referral.consents.count == 1)
        #expect(referral.task?.status == .requested)
        #expect(referral.placerIdentifier?.value == "ORD-1")
        #expect(referral.parts.map(\.role) == [.patient, .consent, .serviceRequest, .task, .other])
        #expect(referral.parts[0].ifNoneExist.identifier?.value == "12345")
        #expect(String(decoding: referral.parts[0].document.serialized(), as: UTF8.self).contains("72.50"))
    }

    @Test(
        "what is not as it must be is refused, and the issue says where",
        arguments: [
            (["type"], "batch", "Bundle.type"),
            (["entry", 0, "request", "method"], "DELETE", "Bundle.entry[0].request.method"),
            (["entry", 0, "request", "url"], "Patient/1", "Bundle.entry[0].request.url"),
            (["entry", 0, "resource", "gender"], "m", "Bundle.entry[0].resource.gender"),
            (["entry", 0, "resource", "birthDate"], "1990-02-30", "Bundle.entry[0].resource.birthDate"),
            (["entry", 0, "resource", "deceasedBoolean"], true, "Bundle.entry[0].resource.deceased"),
            (["entry", 0, "resource", "name"], "Robin", "Bundle.entry[0].resource.name"),
            (["entry", 1, "resource", "status"], "given", "Bundle.entry[1].resource.status"),
            (["entry", 1, "resource", "policyRule"], nil, "Bundle.entry[1].resource"),
            (["entry", 2, "resource", "status"], "draft", "Bundle.entry[2].resource.status"),
            (["entry", 2, "resource", "intent"], "plan", "Bundle.entry[2].resource.intent"),
            (["entry", 2, "resource", "intent"], nil, "Bundle.entry[2].resource.intent"),
            (["entry", 2, "resource", "doNotPerform"], true, "Bundle.entry[2].resource.doNotPerform"),
            (["entry", 2, "resource", "code"], nil, "Bundle.entry[2].resource.code"),
            (["entry", 2, "resource", "code", "coding", 0, "code"], "399208008", "Bundle.entry[2].resource.code"),
            (["entry", 2, "resource", "subject", "reference"], "Group/1", "Bundle.entry[2].resource.subject"),
            (
                ["entry", 2, "resource", "orderDetail"], [["coding": [["code": "contacting-subject-prohibited"]]]],
                "Bundle.entry[2].resource.orderDetail"
            ),
            (["entry", 2, "resource", "priority"], "soon", "Bundle.entry[2].resource.priority"),
            (["entry", 2, "resource", "resourceType"], "MedicationRequest", "Bundle.entry"),
            (["entry", 3, "resource", "status"], "completed", "Bundle.entry[3].resource.status"),
            (["entry", 3, "resource", "intent"], "plan", "Bundle.entry[3].resource.intent"),
            (["entry", 3, "resource", "focus"], nil, "Bundle.entry[3].resource.focus"),
            (["entry", 3, "resource", "focus", "reference"], "ServiceRequest/other", "Bundle.entry[3].resource.focus"),
            (["entry", 3, "resource", "for", "reference"], "Patient/other", "Bundle.entry[3].resource.for"),
            (["entry", 3, "resource", "authoredOn"], "yesterday", "Bundle.entry[3].resource.authoredOn"),
            (["entry", 3, "request"], nil, "Bundle.entry[3].request"),
            (["entry", 1, "fullUrl"], "urn:uuid:0b0e4c5e-0000-4000-8000-000000000001", "Bundle.entry[1].fullUrl"),
        ] as [(JSONPath, JSONValue?, String)]
    )
    func refused(_ path: JSONPath, _ value: JSONValue?, _ expression: String) {
        let refusal = #expect(throws: R4.Refusal.self) {
            try ReferralReading.transaction(Fixture.referralBundle { $0[path] = value })
        }
        #expect(refusal?.issues.contains { $0.expressions.contains(expression) } == true, "\(refusal?.issues ?? [])")
    }

    @Test("all faults are told at once")
    func together() {
        let refusal = #expect(throws: R4.Refusal.self) {
            try ReferralReading.transaction(
                Fixture.referralBundle {
                    $0[["entry", 0, "resource", "gender"]] = "x"
                    $0[["entry", 2, "resource", "code"]] = nil
                    $0[["entry", 3, "resource", "status"]] = "completed"
                }
            )
        }
        #expect(refusal?.issues.count == 3)
    }

    @Test("an order by itself is read with its contained patient, or with one known by identifier or by our id")
    func orders() throws {
        func order(_ subject: String, contained: String = "") throws -> IncomingReferral {
            try ReferralReading.order(
                Fixture.document(
                    """
                    {"resourceType":"ServiceRequest",\(contained)"status":"active","intent":"order",
                     "code":{"text":"peer support"},"subject":\(subject)}
                    """
                ),
                ifNoneExist: "identifier=http://hospital.example/orders|7"
            )
        }
        let contained = try order(
            ##"{"reference":"#p"}"##,
            contained: #""contained":[{"resourceType":"Patient","id":"p","name":[{"text":"R. Example"}]}],"#
        )
        guard case .patient(let patient) = contained.person else {
            Issue.record("the contained patient is not read")
            return
        }
        #expect(patient.names.first?.text == "R. Example")
        #expect(contained.placerIdentifier == R4.Identifier(system: "http://hospital.example/orders", value: "7"))
        let logical = try order(#"{"identifier":{"system":"s","value":"v"}}"#)
        #expect(logical.person == .identifier(R4.Identifier(system: "s", value: "v")))
        #expect(try order(#"{"reference":"Patient/1"}"#).person == .known(id: "1"))
        #expect(throws: R4.Refusal.self) { try order(##"{"reference":"#x"}"##) }
        #expect(throws: R4.Refusal.self) { try order(#"{"display":"Robin"}"#) }
    }

    @Test(
        "references resolve as R4 says",
        arguments: [
            ("urn:uuid:0B0E4C5E-0000-4000-8000-000000000001", nil, nil),
            ("Patient?identifier=http://hospital.example/mrn%7C12345", nil, nil),
            ("Patient/p1", "https://ehr.example/fhir/Patient/p1", "https://ehr.example/fhir/ServiceRequest/s1"),
            ("https://ehr.example/fhir/Patient/p1", "https://ehr.example/fhir/Patient/p1", nil),
        ] as [(String, String?, String?)]
    )
    func references(_ reference: String, _ patientURL: String?, _ orderURL: String?) throws {
        let referral = try ReferralReading.transaction(
            Fixture.referralBundle {
                $0[["entry", 2, "resource", "subject", "reference"]] = .string(reference)
                for index in [1, 3] {
                    $0[["entry", .element(index), "resource", index == 1 ? "patient" : "for"]] = nil
                }
                $0[["entry", 1, "resource", "scope"]] = ["text": "other"]
                if let patientURL { $0[["entry", 0, "fullUrl"]] = .string(patientURL) }
                if let orderURL {
                    $0[["entry", 2, "fullUrl"]] = .string(orderURL)
                    $0[["entry", 3, "resource", "focus", "reference"]] = .string(orderURL)
                }
            }
        )
        guard case .patient = referral.person else {
            Issue.record("\(reference) was not found")
            return
        }
    }

    @Test("references of the transaction become the ids that were given, everywhere")
    func rewriting() throws {
        let bundle = try Fixture.referralBundle()
        let task = try #require(bundle.entries[3].resource)
        let rewritten = task.replacingReferences {
            $0 == "urn:uuid:0b0e4c5e-0000-4000-8000-000000000003" ? "ServiceRequest/9" : nil
        }
        #expect(rewritten[["focus", "reference"]] == "ServiceRequest/9")
        #expect(rewritten[["for"]] == task[["for"]])
    }

    @Test("every entry may be missing or doubled without a crash", arguments: 0..<5)
    func missingEntries(_ index: Int) throws {
        for doubled in [false, true] {
            do throws(R4.Refusal) {
                var value = try JSONValue.object(FHIRDocument.parse(Fixture.bytes(Fixture.referral)).json)
                var entries = value[["entry"]]?.array ?? []
                if doubled { entries.append(entries[index]) } else { entries.remove(at: index) }
                value[["entry"]] = .array(entries)
                _ = try ReferralReading.transaction(R4.Bundle(FHIRDocument(value.object ?? [:])))
            } catch {
                #expect(!error.issues.isEmpty)
            }
        }
    }
}
