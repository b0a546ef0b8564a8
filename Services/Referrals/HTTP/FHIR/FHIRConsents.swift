internal import Confidentiality
internal import FHIR
internal import FoundationEssentials
internal import Hummingbird
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// The consents that let a partner learn more: those that name it, whoever recorded them. As long as one of them is in
/// force; that one was taken back is no business of whom it named any more.
extension FHIRRoutes {
    @Sendable
    func searchConsents(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.read, "Consent")
        let patient = try Self.patient(of: R4.SearchQuery.items(of: request.uri.query ?? ""))
        return try await work(caller, context) { work in
            let found = try await consents(about: patient, caller, context, work)
            return try FHIRAnswer.resource(
                R4.Bundle.searchset(
                    matches: found.map { ("\(baseURL)/Consent/\($0.id ?? "")", $0) }, total: found.count,
                    links: [("self", "\(baseURL)/Consent?patient=\(patient.lowercasedText)")], at: work.now))
        }
    }

    /// One consent that was recorded by the agency, under the partner's id for it; nil where there is none.
    func recordedConsent(
        _ alias: UUID, _ caller: FHIRCaller, _ context: APIContext, _ work: Work
    ) async throws -> FHIRDocument? {
        guard
            let id: ConsentID = try await store.resolve(alias, .consent, of: caller.partnerID, in: work),
            let person = try await store.participant(ofConsent: id, in: work)
        else { return nil }
        return try await told(person, caller, context, work).first { $0.id == alias.lowercasedText }
    }

    private func consents(
        about patient: UUID, _ caller: FHIRCaller, _ context: APIContext, _ work: Work
    ) async throws -> [FHIRDocument] {
        guard
            let person: ParticipantID = try await store.resolve(
                patient, .participant, of: caller.partnerID, in: work)
        else {
            // As for somebody of whom there is none: an empty list, on record.
            try work.tx.audit(AuditRecord(.search, under: try context.permit(classes: [])), context)
            return []
        }
        return try await told(person, caller, context, work)
    }

    /// The consents of one person that name the caller, as far as one of them is in force, on record and accounted for.
    private func told(
        _ person: ParticipantID, _ caller: FHIRCaller, _ context: APIContext, _ work: Work
    ) async throws -> [FHIRDocument] {
        let telling = try await store.telling(of: person, in: work)
        guard let partner = try await store.partner(caller.partnerID, in: work),
            let permit = store.permit(
                about: person, to: telling.organisation(caller.partnerID), as: .sender, [.presence], telling,
                at: work.now)
        else { throw Problem.hidden }
        try work.tx.audit(
            AuditRecord(.search, under: permit, participantIDs: [person], onBehalfOf: caller.partnerID), context)
        store.account(permit, about: person, to: caller.partnerID, try context.tellingOperation, in: work)
        guard permit.allows(.presence) else { return [] }
        let rendering = ConsentRendering(agency: try await store.agency(in: work), now: work.now)
        let patient = try await store.senderID(of: person, for: caller.partnerID, in: work)
        // What was recorded for somebody whom the caller knows under another id is found under that one only: that they are
        // one person is the agency's to know.
        let others = try await store.known(
            telling.consents.map(\.participantID), to: caller.partnerID, in: work
        ).subtracting([person])
        var documents: [FHIRDocument] = []
        for consent in telling.consents
        where consent.recipient.columns.partnerID == caller.partnerID && !others.contains(consent.participantID) {
            let id = try await store.senderID(of: consent.consentID, for: caller.partnerID, in: work)
            documents.append(try rendering.document(consent, id: id, patient: patient, partner: partner))
        }
        return documents
    }

    private static func patient(of items: [R4.SearchQuery.Item]) throws(R4.Refusal) -> UUID {
        let values = items.filter { $0.name == "patient" }.map(\.value)
        guard values.count == 1, let text = values[0].split(separator: "/").last,
            let id = UUID(uuidString: String(text))
        else { throw R4.Refusal(.required, "Say of which patient, by the id that you know.", at: ["patient"]) }
        return id
    }
}
