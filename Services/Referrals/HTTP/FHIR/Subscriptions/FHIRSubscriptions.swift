internal import FHIR
internal import FoundationEssentials
internal import Hummingbird
internal import JSON
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Subscriptions of a partner's clients: what is theirs is seen by all clients of the partner, and by nobody else.
extension FHIRRoutes {
    func addSubscriptions(to routes: inout Routes) {
        add(
            .post, "/fhir/Subscription", "fhirCreateSubscription", "Hear of changes by rest-hook.", discloses: [],
            to: &routes, postSubscription)
        add(
            .get, "/fhir/Subscription", "fhirSearchSubscriptions", "One's own subscriptions.", discloses: [],
            to: &routes, listSubscriptions)
        add(
            .get, "/fhir/Subscription/{id}", "fhirReadSubscription", "A subscription and how it stands.",
            discloses: [], to: &routes, readSubscription)
        add(
            .put, "/fhir/Subscription/{id}", "fhirUpdateSubscription", "Hear of something else, elsewhere, or not now.",
            discloses: [], to: &routes, putSubscription)
        add(
            .delete, "/fhir/Subscription/{id}", "fhirDeleteSubscription", "Hear no more.", discloses: [], to: &routes,
            deleteSubscription)
        add(
            .get, "/fhir/Subscription/{id}/$status", "fhirSubscriptionStatus", "How a subscription stands.",
            discloses: [], to: &routes, subscriptionStatus)
        add(
            .get, "/fhir/Subscription/{id}/$events", "fhirSubscriptionEvents", "What was told, again.", to: &routes,
            subscriptionEvents)
    }

