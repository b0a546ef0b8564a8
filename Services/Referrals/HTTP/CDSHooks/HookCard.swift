internal import FoundationEssentials
internal import JSON
internal import Models
internal import ReferralsDomain

/// The card that says: call a peer. It is made of what the EHR itself sent, and says the same whoever the person is.
struct HookCard: Sendable {
    let request: HookRequest
    /// What speaks for it, in the words of the rules.
    let signs: [String]
    let ids: IDSource
    let now: Instant

    /// Why somebody may not follow it; feedback is counted by these.
    static let overrides: [(code: String, display: String)] = [
        ("not-an-overdose", "This is no overdose"), ("declined", "The person does not want a peer"),
        ("peer-called", "A peer has been called already"), ("not-now", "Not medically possible now"),
    ]
    static let overrideSystem = "urn:handrail:card-override"

    var json: JSONValue {
        let order = newID()
        return [
            "uuid": .string(newID()), "summary": "Overdose visit: call a peer", "indicator": "warning",
            "detail": .string(
                "This visit looks like an overdose (\(signs.joined(separator: ", "))). A peer, somebody in recovery, can come "
                    + "to the bedside. Ask the person first. Nothing has been sent."),
            "source": ["label": "Handrail peer recovery support"],
            "selectionBehavior": "at-most-one",
            "suggestions": [
                [
                    "label": "Draft a referral to peer support", "uuid": .string(newID()),
                    "actions": [
                        [
                            "type": "create", "description": "An order for peer support, to be signed",
                            "resource": serviceRequest(order),
                        ],
                        ["type": "create", "description": "The task that goes with it", "resource": task(order)],
                    ],
                ]
            ],
            "overrideReasons": .array(
                Self.overrides.map { reason in
                    [
                        "code": .string(reason.code), "system": .string(Self.overrideSystem),
                        "display": .string(reason.display),
                    ]
                }),
        ]
    }

    private func newID() -> String { ids.uuid().uuidString.lowercased() }

    private var patient: JSONValue { ["reference": .string("Patient/\(request.patientID)")] }

    private func serviceRequest(_ id: String) -> JSONValue {
        var order: JSONValue = [
            "resourceType": "ServiceRequest", "id": .string(id), "status": "draft", "intent": "order",
            "priority": "stat",
            "category": [
                [
                    "coding": [
                        [
                            "system": "http://snomed.info/sct", "code": "410606002",
                            "display": "Social service procedure",
                        ]
                    ]
                ]
            ],
            "code": [
                "coding": [
                    [
                        "system": "http://snomed.info/sct", "code": "461481000124109",
                        "display": "Referral to peer support",
                    ]
                ]
            ],
            "subject": patient, "authoredOn": .string(now.description),
        ]
        if let encounter = request.encounterID {
            order[["encounter"]] = ["reference": .string("Encounter/\(encounter)")]
        }
        if let user = request.userID { order[["requester"]] = ["reference": .string(user)] }
        return order
    }

    private func task(_ order: String) -> JSONValue {
        var task: JSONValue = [
            "resourceType": "Task", "status": "draft", "intent": "order", "priority": "stat",
            "code": [
                "coding": [["system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"]]
            ],
            "focus": ["reference": .string("ServiceRequest/\(order)")], "for": patient,
            "authoredOn": .string(now.description),
        ]
        if let user = request.userID { task[["requester"]] = ["reference": .string(user)] }
        return task
    }
}
