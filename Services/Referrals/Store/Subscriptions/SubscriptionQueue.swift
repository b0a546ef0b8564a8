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
    var referralID: ReferralID?
    /// When it happened; of the others, when they were queued.
    let at: Instant
    /// Whether it tells of something that only a consent lets the sender know.
    var restsOnConsent = false

    /// Each subscription is a queue of its own: an endpoint that is down holds up nothing else.
    static func queue(of id: SubscriptionID) -> String { "subscription/\(id)" }
}

extension Store {
    /// Queues a handshake.
    func queueHandshake(on id: SubscriptionID, in work: Work) throws {
        let word = SubscriptionWord(subscriptionID: id, at: work.now)
        try queue(.handshake, word, key: ids.uuid().lowercasedText, notBefore: work.now, in: work)
    }

    /// Queues a sign of life. One for each moment: an attempt that is repeated after a crash must not begin a second row
    /// of them.
    func queueHeartbeat(on id: SubscriptionID, at due: Instant, in work: Work) throws {
        let word = SubscriptionWord(subscriptionID: id, at: work.now)
        try queue(.heartbeat, word, key: "heartbeat/\(due.microseconds)", notBefore: due, in: work)
    }

    /// Queues word of a change of a referral on those who subscribed to it. Whether it may be said, and whether a
    /// subscription's filters let it through, is asked when it is sent. Of drafts nobody hears (Gravity's topic of Tasks).
    func queueEvents(
        _ listeners: Listeners, of referral: Referral, _ view: SenderView, version: Int, orderMoved: Bool,
        in work: Work
    ) throws {
        guard view.status != .draft else { return }
        for id in listeners.tasks + (orderMoved ? listeners.orders : []) {
            let word = SubscriptionWord(
                subscriptionID: id, referralID: referral.referralID, at: work.now, restsOnConsent: view.tellsProgress)
            try queue(.event, word, key: "\(referral.referralID)/\(version)", notBefore: work.now, in: work)
        }
    }

    private func queue(
        _ kind: SubscriptionWord.Kind, _ word: SubscriptionWord, key: String, notBefore: Instant, in work: Work
    ) throws {
        work.tx.deliver(
            Delivery(
                id: ids.uuid(), partner: SubscriptionWord.queue(of: word.subscriptionID), kind: kind.rawValue,
                subjectID: word.referralID?.rawValue, payload: JSONB(try JSONValue.text(of: word)),
                idempotencyKey: "\(word.subscriptionID)/\(key)", notBefore: notBefore
            ),
            agency: work.agencyID
        )
    }
}
