internal import FHIR
internal import JSON
internal import Models
internal import ReferralsDomain

/// A programme of the agency as Gravity's HealthcareService, with whether it can take somebody on.
struct HealthcareServiceRendering: Sendable {
    let agency: AgencyProfile
    let now: Instant

    private static let gravity = "http://hl7.org/fhir/us/sdoh-clinicalcare"
    private static let codes = "\(gravity)/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"

    /// - Parameter stated: what the agency last said; nil where it never did.
    func document(_ programme: ProgrammeCode, stated: ProgrammeCapacity?) throws(R4.Refusal) -> FHIRDocument {
        let document = try FHIRDocument([
            "resourceType": "HealthcareService",
            "id": .string(programme.rawValue),
            "extension": [capacity(stated)],
            "active": true,
            "providedBy": [
                "reference": .string("Organization/\(agency.agencyID)"), "display": .string(agency.name),
            ],
            "category": [
                [
                    "coding": [
                        Self.coding("http://hl7.org/fhir/us/core/CodeSystem/us-core-category", "sdoh", "SDOH"),
                        Self.coding(Self.codes, "social-connection", "Social Connection"),
                    ]
                ]
            ],
            "type": [
                [
                    "coding": [
                        Self.coding(
                            "http://terminology.hl7.org/CodeSystem/service-type", "224", "Support groups")
                    ],
                    "text": "Peer recovery support",
                ]
            ],
            "name": .string(programme.title),
            "program": [
                [
                    "coding": [Self.coding("urn:handrail:programme", programme.rawValue, programme.title)],
                    "text": .string(programme.title),
                ]
            ],
        ])
        guard let stated else { return document }
        return document.identified(
            id: programme.rawValue, version: stated.version, lastUpdated: stated.statedAt)
    }

    /// Gravity: every HealthcareService that is returned carries it.
    private func capacity(_ stated: ProgrammeCapacity?) -> JSONValue {
        [
            "url": .string("\(Self.gravity)/StructureDefinition/SDOHCC-ExtensionHealthcareServiceCapacityStatus"),
            "extension": [
                ["url": "capacityStatus", "valueCodeableConcept": Self.status(stated)],
                ["url": "capacityNotes", "valueString": .string(notes(stated))],
            ],
        ]
    }

    private static func status(_ stated: ProgrammeCapacity?) -> JSONValue {
        guard let stated else { return ["text": "Not stated"] }
        let display =
            switch stated.status {
            case .capacity: "Has Capacity"
            case .noCapacity: "No Capacity"
            case .waitlist: "No Capacity - Has Waitlist"
            case .additionalAssessmentRequired: "Additional Assessment Required"
            }
        return ["coding": [coding(codes, stated.status.rawValue, display)], "text": .string(display)]
    }

    private func notes(_ stated: ProgrammeCapacity?) -> String {
        guard let stated else { return "The agency has not said. Ask by telephone, or refer." }
        var parts = [stated.notes, "Stated at \(stated.statedAt.fhirText)."].compactMap(\.self)
        if stated.isStale(at: now) { parts.append("That is more than a day ago: ask by telephone, or refer.") }
        return parts.joined(separator: " ")
    }

    private static func coding(_ system: String, _ code: String, _ display: String) -> JSONValue {
        ["system": .string(system), "code": .string(code), "display": .string(display)]
    }
}
