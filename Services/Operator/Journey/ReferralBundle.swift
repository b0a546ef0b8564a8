import FoundationEssentials
import JSON
import Models

/// The transaction Bundle with which a hospital refers somebody after an overdose (Gravity SDOH Clinical Care).
struct ReferralBundle {
    /// The person, made up.
    var family: String
    var given: String
    var birthDate: String
    /// The hospital's own numbers for person and order.
    var recordNumber: String
    var orderNumber: String
    /// The hospital as the consent names it.
    var hospital: String
    var authoredAt: Instant
    /// From the emergency department, for a peer at the bedside within the hour; otherwise from a ward, in time.
    var isEmergency = true

    private let patient = "urn:uuid:\(UUID())"
    private let consent = "urn:uuid:\(UUID())"
    private let request = "urn:uuid:\(UUID())"
    private let task = "urn:uuid:\(UUID())"
    private let encounter = "urn:uuid:\(UUID())"

    init(
        family: String, given: String, birthDate: String, recordNumber: String, orderNumber: String, hospital: String,
        authoredAt: Instant
    ) {
        self.family = family
        self.given = given
        self.birthDate = birthDate
        self.recordNumber = recordNumber
        self.orderNumber = orderNumber
        self.hospital = hospital
        self.authoredAt = authoredAt
    }

    var json: JSONValue {
        [
            "resourceType": "Bundle", "type": "transaction",
            "entry": [
                entry(patient, "Patient", patientResource), entry(consent, "Consent", consentResource),
                entry(encounter, "Encounter", encounterResource),
                entry(request, "ServiceRequest", requestResource), entry(task, "Task", taskResource),
            ],
        ]
    }

    private func entry(_ url: String, _ type: String, _ resource: JSONValue) -> JSONValue {
        [
            "fullUrl": .string(url.lowercased()), "resource": resource,
            "request": ["method": "POST", "url": .string(type)],
        ]
    }

    private func reference(_ url: String) -> JSONValue { ["reference": .string(url.lowercased())] }

    private var patientResource: JSONValue {
        [
            "resourceType": "Patient",
            "identifier": [["system": "http://hospital.example/mrn", "value": .string(recordNumber)]],
            "name": [["family": .string(family), "given": [.string(given)]]], "birthDate": .string(birthDate),
            "telecom": [["system": "phone", "value": "+1 555 010 0199", "use": "mobile"]],
        ]
    }

    private var consentResource: JSONValue {
        [
            "resourceType": "Consent", "status": "active",
            "scope": [
                "coding": [
                    [
                        "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy",
                    ]
                ]
            ],
            "category": [["coding": [["system": "http://loinc.org", "code": "59284-0"]]]],
            "patient": reference(patient), "dateTime": .string(authoredAt.description),
            "policyRule": ["text": "42 CFR Part 2"],
            "provision": [
                "type": "permit",
                // 42 CFR 2.31(a)(7) wants an expiry; a period without an end says that there is none.
                "period": ["start": .string(authoredAt.description)],
                "actor": [["role": ["text": "recipient"], "reference": ["display": .string(hospital)]]],
            ],
        ]
    }

    private var encounterResource: JSONValue {
        [
            "resourceType": "Encounter", "status": "in-progress",
            "class": [
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                "code": .string(isEmergency ? "EMER" : "IMP"),
            ],
        ]
    }

    private var requestResource: JSONValue {
        [
            "resourceType": "ServiceRequest", "status": "active", "intent": "order",
            "priority": .string(isEmergency ? "stat" : "routine"),
            "identifier": [
                [
                    "type": [
                        "coding": [["system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PLAC"]]
                    ],
                    "system": "http://hospital.example/orders", "value": .string(orderNumber),
                ]
            ],
            "code": ["coding": [["system": "http://snomed.info/sct", "code": "461481000124109"]]],
            "subject": reference(patient), "encounter": reference(encounter),
            "supportingInfo": [reference(consent)], "authoredOn": .string(authoredAt.description),
        ]
    }

    private var taskResource: JSONValue {
        [
            "resourceType": "Task", "status": "requested", "intent": "order",
            "code": ["coding": [["system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"]]],
            "focus": reference(request), "for": reference(patient),
            "authoredOn": .string(authoredAt.description),
        ]
    }
}
