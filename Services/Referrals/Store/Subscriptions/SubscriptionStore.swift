internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// A subscription with the resource as its client sent it.
struct StoredSubscription: Sendable {
    var subscription: Subscription
    /// The resource, with the headers of its channel.
    let content: [UInt8]
}

extension Store {
    /// More of one partner's are refused: each is a queue of its own.
    static let mostSubscriptions = 20

    /// Keeps a new subscription, and queues its handshake.
    func add(_ subscription: Subscription, content: [UInt8], in work: Work) throws {
        let sealed = try vault.sealSubscription(
            content, subscription.subscriptionID, of: subscription.partnerID, in: work.agencyID)
        work.tx.enqueue(
            .insertSubscription, work.agencyID, subscription.subscriptionID, subscription.partnerID,
            subscription.clientID, subscription.run, subscription.version, subscription.topic, subscription.status,
            sealed, subscription.heartbeatSeconds, subscription.events, subscription.error, subscription.endsAt,
            subscription.toldAt, subscription.createdAt,
            subscription.changedAt
        )
        try queueHandshake(on: subscription, in: work)
    }

    /// Keeps what a client asks for instead of what was asked before, and queues the handshake where there is to be one.
    /// The subscription is locked.
    func replace(
        _ before: StoredSubscription, by subscription: Subscription, content: [UInt8], in work: Work
    ) throws {
        let id = subscription.subscriptionID
        let sealed = try vault.sealSubscription(content, id, of: subscription.partnerID, in: work.agencyID)
        work.tx.enqueue(
            .replaceSubscription, work.agencyID, id, subscription.clientID, subscription.run, subscription.version,
            subscription.topic, subscription.status, sealed, subscription.heartbeatSeconds, subscription.error,
            subscription.endsAt, subscription.toldAt, subscription.changedAt)
        // Of another topic's events nothing could be said in the words of this one.
        if subscription.topic != before.subscription.topic {
            work.tx.enqueue(.deleteSubscriptionEvents, work.agencyID, id)
        }
        if subscription.run != before.subscription.run { try queueHandshake(on: subscription, in: work) }
    }

    /// One of the partner's own; nil for any other.
    func subscription(
        _ id: SubscriptionID, of partner: PartnerID, in work: Work
    ) async throws -> StoredSubscription? {
        let found = try await work.tx.query(.findSubscription, work.agencyID, id).first
        guard let stored = try found.map({ try read(subscription: $0, in: work) }),
            stored.subscription.partnerID == partner
        else { return nil }
        return stored
    }

    /// One of whomever, held until the transaction ends; nil where it was deleted.
    func lockSubscription(_ id: SubscriptionID, in work: Work) async throws -> StoredSubscription? {
        try await work.tx.query(.lockSubscription, work.agencyID, id).first.map { try read(subscription: $0, in: work) }
    }

    /// All of the partner's own.
    func subscriptions(of partner: PartnerID, in work: Work) async throws -> [StoredSubscription] {
        try await work.tx.query(.listSubscriptions, work.agencyID, partner).map {
            try read(subscription: $0, in: work)
        }
    }

    func save(_ subscription: Subscription, in work: Work) {
        work.tx.enqueue(
            .updateSubscription, work.agencyID, subscription.subscriptionID, subscription.version,
            subscription.status, subscription.events, subscription.error, subscription.toldAt, subscription.changedAt
        )
    }

    /// A client of a partner is disabled: what it asked for goes nowhere any more. The partner is locked.
    func stopSubscriptions(ofClient client: String, of partner: PartnerID, in work: Work) async throws {
        for stored in try await subscriptions(of: partner, in: work) where stored.subscription.clientID == client {
            // What is under way on it waits for its end.
            guard
                var subscription = try await lockSubscription(stored.subscription.subscriptionID, in: work)?
                    .subscription
            else { continue }
            subscription.stopped(because: "The client that asked for it was disabled.", at: work.now)
            save(subscription, in: work)
        }
    }

    /// Forgets it; what is queued on it goes nowhere.
    func delete(_ id: SubscriptionID, in work: Work) async throws {
        work.tx.enqueue(.deleteSubscriptionEvents, work.agencyID, id)
        try await work.tx.execute(.deleteSubscription, work.agencyID, id)
    }

    /// Brings subscriptions under the ring's current key.
    func resealSubscriptions(in work: Work) async throws {
        for row in try await work.tx.query(.listSubscriptionContents, work.agencyID) {
            let (id, partner, sealed) = try row.decode((SubscriptionID, PartnerID, [UInt8]).self)
            guard KeyRing.keyID(of: sealed) != vault.ring.currentID else { continue }
            let content = try vault.openSubscription(sealed, id, of: partner, in: work.agencyID)
            work.tx.enqueue(
                .resealSubscription, work.agencyID, id,
                try vault.sealSubscription(content, id, of: partner, in: work.agencyID))
        }
    }

    private func read(subscription row: Row, in work: Work) throws -> StoredSubscription {
        let subscription = Subscription(
            subscriptionID: try row.column("subscription_id"), partnerID: try row.column("partner_id"),
            clientID: try row.column("client_id"), topic: try row.column("topic"),
            heartbeatSeconds: try row.column("heartbeat_seconds"),
            endsAt: try row.column("ends_at"), createdAt: try row.column("created_at"),
            run: try row.column("run"), version: try row.column("version"), status: try row.column("status"),
            events: try row.column("events"),
            error: try row.column("error"), toldAt: try row.column("told_at"), changedAt: try row.column("changed_at"))
        return StoredSubscription(
            subscription: subscription,
            content: try vault.openSubscription(
                try row.column("content"), subscription.subscriptionID, of: subscription.partnerID, in: work.agencyID))
    }
}
