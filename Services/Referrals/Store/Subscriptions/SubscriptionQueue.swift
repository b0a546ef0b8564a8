internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// What is queued on a subscription. Its event's number and the ids that the partner knows are put in when it is sent.
struct SubscriptionWord: Codable, Hashable, Sendable {
    enum Kind: String, Codable, Hashable, Sendable {
        case handshake = "subscription-handshake"
        case heartbeat = "subscription-heartbeat"
        case event = "subscription-event"
    }

    let subscriptionID: SubscriptionID
    /// For which time that it was asked for.
    let run: Int
    var referralID: ReferralID?
    /// When it happened; of the others, when they were queued.
    let at: Instant
    /// Whether it tells of something that only a consent lets the sender know.
    var restsOnConsent = false

    /// Each time that a subscription is asked for is a queue of its own: an endpoint that is down holds up nothing else, also
    /// not the handshake with the one that takes its place.
    var queue: String { "subscription/\(subscriptionID)/\(run)" }
}

/// A subscription that is to hear of changes.
struct Listener: Hashable, Sendable {
    let subscriptionID: SubscriptionID
    let run: Int
    let topic: Subscription.Topic

    /// As ``Postgres/Statement/findListeners`` writes it: `topic/run/id`.
    init?(_ text: String) {
        let parts = text.split(separator: "/").map(String.init)
        guard parts.count == 3, let topic = Subscription.Topic(rawValue: parts[0]), let run = Int(parts[1]),
            let id = SubscriptionID(parts[2])
        else { return nil }
        (subscriptionID, self.run, self.topic) = (id, run, topic)
    }
}

extension Store {
    /// Queues a handshake.
    func queueHandshake(on subscription: Subscription, in work: Work) throws {
        let word = SubscriptionWord(subscriptionID: subscription.subscriptionID, run: subscription.run, at: work.now)
        try queue(.handshake, word, key: "handshake", notBefore: work.now, in: work)
    }

    /// Queues a sign of life. One for each moment: an attempt that is repeated after a crash must not begin a second row
    /// of them.
    func queueHeartbeat(on subscription: Subscription, at due: Instant, in work: Work) throws {
        let word = SubscriptionWord(subscriptionID: subscription.subscriptionID, run: subscription.run, at: work.now)
        try queue(.heartbeat, word, key: "heartbeat/\(due.microseconds)", notBefore: due, in: work)
    }

    /// Queues word of a change of a referral on those who subscribed to it. Whether it may be said, and whether a
    /// subscription's filters let it through, is asked when it is sent. Of drafts nobody hears (Gravity's topic of Tasks).
    func queueEvents(
        _ listeners: Listeners, of referral: Referral, _ view: SenderView, version: Int, orderMoved: Bool,
        in work: Work
    ) throws {
        guard view.status != .draft else { return }
        for listener in listeners.subscriptions where listener.topic == .task || orderMoved {
            let word = SubscriptionWord(
                subscriptionID: listener.subscriptionID, run: listener.run, referralID: referral.referralID,
                at: work.now, restsOnConsent: view.tellsProgress)
            try queue(.event, word, key: "\(referral.referralID)/\(version)", notBefore: work.now, in: work)
        }
    }

    private func queue(
        _ kind: SubscriptionWord.Kind, _ word: SubscriptionWord, key: String, notBefore: Instant, in work: Work
    ) throws {
        work.tx.deliver(
            Delivery(
                id: ids.uuid(), partner: word.queue, kind: kind.rawValue,
                subjectID: word.referralID?.rawValue, payload: JSONB(try JSONValue.text(of: word)),
                idempotencyKey: "\(word.subscriptionID)/\(word.run)/\(key)", notBefore: notBefore
            ),
            agency: work.agencyID
        )
    }
}
