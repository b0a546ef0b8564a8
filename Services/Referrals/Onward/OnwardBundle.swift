internal import Confidentiality
internal import FHIR
internal import FoundationEssentials
internal import JSON
internal import Models
internal import ReferralsDomain

/// A referral as it is sent on: a transaction as Gravity's direct mode has it, with Patient, ServiceRequest, Task and the
/// consent under which it is told, labelled, and with the notice of 42 CFR 2.32 where it is read.
///
/// It holds what the permit lets through and nothing else. Under the number of the onward referral the other side knows
/// it again, however often it comes.
struct OnwardBundle: Sendable {
    let onward: OnwardReferral
    let agency: AgencyProfile
    /// Whom it goes to.
    let partner: Partner
    let permit: Permit
    /// The consent that it rests on; nil where none is needed.
    let consent: Consent?
    let identity: PersonIdentity
    let request: ReferralRequest
    let note: String?
    /// The kind of service, in words; nil for peer support.
    let service: String?
    /// Where the agency's numbers are its own.
    let system: String
    let now: Instant

    private enum Part: String, CaseIterable {
        case patient, order, task, consent

        /// The place of a part: made of the onward referral's id, so that it is the same in each attempt.
        func url(_ id: OnwardID) -> String {
            var bytes = id.rawValue.uuid
            bytes.15 ^= UInt8(Self.allCases.firstIndex(of: self) ?? 0) + 1
            return "urn:uuid:\(UUID(uuid: bytes).lowercasedText)"
        }
    }

    /// What is posted to the base of the other side's server.
    func document() throws(R4.Refusal) -> FHIRDocument {
        var entries = [
            entry(.patient, try patient()), entry(.order, try order(), once: true),
            entry(.task, try task(), once: true),
        ]
        if let consent = try consentDocument() { entries.insert(entry(.consent, consent), at: 1) }
        return try FHIRDocument([
            "resourceType": "Bundle", "type": "transaction", "timestamp": .string(now.fhirText),
            "entry": .array(entries),
        ]).labelled(labels)
    }

    private func entry(_ part: Part, _ document: FHIRDocument, once: Bool = false) -> JSONValue {
        var request: JSONObject = ["method": "POST", "url": .string(document.resourceType)]
        if once { request["ifNoneExist"] = .string("identifier=\(system)|\(onward.onwardID)") }
        return [
            "fullUrl": .string(part.url(onward.onwardID)), "resource": .object(document.json),
            "request": .object(request),
        ]
    }

    private func patient() throws(R4.Refusal) -> FHIRDocument {
        var patient: JSONObject = ["resourceType": "Patient"]
        var name = JSONObject()
        name.set("family", ifPresent: identity.familyName.map { .string($0) })
        name.set("given", ifPresent: identity.givenName.map { [.string($0)] })
        patient["name"] = [.object(name)]
        if permit.allows(.phone), let phone = identity.phone {
            patient["telecom"] = [["system": "phone", "value": .string(phone)]]
        }
        if permit.allows(.gender) { patient.set("gender", ifPresent: identity.gender.map { .string($0.rawValue) }) }
        if permit.allows(.birthDate) {
            patient.set("birthDate", ifPresent: identity.birthDate.map { .string($0.description) })
        }
        if permit.allows(.address), identity.address != nil || identity.postalCode != nil {
            var address = JSONObject()
            address.set("text", ifPresent: identity.address.map { .string($0) })
            address.set("postalCode", ifPresent: identity.postalCode.map { .string($0) })
            patient["address"] = [.object(address)]
        }
        return try FHIRDocument(patient).labelled(labels)
    }

    private func order() throws(R4.Refusal) -> FHIRDocument {
        var order = ordered("ServiceRequest")
        order["status"] = "active"
        order["category"] = [
            [
                "coding": [
                    ["system": "http://snomed.info/sct", "code": "410606002", "display": "Social service procedure"]
                ]
            ]
        ]
        order["code"] = code
        order["subject"] = ["reference": .string(Part.patient.url(onward.onwardID))]
        if consent != nil { order["supportingInfo"] = [["reference": .string(Part.consent.url(onward.onwardID))]] }
        let words: JSONValue = ["text": .string(notice)]
        order["note"] = .array((note.map { [["text": .string($0)]] } ?? []) + [words])
        return try FHIRDocument(order).labelled(labels)
    }

    private func task() throws(R4.Refusal) -> FHIRDocument {
        var task = ordered("Task")
        task["status"] = "requested"
        task["code"] = ["coding": [["system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"]]]
        task["focus"] = ["reference": .string(Part.order.url(onward.onwardID))]
        task["for"] = ["reference": .string(Part.patient.url(onward.onwardID))]
        task["owner"] = ["display": .string(partner.name)]
        task["note"] = [["text": .string(notice)]]
        return try FHIRDocument(task).labelled(labels)
    }

    /// What order and Task have in common.
    private func ordered(_ type: String) -> JSONObject {
        [
            "resourceType": .string(type),
            "contained": [["resourceType": "Organization", "id": "sender", "name": .string(agency.name)]],
            "identifier": [["system": .string(system), "value": .string(onward.onwardID.description)]],
            "intent": "order",
            "priority": .string(onward.priority.rawValue),
            "authoredOn": .string(onward.queuedAt.fhirText),
            "requester": ["reference": "#sender"],
        ]
    }

    private func consentDocument() throws(R4.Refusal) -> FHIRDocument? {
        guard let consent else { return nil }
        let document = try ConsentRendering(agency: agency, now: now).document(
            consent, id: onward.onwardID.rawValue, patient: onward.onwardID.rawValue, partner: partner)
        return document.setting(["id"], to: nil).setting(["meta", "versionId"], to: nil)
            .setting(["meta", "lastUpdated"], to: nil)
            .setting(["organization"], to: [["display": .string(agency.name)]])
            .setting(["patient"], to: ["reference": .string(Part.patient.url(onward.onwardID))])
    }

    private var code: JSONValue {
        guard let code = onward.service else {
            return [
                "coding": [
                    [
                        "system": "http://snomed.info/sct", "code": "461481000124109",
                        "display": "Referral to peer support",
                    ]
                ]
            ]
        }
        let text: JSONValue = .string(service ?? code)
        return [
            "coding": [["system": "urn:handrail:linkage-service", "code": .string(code), "display": text]],
            "text": text,
        ]
    }

    /// 42 CFR 2.32(b): the notice, with a clear explanation of what may be done with it.
    private var notice: String {
        consent == nil
            ? RedisclosureNotice.short
            : "\(RedisclosureNotice.full) Disclosed under the person's consent, which comes with it."
    }

    private var labels: [R4.Coding] {
        agency.isPart2Program ? SecurityLabel.part2 : [SecurityLabel.Confidentiality.restricted.coding]
    }
}
