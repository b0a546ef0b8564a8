internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

extension Statement {
    static let findSubscriptionEvent = Statement(
        "subscription_event.find",
        """
        select number
        from referral.subscription_event
        where agency_id = $1 and subscription_id = $2 and delivery_id = $3
        """
    )

    static let insertSubscriptionEvent = Statement(
        "subscription_event.insert",
        """
        insert into referral.subscription_event
          (agency_id, subscription_id, number, delivery_id, referral_id, rests_on_consent, at)
        values ($1, $2, $3, $4, $5, $6, $7)
        """
    )

    static let trimSubscriptionEvents = Statement(
        "subscription_event.trim",
        """
        delete from referral.subscription_event
        where agency_id = $1 and subscription_id = $2 and number <= $3
        """
    )

    static let listSubscriptionEvents = Statement(
        "subscription_event.list",
        """
        select number, referral_id, rests_on_consent, at
        from referral.subscription_event
        where agency_id = $1 and subscription_id = $2 and number >= $3 and number <= $4
        order by number
        limit $5
        """
    )
}

/// An event that was told, or tried to be.
struct SubscriptionEvent: Sendable {
    let number: Int64
    let referralID: ReferralID
    let restsOnConsent: Bool
    let at: Instant
}

extension Store {
    /// So many are kept to be asked for again.
    private static let keptEvents: Int64 = 1000

    /// The number of an event, given the first time that it is told. The subscription is locked.
    func number(
        _ word: SubscriptionWord, of referral: ReferralID, delivery: UUID, on subscription: inout Subscription,
        in work: Work
    ) async throws -> Int64 {
        let id = subscription.subscriptionID
        let known = try await work.tx.query(.findSubscriptionEvent, work.agencyID, id, delivery).first
        if let known { return try known.decode(Int64.self) }
        let number = subscription.nextEvent()
        work.tx.enqueue(
            .insertSubscriptionEvent, work.agencyID, id, number, delivery, referral, word.restsOnConsent, word.at)
        if number > Self.keptEvents {
            work.tx.enqueue(.trimSubscriptionEvents, work.agencyID, id, number - Self.keptEvents)
        }
        save(subscription, in: work)
        return number
    }

    /// The events of a range that are still kept.
    func events(
        of id: SubscriptionID, from first: Int64, to last: Int64, limit: Int, in work: Work
    ) async throws -> [SubscriptionEvent] {
        try await work.tx.query(.listSubscriptionEvents, work.agencyID, id, first, last, limit).map { row in
            let (number, referral, restsOnConsent, at) = try row.decode((Int64, ReferralID, Bool, Instant).self)
            return SubscriptionEvent(number: number, referralID: referral, restsOnConsent: restsOnConsent, at: at)
        }
    }
}
