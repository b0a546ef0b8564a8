internal import FHIR
internal import FoundationEssentials
internal import Hummingbird
internal import JSON
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Reading what one sent.
extension FHIRRoutes {
    @Sendable
    func readTask(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.read, "Task")
        let id = try context.alias("id")
        return try await work(caller, context) { work in
            guard let taken = try await store.sent(id, .task, by: caller.partnerID, in: work) else {
                throw Problem.hidden
            }
            try store.record(taken, told: .read, context, in: work)
            return try FHIRAnswer.resource(await task(taken, id, caller, in: work))
        }
    }

    /// The Task as its sender may see it now.
    func task(_ taken: TakenIn, _ id: UUID, _ caller: FHIRCaller, in work: Work) async throws -> FHIRDocument {
        let rendering = ResourceRendering(agency: try await store.agency(in: work))
        let received = try await store.received("Task", id, of: caller.partnerID, in: work)
        return try rendering.task(taken, received: received, notice: .full)
    }

    @Sendable
    func readOrder(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.read, "ServiceRequest")
        let id = try context.alias("id")
        return try await work(caller, context) { work in
            guard let taken = try await store.sent(id, .referral, by: caller.partnerID, in: work) else {
                throw Problem.hidden
            }
            try store.record(taken, told: .read, context, in: work)
            let rendering = ResourceRendering(agency: try await store.agency(in: work))
            let received = try await store.received("ServiceRequest", id, of: caller.partnerID, in: work)
            return try FHIRAnswer.resource(rendering.order(taken, received: received))
        }
    }

    @Sendable
    func readOrganization(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        let id = try context.alias("id")
        guard id == caller.agencyID.rawValue else { return try await readOther("Organization", request, context) }
        // Every partner may know the agency's name: it is on the door.
        return try await work(caller, context) { work in
            try work.tx.audit(AuditRecord(.read, under: try context.permit(classes: [])), context)
            return try FHIRAnswer.resource(ResourceRendering(agency: try await store.agency(in: work)).organization)
        }
    }

    @Sendable
    func readOther(_ type: String, _ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.read, type)
        let id = try context.alias("id")
        return try await work(caller, context) { work in
            guard let stored = try await store.received(type, id, of: caller.partnerID, in: work) else {
                return try FHIRAnswer.resource(try await readFurther(type, id, caller, context, in: work))
            }
            let taken = try await store.sent(stored.referralID, by: caller.partnerID, in: work)
            // What it sent itself comes back to it, whatever anybody consented to; it is a part of that referral.
            guard let taken else { throw Problem.hidden }
            try store.record(taken, told: .read, context, in: work)
            let rendering = ResourceRendering(agency: try await store.agency(in: work))
            var document = try rendering.other(stored, ids: taken.senderIDs)
            if type == "Consent" {
                let telling = try await store.telling(of: stored.participantID, in: work)
                document = document.current(under: telling.consents, of: caller.partnerID, at: work.now)
            }
            return try FHIRAnswer.resource(document)
        }
    }

    /// What did not come with a referral: sent before any, recorded by the agency, or somebody by another id.
    private func readFurther(
        _ type: String, _ id: UUID, _ caller: FHIRCaller, _ context: APIContext, in work: Work
    ) async throws -> FHIRDocument {
        if let kept = try await store.kept(type, id, of: caller.partnerID, in: work) {
            try work.tx.audit(AuditRecord(.read, under: try context.permit(classes: [])), context)
            return try ResourceRendering(agency: try await store.agency(in: work)).kept(kept)
        }
        if type == "Consent", let recorded = try await recordedConsent(id, caller, context, work) { return recorded }
        if type == "Patient", let referred = try await referred(id, caller, in: work) {
            try store.record(referred.taken, told: .read, context, in: work)
            return referred.document
        }
        throw Problem.hidden
    }
}

extension FHIRDocument {
    /// A Consent that was revoked since it was sent is inactive, whatever its sender wrote then.
    ///
    /// - Parameter consents: of the person.
    func current(under consents: [ReferralsDomain.Consent], of partner: PartnerID, at now: Instant) -> FHIRDocument {
        let named = consents.filter { $0.recipient == .partner(partner) }
        guard json["status"]?.string == "active", named.contains(where: { $0.revocation != nil }),
            !named.contains(where: { $0.isActive(at: now) })
        else { return self }
        return settingStatus("inactive")
    }
}
