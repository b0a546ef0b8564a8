internal import Confidentiality
internal import FHIR
internal import FoundationEssentials
internal import JSON
internal import Models
internal import ReferralsDomain

/// What a partner reads: its own resource as it sent it, with what we have to say merged in.
struct ResourceRendering: Sendable {
    let agency: AgencyProfile

    /// How much of the notice of 42 CFR 2.32 goes with a disclosure.
    enum Notice { case full, short }

    /// The Task of a referral; built anew where the sender sent none.
    func task(_ taken: TakenIn, received: StoredResource?, notice: Notice) throws(R4.Refusal) -> FHIRDocument {
        guard let ids = taken.senderIDs else { throw R4.Refusal(.notFound, "Nothing is here.") }
        let view = taken.view
        var document = try bareTask(taken, ids)
        if let received { document = try FHIRDocument.parse(received.content).resolved(ids) }
        document = reporting(view, at: taken.stored.shown.at, in: document)
        if ![.draft, .requested].contains(view.status) {
            document = document.setting(["owner"], to: owner.json)
        }
        if view.tellsProgress { document = adding(notice, to: document) }
        return labelled(document)
            .identified(
                id: ids.taskID.uuidString.lowercased(), version: taken.stored.shown.version,
                lastUpdated: taken.stored.shown.at
            )
    }

    /// A Task that lies on its sender's server, with what its sender may be told written into it; the same where nothing is new.
    func reported(_ taken: TakenIn, in document: FHIRDocument) -> FHIRDocument {
        let view = taken.view
        let concept = Self.concept(view.businessStatus).json
        guard
            document.json["status"]?.string != view.status.rawValue || document.json["businessStatus"] != concept
                || view.closingReason != nil && !document.hasOutput
        else { return document }
        let reported = reporting(view, at: taken.stored.shown.at, in: document)
        guard view.tellsProgress, !document.hasNotice else { return reported }
        return labelled(adding(.full, to: reported))
    }

    private func reporting(_ view: SenderView, at instant: Instant, in document: FHIRDocument) -> FHIRDocument {
        let told = document.settingStatus(view.status.rawValue)
            .setting(["businessStatus"], to: Self.concept(view.businessStatus).json)
            .setting(["lastModified"], to: .string(instant.fhirText))
            .setting(["statusReason"], to: view.statusReason.map { ["text": .string($0)] })
        guard let reason = view.closingReason else { return told }
        return told.setting(["output"], to: output(reason, in: told))
    }

    /// The order. Its status is its sender's: only what the sender did itself changes it.
    func order(_ taken: TakenIn, received: StoredResource?) throws(R4.Refusal) -> FHIRDocument {
        guard let ids = taken.senderIDs else { throw R4.Refusal(.notFound, "Nothing is here.") }
        let referral = taken.stored.referral
        var document = try bareOrder(taken, ids)
        if let received { document = try FHIRDocument.parse(received.content).resolved(ids) }
        var version = received?.version ?? 1
        var lastUpdated = received?.receivedAt ?? referral.receivedAt
        // Each step that its sender took is a version of its own, also where a later one hides it.
        if referral.status != .draft, document.json["status"]?.string == "draft" {
            // Its Task was requested since, before that was kept with the order.
            document = document.settingStatus("active")
            version += 1
        }
        if referral.isTakenBack {
            let isError = referral.status == .enteredInError
            document = document.settingStatus(isError ? "entered-in-error" : "revoked")
            version += isError ? 2 : 1
            lastUpdated = referral.closedAt ?? taken.stored.shown.at
        }
        return labelled(document)
            .identified(id: ids.referralID.uuidString.lowercased(), version: version, lastUpdated: lastUpdated)
    }

    /// Anything else that came along, under its own id.
    func other(_ resource: StoredResource, ids: SenderIDs?) throws(R4.Refusal) -> FHIRDocument {
        var document = try FHIRDocument.parse(resource.content)
        if let ids { document = document.resolved(ids) }
        return labelled(document)
            .identified(
                id: resource.aliasID.uuidString.lowercased(), version: resource.version,
                lastUpdated: resource.receivedAt
            )
    }

    /// What was sent before any order. It reads as what came along does.
    func kept(_ kept: KeptResource) throws(R4.Refusal) -> FHIRDocument {
        labelled(try FHIRDocument.parse(kept.content))
            .identified(id: kept.aliasID.lowercasedText, version: kept.version, lastUpdated: kept.keptAt)
    }

