internal import Confidentiality
internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

// What participants ask of the agency about their records: restrictions and amendments. They ask themselves, or somebody
// of the office writes down what they asked; a privacy officer or a supervisor decides.
extension ReferralsAPI {
    func addRequests(to routes: inout Routes) {
        let restrictions = "/v1/participants/{participantID}/restrictions"
        routes.add(
            Route(
                .get, restrictions, "listRestrictions", "What a participant asked not to be done", access: .rights,
                discloses: [.presence]), listRestrictions)
        routes.add(
            Route(
                .post, restrictions, "requestRestriction", "Ask that something be not told", access: .rights,
                discloses: [.presence], idempotency: .supported, bodyLimit: 16 * 1024), requestRestriction)
        for verb in RestrictionRequest.Verb.allCases {
            routes.add(
                Route(
                    .post, "\(restrictions)/{restrictionID}/\(verb.rawValue)", "\(verb.rawValue)Restriction",
                    verb.summary, access: verb == .end ? .own : .privacy, discloses: [.presence],
                    bodyLimit: 16 * 1024)
            ) { request, context in try await decideRestriction(verb, request, context) }
        }
        let amendments = "/v1/participants/{participantID}/amendments"
        routes.add(
            Route(
                .get, amendments, "listAmendments", "What a participant found wrong in the record", access: .rights,
                discloses: [.presence]), listAmendments)
        routes.add(
            Route(
                .post, amendments, "requestAmendment", "Say what is wrong in the record", access: .rights,
                discloses: [.presence], idempotency: .supported, bodyLimit: 16 * 1024), requestAmendment)
        for (verb, accepts) in [("accept", true), ("deny", false)] {
            routes.add(
                Route(
                    .post, "\(amendments)/{amendmentID}/\(verb)", "\(verb)Amendment",
                    accepts ? "Agree that the record is amended" : "Do not amend the record, and say why",
                    access: .privacy, discloses: [.presence], bodyLimit: 16 * 1024)
            ) { request, context in try await decideAmendment(accepting: accepts, request, context) }
        }
    }

    func listRestrictions(_ request: Request, _ context: APIContext) async throws -> Response {
        try await withParticipant(context) { person, permit, work in
            let all = try await store.restrictions(of: person, in: work)
            try record(.read, permit, person, context, work)
            return try .ok(Page(items: all.map(RestrictionView.init), next: nil))
        }
    }

    func requestRestriction(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.decode(RestrictionBody.self, context: context)
        let recipient = try body.checkedRecipient()
        let (id, subject) = (store.ids.new(RestrictionID.self), try context.principal.subject)
        return try await withParticipant(context) { person, permit, work in
            let record = AuditRecord(.create, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, recording: record) {
                store.insert(
                    RestrictionRequest(
                        restrictionID: id, participantID: person.ids.remaining, recipient: recipient,
                        classes: Set(body.classes ?? []), purposes: Set(body.purposes ?? []),
                        isPaidInFull: body.isPaidInFull ?? false, requestedAt: work.now, requestedBy: subject),
                    in: work)
            } answer: { made in
                let all = try await store.restrictions(of: person, in: work)
                guard let found = all.first(where: { $0.restrictionID.rawValue == made }) else {
                    throw StoreError(.notFound)
                }
                return try .created(
                    RestrictionView(found), at: "/v1/participants/\(found.participantID)/restrictions",
                    etag: found.version)
            }
        }
    }

    func decideRestriction(
        _ verb: RestrictionRequest.Verb, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let id = try context.parameter("restrictionID", as: RestrictionID.self)
        let version = try request.ifMatch
        let reason = try await request.decode(DecisionBody.self, context: context).checkedReason()
        let subject = try context.principal.subject
        return try await withParticipant(context, locked: true) { person, permit, work in
            let decided = try await store.decide(id, of: person, expecting: version, in: work) {
                try $0.decide(verb, because: reason, by: subject, at: work.now)
            }
            try record(.update, permit, person, context, work)
            return try .ok(RestrictionView(decided), etag: decided.version)
        }
    }

    func listAmendments(_ request: Request, _ context: APIContext) async throws -> Response {
        try await withParticipant(context) { person, permit, work in
            let all = try await store.amendments(of: person, in: work)
            try record(.read, permit, person, context, work)
            return try .ok(Page(items: all.map(AmendmentView.init), next: nil))
        }
    }

