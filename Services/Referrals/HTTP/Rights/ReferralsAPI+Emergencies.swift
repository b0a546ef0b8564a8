internal import Confidentiality
internal import FoundationEssentials
internal import Hummingbird
internal import Logging
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// Medical emergencies: what may be told without consent, to whom, for how long, and who looks at it afterwards
// (42 CFR 2.51).
extension ReferralsAPI {
    /// What medical personnel is told.
    static let toldInEmergency: Set<DataClass> = [.presence, .identity, .referral, .medication]

    func addEmergencies(to routes: inout Routes) {
        routes.add(
            Route(
                .post, "/v1/emergencies", "declareEmergency",
                "Document a medical emergency, and tell medical personnel what treats the person",
                access: .roles(.partner, .coordinator, .supervisor, .peer), discloses: Self.toldInEmergency,
                idempotency: .supported, bodyLimit: 16 * 1024
            ),
            declareEmergency
        )
        routes.add(
            Route(
                .get, "/v1/emergencies/{emergencyID}/record", "readEmergencyRecord",
                "What was told in an emergency, while it lasts, to whom it was told", access: .roles(.partner),
                discloses: Self.toldInEmergency
            ),
            readEmergencyRecord
        )
        routes.add(
            Route(
                .get, "/v1/emergencies", "listEmergencies", "Emergencies that nobody has looked at, the oldest first",
                access: .roles(.privacyOfficer), discloses: [.presence]
            ),
            listEmergencies
        )
        routes.add(
            Route(
                .post, "/v1/emergencies/{emergencyID}/review", "reviewEmergency",
                "Say whether telling was justified", access: .roles(.privacyOfficer), discloses: [.presence],
                bodyLimit: 16 * 1024
            ),
            reviewEmergency
        )
    }

    func declareEmergency(_ request: Request, _ context: APIContext) async throws -> Response {
        let principal = try context.principal
        // Whoever guesses at names is slowed down long before anybody looks at the list.
        try emergencies.check(principal)
        let body = try await request.decode(EmergencyBody.self, context: context)
        let declaration = body.declaration(by: principal.subject, at: clock.now())
        try Faults.check(declaration.faults.map { Fault("/\($0.property)", $0.detail) })
        let id: EmergencyID = store.ids.new()
        let response = try await inWork(context) { work in
            let caller = try await emergencyCaller(principal, work)
            return try await work.tx.once(context, resource: id.rawValue) {
                let person = try await store.lockPerson(try await person(body, caller, work), in: work)
                try await store.declare(id, declaration, about: person.remaining, by: caller?.partnerID, in: work)
            } answer: { resource in
                let declared = EmergencyID(rawValue: resource)
                let view = try await record(of: declared, to: caller, declared == id ? .create : .read, context, work)
                return try .created(view, at: "/v1/emergencies/\(declared)/record")
            }
        }
        // A person must act: it is on the list, and where the office has said so it hears of it by itself.
        if response.headers[.idempotencyReplayed] == nil {
            context.logger.error("an emergency was declared and waits for review")
        }
        return response
    }

    func readEmergencyRecord(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("emergencyID", as: EmergencyID.self)
        let principal = try context.principal
        return try await inWork(context) { work in
            let caller = try await emergencyCaller(principal, work)
            return try .ok(try await record(of: id, to: caller, .read, context, work))
        }
    }

    /// The record, as far as the decision lets it out, on record and accounted for.
    private func record(
        of id: EmergencyID, to caller: Organisation?, _ action: AuditRecord.Action, _ context: APIContext, _ work: Work
    ) async throws -> EmergencyRecordView {
        guard let stored = try await store.emergency(id, in: work),
            let person = try await store.person(stored.participantID, in: work)
        else { throw StoreError(.notFound) }
        let permit = try context.permit(
            about: Participant(
                agencyID: work.agencyID, participantID: stored.participantID, relationship: .none),
            from: caller, purpose: .emergencyTreatment, emergency: stored.terms, at: work.now)
        let referrals = try await store.referrals(of: person.ids, in: work)
        try work.tx.audit(
            AuditRecord(
                action, under: permit, participantIDs: person.ids.all, onBehalfOf: caller?.partnerID), context)
        let declaration = stored.declaration
        store.account(
            permit, about: stored.participantID, to: caller?.partnerID,
            recipient: "\(declaration.recipientName), \(declaration.recipientAffiliation)",
            try context.tellingOperation, in: work)
        return EmergencyRecordView(stored, person.identity, referrals.map(\.referral), within: permit)
    }

    /// The organisation that asks; nil for one of the agency's own people.
    private func emergencyCaller(_ principal: Principal, _ work: Work) async throws -> Organisation? {
        guard principal.role == .partner else { return nil }
        guard let id = principal.partnerID, let partner = try await store.partner(id, in: work),
            partner.status == .active
        else { throw Problem.forbidden.denying(Denial(.role)) }
        return Organisation(partnerID: id, kind: partner.kind.organisationKind)
    }

    /// Whom it is about: by the id under which the caller knows the person, or by what tells one person from others.
    ///
    /// - Throws: 404, the same for nobody and for somebody who may not be told of.
    private func person(_ body: EmergencyBody, _ caller: Organisation?, _ work: Work) async throws -> ParticipantID {
        if let caller {
            // Only medical personnel: to everybody else there is nothing here.
            guard caller.kind == .provider else { throw Problem.notFound.denying(Denial(.emergency)) }
            if let alias = body.participantID,
                let id: ParticipantID = try await store.resolve(
                    alias, .participant, of: caller.partnerID, in: work)
            {
                return id
            }
        } else if let id = body.participantID {
            return ParticipantID(rawValue: id)
        }
        if let person = body.person {
            let scope = "partner:\(caller?.partnerID.description ?? "agency")"
            var search = PersonSearch(
                person.identity(scope: scope), store.vault.indexKeys,
                largestBlock: store.matching.policy.largestBlock, in: work.agencyID)
            try await search.findExactly(in: work)
            if let found = search.found { return found }
        }
        throw Problem.notFound.denying(Denial(.hidden))
    }

    func listEmergencies(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let start = try page.cursor.map { cursor throws(Problem) in
            (try cursor.value(0, as: Instant.self), try cursor.value(1, as: EmergencyID.self))
        }
        return try await inWork(context) { work in
            let open = try await store.emergenciesToReview(
                after: start ?? (Instant(microseconds: 0), .first), limit: page.limit + 1, in: work)
            let views = Page(open.map(EmergencyView.init), limit: page.limit) {
                [$0.declaredAt.description, $0.emergencyID.description]
            }
            return try .ok(
                try await context.audited(
                    views, about: \.participantID, as: .agency, in: work.tx, at: work.now))
        }
    }

    func reviewEmergency(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("emergencyID", as: EmergencyID.self)
        let version = try request.ifMatch
        let body = try await request.decode(EmergencyReviewBody.self, context: context).checked()
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            let stored = try await store.review(
                id, expecting: version, body.outcome, note: body.note, by: subject, in: work)
            let permit = try await context.permit(
                about: stored.participantID, as: .agency, in: work.tx, at: work.now)
            try work.tx.audit(AuditRecord(.update, under: permit, participantIDs: [stored.participantID]), context)
            return try .ok(EmergencyView(stored), etag: stored.version)
        }
    }
}
