import FoundationEssentials
import JSON
import Models
import ServiceKit

/// A row of the audit trail as a FHIR R4 AuditEvent.
struct AuditEventResource: JSONWritable {
    let entry: AuditEntry
    let agencyID: AgencyID
    let service: String

    func write(to json: inout JSONWriter) {
        json.object { writeFields(to: &$0) }
    }

    /// What is between the braces.
    func writeFields(to json: inout JSONWriter) {
        json.field("resourceType", "AuditEvent")
        json.field("id", entry.auditID.uuidString.lowercased())
        json.object("type") { $0.coding(Self.eventType, "rest", "RESTful Operation") }
        if let interaction {
            json.array("subtype", [interaction]) { json, code in
                json.object { $0.coding("http://hl7.org/fhir/restful-interaction", code, nil) }
            }
        }
        json.field("action", action)
        json.field("recorded", entry.at.description)
        // A refusal is a minor failure: the caller may ask again with more right.
        json.field("outcome", entry.denialReason == nil ? "0" : "4")
        json.field("outcomeDesc", ifPresent: entry.denialReason)
        json.array("purposeOfEvent", [entry.purpose]) { json, code in
            json.object { json in
                json.array("coding", [code]) { json, code in json.object { $0.coding(Self.reason, code, nil) } }
            }
        }
        json.array("agent", agents) { json, agent in json.value(agent) }
        json.object("source") { json in
            json.field("site", agencyID.description)
            json.object("observer") { json in
                json.object("identifier") { $0.field("value", service) }
                json.field("display", "Handrail \(service)")
            }
        }
        json.array("entity", [nil] + entry.participantIDs) { json, participant in
            if let participant { Self.write(participant, to: &json) } else { writeOperation(to: &json) }
        }
    }

    private static let eventType = "http://terminology.hl7.org/CodeSystem/audit-event-type"
    private static let entityType = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
    private static let reason = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

    /// FHIR's name of the interaction; nil for what has none there.
    private var interaction: String? {
        switch AuditRecord.Action(rawValue: entry.action) {
        case .read, .disclose: "read"
        case .search, .export: "search-type"
        case .create: "create"
        case .update: "update"
        case .delete: "delete"
        case nil: nil
        }
    }

    /// Create, read, update, delete or execute.
    private var action: String {
        switch AuditRecord.Action(rawValue: entry.action) {
        case .read, .disclose: "R"
        case .create: "C"
        case .update: "U"
        case .delete: "D"
        case .search, .export, nil: "E"
        }
    }

    private struct Agent: JSONWritable {
        let identifier: String
        let role: String
        let isOrganization: Bool

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.array("role", [role]) { json, role in json.object { $0.field("text", role) } }
                json.object("who") { json in
                    if isOrganization {
                        json.field("type", "Organization")
                        json.object("identifier") { $0.uuid(identifier) }
                    } else {
                        json.object("identifier") { $0.field("value", identifier) }
                    }
                }
                json.field("requestor", !isOrganization)
            }
        }
    }

    private var agents: [Agent] {
        let partners = [(entry.partnerID, "organisation"), (entry.onBehalfOf, "on behalf of")]
        return [Agent(identifier: entry.subject, role: entry.role, isOrganization: false)]
            + partners.compactMap { id, role in
                id.map { Agent(identifier: $0.description, role: role, isOrganization: true) }
            }
    }

    /// What was called, under which rules; one for each row, because the people follow as entities of their own.
    private func writeOperation(to json: inout JSONWriter) {
        var details = [
            ("request", entry.requestID), ("data-classes", entry.dataClasses.joined(separator: " ")),
            ("rule-version", entry.ruleVersion), ("break-glass", entry.isBreakGlass ? "true" : "false"),
        ]
        if let consent = entry.consentID { details.append(("consent", consent.description)) }
        json.object { json in
            json.object("type") { $0.coding(Self.entityType, "2", "System Object") }
            json.field("name", entry.operationID.isEmpty ? "unknown" : entry.operationID)
            json.array("detail", details.filter { !$0.1.isEmpty }) { json, detail in
                json.object { json in
                    json.field("type", detail.0)
                    json.field("valueString", detail.1)
                }
            }
        }
    }

    private static func write(_ participant: ParticipantID, to json: inout JSONWriter) {
        json.object { json in
            json.object("what") { json in
                json.field("type", "Patient")
                json.object("identifier") { $0.uuid(participant.description) }
            }
            json.object("type") { $0.coding(entityType, "1", "Person") }
            json.object("role") { $0.coding("http://terminology.hl7.org/CodeSystem/object-role", "1", "Patient") }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func coding(_ system: String, _ code: String, _ display: String?) {
        field("system", system)
        field("code", code)
        field("display", ifPresent: display)
    }

    fileprivate mutating func uuid(_ text: String) {
        field("system", "urn:ietf:rfc:3986")
        field("value", "urn:uuid:\(text)")
    }
}
