internal import FHIR
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Patients who come before any order, as clients send them that create one resource after the other.
///
/// Nobody becomes a participant by it: nobody has asked for support yet. What is answered rests on what the partner itself
/// has sent, and takes the same steps whether or not the agency knows the person from others.
extension FHIRRoutes {
    @Sendable
    func postPatient(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.create, "Patient")
        let document = try document(request, context)
        let identity = PersonIdentity(try ReferralReading.patient(document))
        let condition = HTTPField.Name("If-None-Exist").flatMap { request.headers[$0] }
        let wanted = condition.flatMap { R4.SearchQuery.items(of: $0).identifier }
        let asked = wanted.map { PersonIdentity.Identifier(system: $0.system ?? "", value: $0.value ?? "") }
        let identifiers = [asked].compactMap(\.self) + identity.identifiers
        return try await work(caller, context) { work in
            let numbers = PatientNumbers(
                identifiers, body: String(decoding: document.canonical(), as: UTF8.self), from: caller.partnerID,
                store.vault.indexKeys, in: work.agencyID)
            let found = try await store.find(numbers, of: caller.partnerID, in: work)
            if let referred = try await referred(found, identifiers, caller, in: work) {
                try store.record(referred.taken, told: .read, context, in: work)
                return try answer(referred.document, wasFound: true, isConditional: wanted != nil)
            }
            var earlier: KeptResource?
            if let sent = found.sent {
                earlier = try await store.kept("Patient", sent, of: caller.partnerID, locked: true, in: work)
            }
            let kept = try keep(document, numbers, after: earlier, isConditional: wanted != nil, caller, in: work)
            let action: AuditRecord.Action =
                earlier == nil ? .create : kept.version == earlier?.version ? .read : .update
            try work.tx.audit(AuditRecord(action, under: try context.permit(classes: [])), context)
            let rendering = ResourceRendering(agency: try await store.agency(in: work))
            return try answer(
                rendering.kept(kept), wasFound: earlier != nil, isConditional: wanted != nil)
        }
    }

    /// Keeps the Patient, or what is new about one who was sent before; a conditional create changes nothing.
    private func keep(
        _ document: FHIRDocument, _ numbers: PatientNumbers, after earlier: KeptResource?, isConditional: Bool,
        _ caller: FHIRCaller, in work: Work
    ) throws -> KeptResource {
        var kept: KeptResource
        if let earlier {
            let isSame = try FHIRDocument.parse(earlier.content).canonical() == document.canonical()
            guard !isConditional, !isSame else { return earlier }
            kept = earlier
            (kept.version, kept.content, kept.keptAt) = (earlier.version + 1, document.serialized(), work.now)
        } else {
            let id = store.ids.uuid()
            kept = KeptResource(
                kind: "Patient", aliasID: id, patientID: id, version: 1, content: document.serialized(),
                keptAt: work.now)
        }
        try store.keep(kept, of: caller.partnerID, in: work)
        store.remember(numbers, as: kept.aliasID, of: caller.partnerID, in: work)
        return kept
    }

    private func answer(_ document: FHIRDocument, wasFound: Bool, isConditional: Bool) throws -> Response {
        try FHIRAnswer.resource(
            document, status: wasFound && isConditional ? .ok : .created,
            at: "\(baseURL)/Patient/\(document.id ?? "")/_history/\(document.versionID ?? "1")")
    }

    /// The Patient whom the partner itself referred before: by an identifier that it sent, or by what it sent today.
    private func referred(
        _ found: PatientFindings, _ identifiers: [PersonIdentity.Identifier], _ caller: FHIRCaller, in work: Work
    ) async throws -> (document: FHIRDocument, taken: TakenIn)? {
        let wanted = PersonIdentity(identifiers: identifiers).indexKeys
        for alias in found.referred {
            guard let referred = try await referred(alias, caller, in: work),
                // The agency may have the identifier from somebody else, which is not this partner's to know.
                !wanted.isDisjoint(with: PersonIdentity(try R4.Patient(referred.document)).indexKeys)
            else { continue }
            return referred
        }
        guard let sent = found.sent else { return nil }
        return try await referred(sent, caller, in: work)
    }

    /// Somebody whom the partner referred, by one of the ids that it was given, with the latest of its referrals.
    func referred(
        _ alias: UUID, _ caller: FHIRCaller, in work: Work
    ) async throws -> (document: FHIRDocument, taken: TakenIn)? {
        let partner = caller.partnerID
        guard let participant: ParticipantID = try await store.resolve(alias, .participant, of: partner, in: work),
            let person = try await store.person(participant, in: work), !person.isErased,
            let taken = try await store.latestReferral(of: person, knownAs: participant, by: partner, in: work),
            let own = taken.senderIDs?.participantID,
            let stored = try await store.received("Patient", own, of: partner, in: work)
        else { return nil }
        let rendering = ResourceRendering(agency: try await store.agency(in: work))
        return (try rendering.other(stored, ids: taken.senderIDs), taken)
    }
}