    func requestAmendment(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.decode(AmendmentBody.self, context: context).checked()
        let (id, subject) = (store.ids.new(AmendmentID.self), try context.principal.subject)
        return try await withParticipant(context) { person, permit, work in
            let record = AuditRecord(.create, under: permit, participantIDs: person.ids.all)
            return try await work.tx.once(context, resource: id.rawValue, recording: record) {
                try store.insert(
                    AmendmentRequest(
                        amendmentID: id, participantID: person.ids.remaining, dataClass: body.dataClass,
                        request: body.request, requestedAt: work.now, requestedBy: subject),
                    of: person.remaining, in: work)
            } answer: { made in
                let all = try await store.amendments(of: person, in: work)
                guard let found = all.first(where: { $0.amendmentID.rawValue == made }) else {
                    throw StoreError(.notFound)
                }
                return try .created(
                    AmendmentView(found), at: "/v1/participants/\(found.participantID)/amendments",
                    etag: found.version)
            }
        }
    }

    func decideAmendment(
        accepting: Bool, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        let id = try context.parameter("amendmentID", as: AmendmentID.self)
        let version = try request.ifMatch
        let reason = try await request.decode(DecisionBody.self, context: context).checkedReason()
        let subject = try context.principal.subject
        return try await withParticipant(context, locked: true) { person, permit, work in
            let decided = try await store.decide(id, of: person, expecting: version, in: work) {
                try $0.decide(accepting: accepting, because: reason, by: subject, at: work.now)
            }
            try record(.update, permit, person, context, work)
            return try .ok(AmendmentView(decided), etag: decided.version)
        }
    }

    /// The person whom the path names, under whatever id, as far as the caller may be told of them, in one transaction.
    ///
    /// - Throws: 404, the same for nobody and for somebody of whom the caller may not be told.
    func withParticipant(
        _ context: APIContext, locked: Bool = false,
        _ body: @Sendable (StoredPerson, Permit, Work) async throws -> Response
    ) async throws -> Response {
        let id = try context.parameter("participantID", as: ParticipantID.self)
        return try await inWork(context) { work in
            let before = try await permit(about: [id], context, work)
            let found =
                locked ? try await store.lockPerson(id, in: work) : try await store.person(id, in: work)
            guard let found else { throw StoreError(.notFound) }
            return try await body(found, try await permit(before, about: found, context, work), work)
        }
    }

    /// What may be told of a person who was loaded: of several ids it is asked again, about each, because a merge may have
    /// been decided or taken back in between.
    func permit(
        _ before: Permit, about person: StoredPerson, classes: Set<DataClass>? = nil, _ context: APIContext,
        _ work: Work
    ) async throws -> Permit {
        let own = try context.principal.participantID ?? person.ids.remaining
        if person.ids.isAlone, person.ids.contains(own) { return before }
        return try await permit(about: person.ids.all, classes: classes, context, work)
    }

    /// The least that may be told of any of these.
    ///
    /// - Parameter classes: what the answer would hold; nil takes what the route declares.
    /// - Throws: 404 where nothing may be told of one of them.
    func permit(
        about ids: [ParticipantID], classes: Set<DataClass>? = nil, _ context: APIContext, _ work: Work
    ) async throws -> Permit {
        var permits: [Permit] = []
        for id in ids {
            let relationship = try await relationship(of: context.principal, to: id, work)
            permits.append(
                try await context.permit(about: id, as: relationship, in: work.tx, classes: classes, at: work.now))
        }
        guard let least = permits.min(by: { $0.classes.count < $1.classes.count }) else { throw StoreError(.notFound) }
        return least
    }

    /// Puts on record what was read or changed of a person, under all of their ids.
    func record(
        _ action: AuditRecord.Action, _ permit: Permit, _ person: StoredPerson, _ context: APIContext, _ work: Work
    ) throws(Problem) {
        try work.tx.audit(AuditRecord(action, under: permit, participantIDs: person.ids.all), context)
    }
}

extension Route.Access {
    /// The participant, and those who write down or answer what a participant asks.
    static let rights = Route.Access.roles(.participant, .coordinator, .supervisor, .privacyOfficer)
    /// The participant, and those who decide: nobody else takes back what a participant asked for.
    static let own = Route.Access.roles(.participant, .supervisor, .privacyOfficer)
    /// Those who decide about it.
    static let privacy = Route.Access.roles(.supervisor, .privacyOfficer)
}

extension RestrictionRequest.Verb {
    fileprivate var summary: String {
        switch self {
        case .agree: "Agree to a restriction: it holds from now on"
        case .decline: "Do not agree to a restriction, and say why"
        case .end: "End a restriction, or take the request back"
        }
    }
}
