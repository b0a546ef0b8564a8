internal import FoundationEssentials
internal import HTTPTypes
internal import JSON
internal import ReferralsDomain
internal import ServiceKit

/// What an EHR asks, as far as it is looked at: the visit, and the ids that a draft must name. Its server's address and
/// token are passed over, and never used.
struct HookRequest: Sendable {
    let patientID: String
    let encounterID: String?
    let userID: String?
    let visit: EmergencyVisit

    /// - Parameter rules: which of several visits is one to an emergency department.
    /// - Throws: 400 for what is no request of this service; 412 where it lacks what must be sent along.
    init(_ body: some Collection<UInt8>, for service: HookService, _ rules: OverdoseRules) throws(Problem) {
        let json: JSONValue
        do {
            json = try JSONValue.parse(body)
        } catch {
            throw .badRequest("A JSON object is expected.")
        }
        guard json["hook"]?.string == service.hook else { throw .badRequest("hook must be \(service.hook) here.") }
        guard json["hookInstance"]?.string.flatMap(UUID.init(uuidString:)) != nil else {
            throw .badRequest("hookInstance must be a UUID.")
        }
        guard let patientID = json[["context", "patientId"]]?.string, Self.isID(patientID) else {
            throw .badRequest("context.patientId is needed.")
        }
        self.patientID = patientID
        userID = json[["context", "userId"]]?.string.flatMap { Self.isReference($0) ? $0 : nil }
        let encounters = Self.resources(json[["prefetch", "encounter"]], of: "Encounter")
        guard let encounters else { throw .prefetchMissing("encounter") }
        let wanted = json[["context", "encounterId"]]?.string
        let present = encounters.filter { encounter in
            service.counts(status: encounter["status"]?.string)
                && (wanted == nil || encounter["id"] == nil || encounter["id"]?.string == wanted)
        }
        // A search by patient finds every visit that is open: a day clinic's may stand in front.
        let encounter = present.first { rules.isEmergency(Self.visitClass($0)) } ?? present.first
        encounterID = encounter?["id"]?.string.flatMap { Self.isID($0) ? $0 : nil }
        let conditions = Self.resources(json[["prefetch", "conditions"]], of: "Condition") ?? []
        visit = Self.visit(encounter, conditions.filter { !Self.isWithdrawn($0) })
    }

    private static func visitClass(_ encounter: JSONValue) -> String? { encounter[["class", "code"]]?.string }

    /// Whether somebody has found a diagnosis to be untrue, or never to have been meant.
    private static func isWithdrawn(_ condition: JSONValue) -> Bool {
        (condition[["verificationStatus", "coding"]]?.items ?? []).contains {
            ["refuted", "entered-in-error"].contains($0["code"]?.string)
        }
    }

    private static func visit(_ encounter: JSONValue?, _ conditions: [JSONValue]) -> EmergencyVisit {
        guard let encounter else { return EmergencyVisit(visitClass: nil) }
        let own = encounter["id"]?.string.map { "Encounter/\($0)" }
        // A diagnosis of another visit says nothing of this one.
        let diagnoses = conditions.filter { condition in
            guard let own, let other = condition[["encounter", "reference"]]?.string else { return true }
            return other == own || other.hasSuffix("/\(own)")
        }
        let concepts = (encounter["reasonCode"]?.items ?? []) + diagnoses.compactMap { $0["code"] }
        let codings = concepts.flatMap { $0["coding"]?.items ?? [] }
        return EmergencyVisit(
            visitClass: visitClass(encounter),
            codes: codings.compactMap { coding in
                coding["code"]?.string.map { EmergencyVisit.Code(system: coding["system"]?.string, code: $0) }
            },
            reasons: concepts.compactMap { $0["text"]?.string } + codings.compactMap { $0["display"]?.string })
    }

    /// Resources of a type: one, or those of a Bundle; nil where nothing was sent.
    private static func resources(_ value: JSONValue?, of type: String) -> [JSONValue]? {
        guard let value, value.object != nil else { return nil }
        let all =
            value["resourceType"]?.string == "Bundle"
            ? (value["entry"]?.items ?? []).compactMap { $0["resource"] } : [value]
        return all.filter { $0["resourceType"]?.string == type }
    }

    /// A FHIR id: it goes into the draft.
    private static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }
    }

    private static func isReference(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        return parts.count == 2 && ["Practitioner", "PractitionerRole"].contains(parts[0]) && isID(parts[1])
    }
}

extension Problem {
    /// 412: the EHR did not send along what the service's description asks for (CDS Hooks 2.0).
    fileprivate static func prefetchMissing(_ name: String) -> Problem {
        Problem(
            .preconditionFailed, type: "prefetch-missing", title: "Something must be sent along",
            detail: "prefetch.\(name) is needed; the EHR's own server is never asked.")
    }
}
