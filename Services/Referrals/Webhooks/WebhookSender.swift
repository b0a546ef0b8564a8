internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// Sends what is queued for partners: that one of their tasks has changed, and nothing about it.
struct WebhookSender: Sendable {
    let pool: Pool
    let store: Store
    let clock: WallClock
    /// The FHIR server's own URL, for subscriptions.
    var baseURL = ""
    /// Sends one request and returns the status code; nil when there was no answer.
    let post: @Sendable (WebhookRequest) async -> Int?

    /// Decides again whether it may be said, and says it.
    @Sendable
    func send(_ attempt: DeliveryAttempt) async -> DeliveryResult {
        if let kind = SubscriptionWord.Kind(rawValue: attempt.kind) { return await notify(attempt, kind) }
        let prepared: WebhookRequest?
        do {
            switch (attempt.kind, PartnerID(attempt.partner)) {
            case (TaskChangedWord.kind, .some(let partner)):
                prepared = try await pool.work(for: attempt.agencyID, clock: clock) { work in
                    try await prepare(attempt, for: partner, in: work)
                }
            case (EmergencyWord.kind, nil):
                prepared = try await pool.work(for: attempt.agencyID, clock: clock) { work in
                    try await prepareNotice(attempt, in: work)
                }
            case (OverdueWord.kind, nil):
                prepared = try await pool.work(for: attempt.agencyID, clock: clock) { work in
                    try await prepareReminder(attempt, in: work)
                }
            default: return .withdrawn("unknown kind")
            }
        } catch {
            return .failed("not prepared: \(error is PostgresError ? "database" : "vault")")
        }
        guard let prepared else { return .withdrawn("not to be disclosed any more") }
        switch await post(prepared) {
        case .some(200..<300): return .sent
        // The receiver says that it wants no more of these.
        case .some(410): return .withdrawn("gone")
        case .some(let status): return .failed("status \(status)")
        case nil: return .failed("no answer")
        }
    }

    /// The request, or nil when it may not go out any more: the consent has ended or changed since it was queued, or the
    /// partner is disabled.
    private func prepare(
        _ attempt: DeliveryAttempt, for partner: PartnerID, in work: Work
    ) async throws -> WebhookRequest? {
        let word = try JSONValue.decode(TaskChangedWord.self, from: attempt.payload.bytes)
        guard let webhook = try await store.webhook(of: partner, in: work),
            let taken = try await store.taken(word.referralID, in: work), let ids = taken.senderIDs,
            taken.stored.referral.partnerID == partner, let permit = taken.permit,
            taken.view.tellsProgress || !word.restsOnConsent
        else { return nil }
        let participantID = taken.stored.referral.participantID
        let operation = TellingOperation(by: "referrals", operationID: "announceTaskChange", requestID: "")
        work.tx.audit(
            AuditRecord(.read, under: permit, participantIDs: [participantID], onBehalfOf: partner),
            by: .system(work.agencyID, service: operation.by, operationID: operation.operationID)
        )
        store.account(permit, about: participantID, to: partner, operation, in: work)
        // A later change is told by its own webhook, in its order; the receiver reads the newest state in any case.
        let body = WebhookBody(
            type: "task.changed", timestamp: work.now,
            content: TaskChange(
                taskID: ids.taskID.lowercasedText, referralID: ids.referralID.lowercasedText, version: word.version)
        )
        return try signed(body, attempt, to: webhook, at: work.now)
    }

    /// The word to the agency's own privacy office, or nil when it wants none any more. It names nobody.
    private func prepareNotice(_ attempt: DeliveryAttempt, in work: Work) async throws -> WebhookRequest? {
        let word = try JSONValue.decode(EmergencyWord.self, from: attempt.payload.bytes)
        guard let office = try await store.desk(.privacyOffice, in: work) else { return nil }
        let body = WebhookBody(
            type: "emergency.declared", timestamp: work.now, content: EmergencyNotice(emergencyID: word.emergencyID))
        return try signed(body, attempt, to: office, at: work.now)
    }

    /// The word to the agency's duty desk, or nil when it wants none any more, or the referral has moved on. It names nobody.
    private func prepareReminder(_ attempt: DeliveryAttempt, in work: Work) async throws -> WebhookRequest? {
        let word = try JSONValue.decode(OverdueWord.self, from: attempt.payload.bytes)
        guard let desk = try await store.desk(.duty, in: work),
            try await store.awaited(word.referralID, in: work) == Awaited(word.step, since: word.since)
        else { return nil }
        let body = WebhookBody(
            type: "referral.overdue", timestamp: work.now,
            content: OverdueReminder(
                referralID: word.referralID, awaits: word.step, since: word.since, reminder: word.reminder,
                isForSupervisors: store.times.isForSupervisors(word.reminder)))
        return try signed(body, attempt, to: desk, at: work.now)
    }

    private func signed(
        _ body: some Encodable, _ attempt: DeliveryAttempt, to webhook: WebhookTarget, at now: Instant
    ) throws -> WebhookRequest {
        let bytes = try JSONValue.text(of: body, sortingNames: true)
        let id = "msg_\(attempt.deliveryID.lowercasedText)"
        return WebhookRequest(
            url: webhook.url,
            headers: [
                "content-type": "application/json", "webhook-id": id, "webhook-timestamp": String(now.unixSeconds),
                "webhook-signature": WebhookSignature.of(bytes, id: id, at: now, secrets: webhook.secrets),
            ],
            body: bytes
        )
    }
}

/// A webhook as it goes out.
struct WebhookRequest: Hashable, Sendable {
    let url: String
    let headers: [String: String]
    let body: [UInt8]
    /// After how many seconds the receiver wants it to have failed; never longer than we wait ourselves.
    var patience: Int?
}

extension UUID {
    /// As ids are written everywhere here.
    var lowercasedText: String { uuidString.lowercased() }
}
