internal import FHIR
internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// What goes out on subscriptions: the handshake, signs of life, and that something has changed, under the ids that the
/// partner knows.
extension WebhookSender {
    func notify(_ attempt: DeliveryAttempt, _ kind: SubscriptionWord.Kind) async -> DeliveryResult {
        let prepared: WebhookRequest?
        do {
            prepared = try await pool.work(for: attempt.agencyID, clock: clock) { work in
                try await prepare(kind, attempt, in: work)
            }
        } catch {
            return .failed("not prepared: \(error is PostgresError ? "database" : "vault")")
        }
        guard let prepared else { return .withdrawn("not wanted, or not to be told any more") }
        let answer = await post(prepared)
        do {
            return try await pool.work(for: attempt.agencyID, clock: clock) { work in
                try await settle(kind, attempt, answer, in: work)
            }
        } catch {
            return .failed("not written down: database")
        }
    }

    /// The request, or nil where nothing is to go out on this subscription, or not yet.
    private func prepare(
        _ kind: SubscriptionWord.Kind, _ attempt: DeliveryAttempt, in work: Work
    ) async throws -> WebhookRequest? {
        let word = try JSONValue.decode(SubscriptionWord.self, from: attempt.payload.bytes)
        guard let stored = try await store.lockSubscription(word.subscriptionID, in: work),
            stored.subscription.run == word.run
        else { return nil }
        var subscription = stored.subscription
        subscription.expired(at: work.now)
        if subscription.status == .off { store.save(subscription, in: work) }
        let isWanted = subscription.status == (kind == .handshake ? .requested : .active)
        guard isWanted, let partner = try await store.partner(subscription.partnerID, in: work),
            partner.status == .active
        else { return nil }
        let resource = try R4.Subscription(FHIRDocument.parse(stored.content))
        var told: [R4.SubscriptionNotification.Event] = []
        switch kind {
        case .handshake: break
        case .heartbeat:
            guard let due = subscription.heartbeatDueAt else { return nil }
            guard due <= work.now else {
                // Something else has gone out meanwhile, which was sign enough.
                try store.queueHeartbeat(on: subscription, at: due, in: work)
                return nil
            }
        case .event:
            guard let event = try await event(word, attempt, on: &subscription, resource, in: work) else { return nil }
            told = [event]
        }
        let notification = R4.SubscriptionNotification(
            kind.notification, of: "\(baseURL)/Subscription/\(subscription.subscriptionID)",
            topic: subscription.topic.url, status: .init(subscription.status), events: subscription.events, told: told)
        return try await request(notification, attempt, resource, of: subscription.partnerID, in: work)
    }

    /// What happened, as far as it may be told now and the subscription's filters ask for it; on record.
    private func event(
        _ word: SubscriptionWord, _ attempt: DeliveryAttempt, on subscription: inout Subscription,
        _ resource: R4.Subscription, in work: Work
    ) async throws -> R4.SubscriptionNotification.Event? {
        let partner = subscription.partnerID
        guard let id = word.referralID, let taken = try await store.taken(id, in: work),
            taken.stored.referral.partnerID == partner, let permit = taken.permit, let ids = taken.senderIDs,
            taken.view.tellsProgress || !word.restsOnConsent
        else { return nil }
        let isTask = subscription.topic == .task
        let alias = isTask ? ids.taskID : ids.referralID
        let rendering = ResourceRendering(agency: try await store.agency(in: work))
        let received = try await store.received(isTask ? "Task" : "ServiceRequest", alias, of: partner, in: work)
        let document =
            isTask
            ? try rendering.task(taken, received: received, notice: .short)
            : try rendering.order(taken, received: received)
        let known = subscription.topic.filters
        guard
            try SubscriptionFilters.read(resource.filters, of: subscription.topic).allSatisfy({
                $0.matches(document, known: known, baseURL: baseURL)
            })
        else { return nil }
        let participantID = taken.stored.referral.participantID
        let operation = TellingOperation(by: "referrals", operationID: "notifySubscription", requestID: "")
        work.tx.audit(
            AuditRecord(.read, under: permit, participantIDs: [participantID], onBehalfOf: partner),
            by: .system(work.agencyID, service: operation.by, operationID: operation.operationID)
        )
        store.account(permit, about: participantID, to: partner, operation, in: work)
        let number = try await store.number(
            word, of: id, delivery: attempt.deliveryID, on: &subscription, in: work)
        let focus = "\(baseURL)/\(isTask ? "Task" : "ServiceRequest")/\(alias.lowercasedText)"
        return .init(number: number, at: word.at, focus: resource.content == .empty ? nil : focus)
    }

    /// As it goes out: with the headers that the endpoint asked for, and signed where the partner was told a secret.
    private func request(
        _ notification: R4.SubscriptionNotification, _ attempt: DeliveryAttempt, _ resource: R4.Subscription,
        of partner: PartnerID, in work: Work
    ) async throws -> WebhookRequest? {
        guard let endpoint = resource.endpoint else { return nil }
        let body = notification.bundle(id: attempt.deliveryID.lowercasedText, at: work.now).serialized()
        var headers: [String: String] = [:]
        for header in resource.headers {
            guard let (name, value) = SubscriptionRequest.header(header) else { continue }
            headers[name] = value
        }
        let id = "msg_\(attempt.deliveryID.lowercasedText)"
        headers["content-type"] = FHIRFormat.json.mediaType
        headers["webhook-id"] = id
        headers["webhook-timestamp"] = String(work.now.unixSeconds)
        if let secrets = try await store.webhook(of: partner, in: work)?.secrets {
            headers["webhook-signature"] = WebhookSignature.of(body, id: id, at: work.now, secrets: secrets)
        }
        return WebhookRequest(url: endpoint, headers: headers, body: body, patience: resource.timeout)
    }

    /// Writes down what the endpoint answered; what comes of the attempt.
    private func settle(
        _ kind: SubscriptionWord.Kind, _ attempt: DeliveryAttempt, _ answer: Int?, in work: Work
    ) async throws -> DeliveryResult {
        let word = try JSONValue.decode(SubscriptionWord.self, from: attempt.payload.bytes)
        guard var subscription = try await store.lockSubscription(word.subscriptionID, in: work)?.subscription,
            subscription.run == word.run
        else { return .withdrawn("deleted, or asked for anew") }
        let reason = answer.map { "status \($0)" } ?? "no answer"
        if let answer, (200..<300).contains(answer) {
            if kind == .handshake { subscription.opened(at: work.now) }
            subscription.told(at: work.now)
            store.save(subscription, in: work)
            if kind != .event, let due = subscription.heartbeatDueAt {
                try store.queueHeartbeat(on: subscription, at: due, in: work)
            }
            return .sent
        }
        // One handshake decides; 410 says that no more is wanted; the rest is tried for most of a day.
        guard kind == .handshake || answer == 410 || attempt.isLast else { return .failed(reason) }
        subscription.failed(because: "The endpoint was given up: \(reason).", at: work.now)
        store.save(subscription, in: work)
        return attempt.isLast ? .failed(reason) : .withdrawn(reason)
    }
}

extension SubscriptionWord.Kind {
    fileprivate var notification: R4.SubscriptionNotification.Kind {
        switch self {
        case .handshake: .handshake
        case .heartbeat: .heartbeat
        case .event: .event
        }
    }
}