    @Sendable
    func postSubscription(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.create, "Subscription")
        let document = try document(request, context)
        let wanted = try R4.Subscription(document)
        return try await work(caller, context) { work in
            let checked = try SubscriptionRequest(wanted, allowsLocal: allowsLocal, at: work.now)
            // Who hears of something, under ids that it can be read by, may read it.
            try caller.require(.read, checked.topic.resourceType)
            // Two at once: the second waits here, and finds the first one's.
            guard try await store.lockPartner(caller.partnerID, through: caller.clientID, in: work) != nil else {
                throw Problem.forbidden.denying(Denial(.role))
            }
            let others = try await store.subscriptions(of: caller.partnerID, in: work)
            let same = try others.first { try $0.answers(document, of: caller.clientID) }?.subscription
            guard same != nil || others.count < Store.mostSubscriptions else {
                throw R4.Refusal(.tooCostly, "At most \(Store.mostSubscriptions) subscriptions; delete one first.")
            }
            let subscription =
                same
                ?? Subscription(
                    subscriptionID: store.ids.new(), partnerID: caller.partnerID, clientID: caller.clientID,
                    topic: checked.topic, heartbeatSeconds: checked.heartbeatSeconds, endsAt: checked.endsAt,
                    at: work.now)
            if same == nil { try store.add(subscription, content: document.serialized(), in: work) }
            let action: AuditRecord.Action = same == nil ? .create : .read
            try work.tx.audit(AuditRecord(action, under: try context.permit(classes: [])), context)
            return try FHIRAnswer.resource(
                subscription.resource(document), status: .created,
                at: "\(baseURL)/Subscription/\(subscription.subscriptionID)/_history/\(subscription.version)")
        }
    }

    @Sendable
    func listSubscriptions(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.search, "Subscription")
        return try await work(caller, context) { work in
            let found = try await store.subscriptions(of: caller.partnerID, in: work).map { stored in
                (
                    "\(baseURL)/Subscription/\(stored.subscription.subscriptionID)",
                    stored.subscription.resource(try FHIRDocument.parse(stored.content))
                )
            }
            try work.tx.audit(AuditRecord(.search, under: try context.permit(classes: [])), context)
            return try FHIRAnswer.resource(
                R4.Bundle.searchset(
                    matches: found, total: found.count, links: [("self", "\(baseURL)/Subscription")], at: work.now))
        }
    }

    @Sendable
    func readSubscription(_ request: Request, _ context: APIContext) async throws -> Response {
        try await withSubscription(.read, context) { stored, _, work in
            try work.tx.audit(AuditRecord(.read, under: try context.permit(classes: [])), context)
            return try FHIRAnswer.resource(stored.subscription.resource(try FHIRDocument.parse(stored.content)))
        }
    }

    @Sendable
    func deleteSubscription(_ request: Request, _ context: APIContext) async throws -> Response {
        try await withSubscription(.delete, context) { stored, _, work in
            // What is under way on it waits for its end, or finds it gone.
            _ = try await store.lockSubscription(stored.subscription.subscriptionID, in: work)
            try await store.delete(stored.subscription.subscriptionID, in: work)
            try work.tx.audit(AuditRecord(.delete, under: try context.permit(classes: [])), context)
            return Response(status: .noContent)
        }
    }

    @Sendable
    func subscriptionStatus(_ request: Request, _ context: APIContext) async throws -> Response {
        try await withSubscription(.read, context) { stored, _, work in
            try work.tx.audit(AuditRecord(.read, under: try context.permit(classes: [])), context)
            let url = "\(baseURL)/Subscription/\(stored.subscription.subscriptionID)"
            let id = store.ids.uuid().lowercasedText
            let status = stored.subscription.notification(.queryStatus, url: url).statusDocument(id: id)
            return try FHIRAnswer.resource(
                R4.Bundle.searchset(
                    matches: [("urn:uuid:\(id)", status)], total: 1, links: [("self", "\(url)/$status")], at: work.now))
        }
    }

    @Sendable
    func subscriptionEvents(_ request: Request, _ context: APIContext) async throws -> Response {
        let items = R4.SearchQuery.items(of: request.uri.query ?? "")
        let first = try Self.number("eventsSinceNumber", in: items) ?? 1
        let last = try Self.number("eventsUntilNumber", in: items) ?? .max
        return try await withSubscription(.read, context) { stored, caller, work in
            let subscription = stored.subscription
            try caller.require(.read, subscription.topic.resourceType)
            let events = try await store.events(
                of: subscription.subscriptionID, from: first, to: last, limit: 200, in: work)
            let referrals = try await store.load(Array(Set(events.map(\.referralID))), in: work)
            let taken = try await store.answers(referrals, to: caller.partnerID, in: work)
            let known = Dictionary(taken.map { ($0.stored.referral.referralID, $0) }, uniquingKeysWith: { $1 })
            try store.record(taken, toldTo: caller.partnerID, context, in: work)
            let isEmpty = try R4.Subscription(FHIRDocument.parse(stored.content)).content == .empty
            let told = events.map { event -> R4.SubscriptionNotification.Event in
                guard let taken = known[event.referralID], let ids = taken.senderIDs,
                    taken.view.tellsProgress || !event.restsOnConsent
                else { return .init(number: event.number, at: nil, focus: nil) }
                let place =
                    subscription.topic == .task
                    ? "Task/\(ids.taskID.lowercasedText)" : "ServiceRequest/\(ids.referralID.lowercasedText)"
                return .init(number: event.number, at: event.at, focus: isEmpty ? nil : "\(baseURL)/\(place)")
            }
            let notification = subscription.notification(
                .queryEvent, url: "\(baseURL)/Subscription/\(subscription.subscriptionID)", told: told)
            return try FHIRAnswer.resource(
                notification.bundle(id: store.ids.uuid().lowercasedText, at: work.now))
        }
    }

    func withSubscription(
        _ permission: SMARTScope.Permission, _ context: APIContext,
        _ answer: @Sendable (StoredSubscription, FHIRCaller, Work) async throws -> Response
    ) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(permission, "Subscription")
        let id = SubscriptionID(rawValue: try context.alias("id"))
        return try await work(caller, context) { work in
            guard let stored = try await store.subscription(id, of: caller.partnerID, in: work) else {
                throw Problem.hidden
            }
            return try await answer(stored, caller, work)
        }
    }

    private static func number(_ name: String, in items: [R4.SearchQuery.Item]) throws(R4.Refusal) -> Int64? {
        guard let text = items.first(where: { $0.name == name })?.value else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw R4.Refusal(.value, "\(name) is the number of an event.", at: [name])
        }
        return number
    }
}
