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
    /// Sends one request and returns the status code; nil when there was no answer.
    let post: @Sendable (WebhookRequest) async -> Int?

    /// Decides again whether it may be said, and says it.
    @Sendable
    func send(_ attempt: DeliveryAttempt) async -> DeliveryResult {
        guard attempt.kind == TaskChangedWord.kind, let partner = PartnerID(attempt.partner) else {
            return .withdrawn("unknown kind")
        }
        let prepared: WebhookRequest?
        do {
            prepared = try await pool.work(for: attempt.agencyID, clock: clock) { work in
                try await prepare(attempt, for: partner, in: work)
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
            content: .init(
                taskID: ids.taskID.lowercasedText, referralID: ids.referralID.lowercasedText, version: word.version)
        )
        let bytes = try JSONValue.text(of: body, sortingNames: true)
        let id = "msg_\(attempt.deliveryID.lowercasedText)"
        return WebhookRequest(
            url: webhook.url,
            headers: [
                "content-type": "application/json", "webhook-id": id,
                "webhook-timestamp": String(work.now.unixSeconds),
                "webhook-signature": WebhookSignature.of(bytes, id: id, at: work.now, secret: webhook.secret),
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
}

/// What a webhook says: ids of the receiver's own, and the version.
struct WebhookBody: Codable, Hashable, Sendable {
    struct Content: Codable, Hashable, Sendable {
        let taskID: String
        let referralID: String
        let version: Int
    }

    let type: String
    let timestamp: Instant
    let content: Content

    enum CodingKeys: String, CodingKey {
        case type, timestamp
        case content = "data"
    }
}

extension UUID {
    /// As ids are written everywhere here.
    var lowercasedText: String { uuidString.lowercased() }
}