    /// The agency as an Organization, to whom accepted Tasks belong.
    var organization: FHIRDocument {
        get throws(R4.Refusal) {
            try FHIRDocument([
                "resourceType": "Organization",
                "id": .string(agency.agencyID.description),
                "active": true,
                "name": .string(agency.name),
            ])
        }
    }

    private var owner: R4.Reference {
        R4.Reference("Organization/\(agency.agencyID)", type: "Organization", display: agency.name)
    }

    private func labelled(_ document: FHIRDocument) -> FHIRDocument {
        document.labelled(
            agency.isPart2Program ? SecurityLabel.part2 : [SecurityLabel.Confidentiality.restricted.coding])
    }

    private func bareTask(_ taken: TakenIn, _ ids: SenderIDs) throws(R4.Refusal) -> FHIRDocument {
        let referral = taken.stored.referral
        return try FHIRDocument([
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "priority": .string(referral.request.priority.rawValue),
            "code": [
                "coding": [["system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"]]
            ],
            "focus": ["reference": .string("ServiceRequest/\(ids.referralID.uuidString.lowercased())")],
            "for": ["reference": .string("Patient/\(ids.participantID.uuidString.lowercased())")],
            "authoredOn": .string(referral.receivedAt.fhirText),
        ])
    }

    private func bareOrder(_ taken: TakenIn, _ ids: SenderIDs) throws(R4.Refusal) -> FHIRDocument {
        let referral = taken.stored.referral
        return try FHIRDocument([
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "priority": .string(referral.request.priority.rawValue),
            "code": [
                "coding": [["system": "http://snomed.info/sct", "code": "461481000124109"]]
            ],
            "subject": ["reference": .string("Patient/\(ids.participantID.uuidString.lowercased())")],
            "authoredOn": .string(referral.receivedAt.fhirText),
        ])
    }

    /// Gravity's `resulting-activity`: what became of the need.
    private func output(_ reason: ClosingReason, in document: FHIRDocument) -> JSONValue {
        let gravity = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
        let type = R4.CodeableConcept(
            codings: [R4.Coding(system: gravity, code: "resulting-activity", display: "Resulting Activity")]
        )
        let value = R4.CodeableConcept(
            codings: [R4.Coding(system: "urn:handrail:closing-reason", code: reason.rawValue)], text: reason.text
        )
        return .array(
            (document.json["output"]?.array ?? []) + [["type": type.json, "valueCodeableConcept": value.json]]
        )
    }

    private func adding(_ notice: Notice, to document: FHIRDocument) -> FHIRDocument {
        let text = notice == .full ? RedisclosureNotice.full : RedisclosureNotice.short
        // 42 CFR 2.32(b): a copy of the consent, or a clear explanation of its scope.
        let scope = "Disclosed under the person's consent that the sender of the referral learns how it goes."
        let note: JSONValue = ["text": .string("\(text) \(scope)")]
        return document.setting(["note"], to: .array((document.json["note"]?.array ?? []) + [note]))
    }

    private static func concept(_ status: ReferralsDomain.BusinessStatus) -> R4.CodeableConcept {
        // Both types write the same codes; a test holds them together.
        FHIR.BusinessStatus(rawValue: status.rawValue)?.concept ?? R4.CodeableConcept(text: status.text)
    }
}

extension FHIRDocument {
    /// Whether it says what became of the need.
    fileprivate var hasOutput: Bool {
        (json["output"]?.array ?? []).contains {
            $0[["type", "coding", 0, "code"]]?.string == "resulting-activity"
        }
    }

    /// Whether a notice of 42 CFR 2.32 stands in it.
    fileprivate var hasNotice: Bool {
        (json["note"]?.array ?? []).contains { $0[["text"]]?.string?.contains("42 CFR part 2") ?? false }
    }
}

extension ClosingReason {
    fileprivate var text: String {
        switch self {
        case .needMet: "The need was met."
        case .needPartlyMet: "The need was met in part."
        case .declined: "The person declined."
        case .notReached: "The person could not be reached."
        case .died: "The person died."
        case .moved: "The person moved away."
        case .notEligible: "The person is not eligible."
        case .referredOn: "The person was referred on."
        }
    }
}
