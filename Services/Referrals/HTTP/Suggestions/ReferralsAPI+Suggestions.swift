internal import Confidentiality
internal import FoundationEssentials
internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// What machines suggest, for a person to decide.
extension ReferralsAPI {
    func addSuggestions(to routes: inout Routes) {
        routes.add(
            Route(
                .get, "/v1/suggestions", "listSuggestions",
                "Visits to emergency departments that look like an overdose, without saying whose", access: .office,
                discloses: [.referral]),
            listSuggestions)
        routes.add(
            Route(
                .get, "/v1/suggestions/{suggestionID}", "readSuggestion", "Whom a suggestion is about",
                access: .office, discloses: [.identity, .location, .referral]),
            readSuggestion)
        routes.add(
            Route(
                .post, "/v1/suggestions/{suggestionID}/accept", "acceptSuggestion",
                "Send somebody: the suggestion becomes a referral", access: .office, discloses: [.presence, .referral],
                idempotency: .supported, bodyLimit: 16 * 1024),
            acceptSuggestion)
        routes.add(
            Route(
                .post, "/v1/suggestions/{suggestionID}/dismiss", "dismissSuggestion",
                "Send nobody, and say why: whom it was about is forgotten", access: .office, discloses: [.referral],
                idempotency: .supported, bodyLimit: 1024),
            dismissSuggestion)
    }

    func listSuggestions(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = try request.page()
        let status = try request.query("status", as: String.self)
        guard let status = status.map(DispatchSuggestion.Status.init(rawValue:)) ?? .open else {
            throw Problem.invalid("status", "open, accepted, dismissed or expired")
        }
        let before = try page.cursor.map { cursor throws(Problem) in try cursor.value(0, as: SuggestionID.self) }
        return try await inWork(context) { work in
            let found = try await store.suggestions(status, before: before, atMost: page.limit + 1, in: work)
            let shown = Page(found, limit: page.limit) { [$0.suggestionID.description] }
            try work.tx.audit(AuditRecord(.search, under: try context.permit()), context)
            // What is over by now is not offered, also before that is written down.
            let items = shown.items.filter { $0.status(at: work.now) == status }
            return try .ok(Page(items: items.map { SuggestionView($0, at: work.now) }, next: shown.next))
        }
    }

    func readSuggestion(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("suggestionID", as: SuggestionID.self)
        return try await inWork(context) { work in
            let stored = try await store.suggestion(id, in: work)
            let permit = try context.permit()
            try work.tx.audit(AuditRecord(.read, under: permit), context)
            var view = SuggestionView(stored.suggestion, at: work.now)
            if view.status == .open {
                view.visit = try store.visit(of: stored, in: work).map { SuggestedVisitView($0, within: permit) }
            }
            return try .ok(view, etag: stored.suggestion.version)
        }
    }

    /// The referral goes the way of all others; it is the agency's own, about a person whom the hospital named.
    func acceptSuggestion(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("suggestionID", as: SuggestionID.self)
        let version = try request.ifMatch
        let body = try await request.decode(AcceptSuggestionBody.self, context: context)
        let subject = try context.principal.subject
        let newID = store.ids.new(ReferralID.self)
        return try await inWork(context) { work in
            try await work.tx.once(context, resource: id.rawValue, status: .ok) {
                try await store.change(id, expecting: version, in: work) { suggestion, visit in
                    try suggestion.accept(as: newID, body.consentSituation, by: subject, at: work.now)
                    guard let visit else { throw DispatchSuggestion.Refusal.notOpen(suggestion.status) }
                    var intake = Intake(
                        request: try body.request(for: suggestion), person: visit.person,
                        partnerID: suggestion.partnerID, clientID: "agency", referralID: newID, subject: subject)
                    try Faults.check(intake.request.faults)
                    if let consent = body.consent {
                        intake.consents = [
                            try consent.draft(sender: nil, ownOnly: false, now: work.now, at: "/consent")
                        ]
                    }
                    _ = try await store.takeIn(intake, in: work)
                }
            } answer: { _ in
                let suggestion = try await store.suggestion(id, in: work).suggestion
                guard let referralID = suggestion.decision?.referralID,
                    let referral = try await store.referral(referralID, in: work)?.referral
                else { throw StoreError(.notFound) }
                let permit = try await context.permit(
                    about: referral.participantID, as: .agency, in: work.tx, at: work.now)
                try work.tx.audit(
                    AuditRecord(.create, under: permit, participantIDs: [referral.participantID]), context)
                return try .ok(SuggestionView(suggestion, at: work.now), etag: suggestion.version)
            }
        }
    }

    func dismissSuggestion(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("suggestionID", as: SuggestionID.self)
        let version = try request.ifMatch
        let body = try await request.decode(DismissSuggestionBody.self, context: context)
        let subject = try context.principal.subject
        return try await inWork(context) { work in
            try await work.tx.once(context, resource: id.rawValue, status: .ok) {
                try await store.change(id, expecting: version, in: work) { suggestion, _ in
                    try suggestion.dismiss(because: body.reason, by: subject, at: work.now)
                }
            } answer: { _ in
                let suggestion = try await store.suggestion(id, in: work).suggestion
                try work.tx.audit(AuditRecord(.update, under: try context.permit()), context)
                return try .ok(SuggestionView(suggestion, at: work.now), etag: suggestion.version)
            }
        }
    }
}
