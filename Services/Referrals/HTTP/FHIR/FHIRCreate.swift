internal import FHIR
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Taking referrals in.
extension FHIRRoutes {
    /// More entries are no referral of one person.
    private static let mostEntries = 100

    @Sendable
    func postTransaction(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        // Person, consent and task are parts of the order: who may make one may send them with it.
        try caller.require(.create, "ServiceRequest")
        let document = try document(request, context)
        guard document.resourceType == "Bundle" else {
            throw R4.Refusal(.notSupported, "A Bundle is expected here.", at: ["Bundle"])
        }
        let bundle = try R4.Bundle(document)
        guard bundle.entries.count <= Self.mostEntries else {
            throw R4.Refusal(.tooCostly, "At most \(Self.mostEntries) entries are taken.", at: ["Bundle.entry"])
        }
        let incoming = try ReferralReading.transaction(bundle)
        return try await take(incoming, document, caller, context) { taken, parts, stored in
            let now = clock.now()
            return try FHIRAnswer.resource(
                R4.Bundle.transactionResponse(responses(parts, taken, stored), at: now)
            )
        }
    }

    @Sendable
    func postOrder(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.create, "ServiceRequest")
        let document = try document(request, context)
        let condition = HTTPField.Name("If-None-Exist").flatMap { request.headers[$0] }
        let incoming = try ReferralReading.order(document, ifNoneExist: condition)
        return try await take(incoming, document, caller, context) { taken, parts, stored in
            guard let ids = taken.senderIDs else { throw Problem.notFound }
            let id = ids.referralID
            let version = stored["ServiceRequest"]?[id]?.version ?? 1
            let rendering = ResourceRendering(agency: parts.agency)
            return try FHIRAnswer.resource(
                try rendering.order(taken, received: stored["ServiceRequest"]?[id]),
                status: taken.wasKnown && condition != nil ? .ok : .created,
                at: "\(baseURL)/ServiceRequest/\(id.uuidString.lowercased())/_history/\(version)"
            )
        }
    }

    /// What was kept, by type and the sender's id.
    private typealias Kept = [String: [UUID: StoredResource]]

    private struct Context: Sendable {
        let intake: FHIRIntake
        let agency: AgencyProfile
        let now: Instant
    }

    /// Takes a referral in once, however often it is sent: by the sender's own number of the order, else by an HMAC of
    /// the canonical body, which is remembered for a day.
    private func take(
        _ incoming: IncomingReferral, _ document: FHIRDocument, _ caller: FHIRCaller, _ context: APIContext,
        answer: @Sendable (TakenIn, Context, Kept) async throws -> Response
    ) async throws -> Response {
        let placer = incoming.placerText
        let digest = digest(placer ?? "body/" + String(decoding: document.canonical(), as: UTF8.self), caller)
        let parts = ReceivedParts(incoming) { index in partID(index, of: digest, caller) }
        return try await work(caller, context) { work in
            let agency = try await store.agency(in: work)
            guard let sender = try await store.partner(caller.partnerID, in: work), sender.status == .active else {
                throw Problem.forbidden.denying(Denial(.role))
            }
            let fhir = FHIRIntake(incoming: incoming, caller: caller, sender: sender, parts: parts)
            @Sendable func render(_ taken: TakenIn) async throws -> Response {
                let kept = try await store.received(
                    with: taken.stored.referral.referralID, of: caller.partnerID, in: work
                )
                let byKind = Dictionary(grouping: kept, by: \.kind).mapValues { resources in
                    Dictionary(resources.map { ($0.aliasID, $0) }, uniquingKeysWith: { first, _ in first })
                }
                return try await answer(taken, Context(intake: fhir, agency: agency, now: work.now), byKind)
            }
            if placer != nil {
                return try await render(try await takeIn(fhir, context, in: work))
            }
            let referralID = store.ids.new(ReferralID.self)
            let key = IdempotencyKey(derived: "body/\(digest)", fingerprint: Self.bytes(digest))
            return try await work.tx.once(
                key, context, resource: referralID.rawValue,
                create: { _ = try await takeIn(fhir, context, as: referralID, in: work) },
                answer: { id in
                    guard let taken = try await store.sent(ReferralID(rawValue: id), by: caller.partnerID, in: work)
                    else { throw Problem.hidden }
                    // The first time the intake is on record.
                    if id != referralID.rawValue { try store.record(taken, told: .read, context, in: work) }
                    return try await render(taken)
                }
            )
        }
    }

    private func takeIn(
        _ fhir: FHIRIntake, _ context: APIContext, as id: ReferralID? = nil, in work: Work
    ) async throws -> TakenIn {
        var intake = try await intake(fhir, in: work)
        intake.referralID = id
        var taken = try await store.takeIn(intake, in: work)
        if taken.wasKnown, taken.stored.referral.status == .draft, !intake.asDraft {
            taken = try await store.finish(taken, as: intake, in: work)
        }
        try store.record(taken, told: .create, context, in: work)
        return taken
    }

    /// What is to be taken in, with whom it is about.
    private func intake(_ fhir: FHIRIntake, in work: Work) async throws -> Intake {
        switch fhir.incoming.person {
        case .patient(let patient): return fhir.intake(of: PersonIdentity(patient), receivedAt: work.now)
        case .identifier(let identifier):
            let person = PersonIdentity(
                identifiers: [.init(system: identifier.system ?? "", value: identifier.value ?? "")]
            )
            return fhir.intake(of: person, receivedAt: work.now)
        case .known(let id):
            guard let alias = UUID(uuidString: id), let intake = try await intake(fhir, about: alias, in: work) else {
                throw R4.Refusal(
                    .notFound, "The subject is no Patient of this request, and none that you sent before.",
                    at: ["ServiceRequest.subject"]
                )
            }
            return intake
        }
    }

    /// The same about somebody whom the sender names by the id that it was given: who was referred before, or was only sent
    /// so far. Nil for nobody.
    private func intake(_ fhir: FHIRIntake, about alias: UUID, in work: Work) async throws -> Intake? {
        if let known = try await intake(fhir, ofReferred: alias, in: work) { return known }
        if let kept = try await intake(fhir, ofKept: alias, in: work) { return kept }
        // Another order about the same Patient may have been faster.
        return try await intake(fhir, ofReferred: alias, in: work)
    }

    private func intake(_ fhir: FHIRIntake, ofReferred alias: UUID, in work: Work) async throws -> Intake? {
        guard
            let id: ParticipantID = try await store.resolve(alias, .participant, of: fhir.caller.partnerID, in: work),
            let known = try await store.participant(id, in: work)
        else { return nil }
        var intake = fhir.intake(of: known.identity, receivedAt: work.now)
        // Of somebody who was erased nothing is left that an order could be added to.
        if !known.isErased { intake.participantID = id }
        return intake
    }

    private func intake(_ fhir: FHIRIntake, ofKept alias: UUID, in work: Work) async throws -> Intake? {
        // An order that was taken is answered as it was: nobody is taken in by its number.
        if let placer = fhir.placer,
            try await store.referral(placedAs: placer, by: fhir.caller.clientID, in: work) != nil
        {
            return nil
        }
        guard let kept = try await store.takeKept(alias, of: fhir.caller.partnerID, in: work),
            let completed = try fhir.completed(by: kept.patient, kept.consents)
        else { return nil }
        var intake = completed.intake(of: completed.identity, receivedAt: work.now)
        intake.patientID = alias
        return intake
    }

    private func responses(
        _ context: Context, _ taken: TakenIn, _ kept: Kept
    ) -> [R4.Bundle.EntryResponse] {
        guard let ids = taken.senderIDs else { return [] }
        let parts = context.intake.parts
        return parts.parts.enumerated().map { index, part in
            let type = part.document.resourceType
            let id = parts.id(of: index, ids)
            let isTask = part.role == .task
            let version = isTask ? taken.stored.shown.version : kept[type]?[id]?.version ?? 1
            let changedAt = isTask ? taken.stored.shown.at : kept[type]?[id]?.receivedAt
            return R4.Bundle.EntryResponse(
                status: taken.wasKnown && !part.ifNoneExist.isEmpty ? "200 OK" : "201 Created",
                location: "\(type)/\(id.uuidString.lowercased())/_history/\(version)", etag: "W/\"\(version)\"",
                lastModified: changedAt ?? taken.stored.referral.receivedAt,
                outcome: context.intake.outcome(of: part, at: context.now)
            )
        }
    }

    /// A keyed digest of what identifies a request: nobody who reads it learns what was sent.
    private func digest(_ text: String, _ caller: FHIRCaller) -> String {
        // The newest key; a request that is repeated across a rotation of keys is the one that is not recognised.
        store.vault.indexKeys.placerDigests(of: "fhir/\(text)", by: caller.clientID, in: caller.agencyID).last?.1 ?? ""
    }

    /// The id of a resource by itself: the same for the same number of the sender's, else for the same body.
    func ownID(of number: String?, _ document: FHIRDocument, _ caller: FHIRCaller) -> UUID {
        let text = number ?? "body/" + String(decoding: document.canonical(), as: UTF8.self)
        return partID(0, of: digest("own/\(text)", caller), caller)
    }

    /// The same id for the same part of the same request.
    private func partID(_ index: Int, of digest: String, _ caller: FHIRCaller) -> UUID {
        UUID(digest: Self.bytes(self.digest("part/\(index)/\(digest)", caller))) ?? store.ids.uuid()
    }

    /// The bytes that hexadecimal digits stand for.
    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { place in
            UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16)
        }
    }
}
