internal import FHIR
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import JSON
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Consents that come by themselves: about somebody whom the sender has referred, or whom it has only sent so far.
extension FHIRRoutes {
    @Sendable
    func postConsent(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.create, "Consent")
        let document = try document(request, context)
        let consent = try R4.Consent(document)
        let place = document.references(at: ["patient"], baseURL: baseURL).first
        guard let place, place.type == "Patient", let patient = UUID(uuidString: place.id) else {
            throw Self.aboutNobody
        }
        let condition = HTTPField.Name("If-None-Exist").flatMap { request.headers[$0] }
        let wanted = condition.flatMap { R4.SearchQuery.items(of: $0).identifier }
        let number = wanted ?? Self.number(of: document)
        let sent = SentConsent(
            id: ownID(of: number.map { "Consent|\($0.system ?? "")|\($0.value ?? "")" }, document, caller),
            consent: consent, patient: patient, caller: caller)
        return try await work(caller, context) { work in
            guard let sender = try await store.partner(caller.partnerID, in: work), sender.status == .active else {
                throw Problem.forbidden.denying(Denial(.role))
            }
            let kept = try await keep(sent, from: sender, context, in: work)
            return try FHIRAnswer.created(
                kept.document, warnings: kept.issues, preferring: request,
                status: kept.wasFound && wanted != nil ? .ok : .created,
                at: "\(baseURL)/Consent/\(sent.id.lowercasedText)/_history/\(kept.document.versionID ?? "1")")
        }
    }

    /// A Consent that came by itself, under the id that it has here.
    private struct SentConsent: Sendable {
        let id: UUID
        let consent: R4.Consent
        let patient: UUID
        let caller: FHIRCaller
    }

    /// What became of it.
    private struct KeptConsent: Sendable {
        let document: FHIRDocument
        let wasFound: Bool
        /// Why it permits nothing; empty for one that does.
        let issues: [R4.Issue]
    }

    private func keep(
        _ sent: SentConsent, from sender: Partner, _ context: APIContext, in work: Work
    ) async throws -> KeptConsent {
        let partner = sent.caller.partnerID
        let reading = ConsentFromFHIR(
            consent: sent.consent, sender: sender, organizations: try await organizations(of: sent, in: work))
        let issues = reading.shortcomings(at: work.now)
        if let known: ParticipantID = try await store.resolve(sent.patient, .participant, of: partner, in: work) {
            return try await record(sent, reading, issues, of: known, context, in: work)
        }
        guard let patient = try await store.kept("Patient", sent.patient, of: partner, locked: true, in: work) else {
            // An order about the same Patient may have been faster.
            guard
                let known: ParticipantID = try await store.resolve(sent.patient, .participant, of: partner, in: work)
            else { throw Self.aboutNobody }
            return try await record(sent, reading, issues, of: known, context, in: work)
        }
        return try await keep(sent, issues, with: patient, context, in: work)
    }

    /// Keeps it until the order comes that takes the person in.
    private func keep(
        _ sent: SentConsent, _ issues: [R4.Issue], with patient: KeptResource, _ context: APIContext, in work: Work
    ) async throws -> KeptConsent {
        let partner = sent.caller.partnerID
        guard try await store.received("Consent", sent.id, of: partner, in: work) == nil else {
            throw Self.aboutAnother
        }
        let rendering = ResourceRendering(agency: try await store.agency(in: work))
        let earlier = try await store.kept("Consent", sent.id, of: partner, in: work)
        if let earlier, earlier.patientID != patient.patientID { throw Self.aboutAnother }
        let kept =
            earlier
            ?? KeptResource(
                kind: "Consent", aliasID: sent.id, patientID: patient.patientID, version: 1,
                content: sent.consent.document.serialized(), keptAt: work.now)
        if earlier == nil { try store.keep(kept, of: partner, in: work) }
        try work.tx.audit(
            AuditRecord(earlier == nil ? .create : .read, under: try context.permit(classes: [])), context)
        return KeptConsent(document: try rendering.kept(kept), wasFound: earlier != nil, issues: issues)
    }

    /// Records it as one that comes with a referral; what the sender may see now is shown to it. One that permits nothing is
    /// kept all the same.
    private func record(
        _ sent: SentConsent, _ reading: ConsentFromFHIR, _ issues: [R4.Issue], of known: ParticipantID,
        _ context: APIContext, in work: Work
    ) async throws -> KeptConsent {
        let caller = sent.caller
        // Two equal ones at once: the second waits here, and finds the first one's.
        let person = try await store.lockPerson(known, in: work)
        guard !person.isErased,
            let taken = try await store.latestReferral(of: person, knownAs: known, by: caller.partnerID, in: work)
        else { throw Self.aboutNobody }
        let earlier = try await store.received("Consent", sent.id, of: caller.partnerID, in: work)
        if let earlier {
            guard person.ids.contains(earlier.participantID) else { throw Self.aboutAnother }
        } else {
            guard try await store.kept("Consent", sent.id, of: caller.partnerID, in: work) == nil else {
                throw Self.aboutAnother
            }
            try await store.keep(
                "Consent", sent.id, sent.consent.document.serialized(), with: taken, of: person, in: work)
            if let draft = reading.draft(receivedAt: work.now) {
                try await store.add([draft], of: person, by: caller.clientID, in: work)
            }
        }
        guard let stored = try await store.received("Consent", sent.id, of: caller.partnerID, in: work),
            let told = try await store.sent(stored.referralID, by: caller.partnerID, in: work)
        else { throw Problem.hidden }
        try store.record(told, told: earlier == nil ? .create : .read, context, in: work)
        let rendering = ResourceRendering(agency: try await store.agency(in: work))
        let telling = try await store.telling(of: stored.participantID, in: work)
        let document = try rendering.other(stored, ids: told.senderIDs)
            .current(under: telling.consents, of: caller.partnerID, at: work.now)
        return KeptConsent(document: document, wasFound: earlier != nil, issues: issues)
    }

    /// Organisations that the sender sent before and names by the ids that it was given.
    private func organizations(of sent: SentConsent, in work: Work) async throws -> [FHIRDocument] {
        let references = (sent.consent.provision?.actors ?? []).compactMap(\.reference?.reference)
        var named: [UUID: String] = [:]
        for text in references {
            if case .relative("Organization", let id, _) = R4.Reference.Target(text), let alias = UUID(uuidString: id) {
                named[alias] = id
            }
        }
        let found = try await store.received(
            "Organization", named.keys.sorted(), of: sent.caller.partnerID, in: work)
        return try found.map { alias, stored in
            try FHIRDocument.parse(stored.content).setting(["id"], to: named[alias].map { .string($0) })
        }
    }

    private static func number(of document: FHIRDocument) -> R4.Identifier? {
        (document[["identifier"]]?.array ?? []).lazy.compactMap { identifier in
            guard let system = identifier[["system"]]?.string, let value = identifier[["value"]]?.string else {
                return nil
            }
            return R4.Identifier(system: system, value: value)
        }.first
    }

    private static let aboutNobody = R4.Refusal(
        .notFound, "It is about nobody whom you referred or sent.", at: ["Consent.patient"])
}
