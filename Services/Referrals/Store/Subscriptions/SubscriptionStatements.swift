internal import Postgres

extension Statement {
    static let insertSubscription = Statement(
        "subscription.insert",
        """
        insert into referral.subscription
          (agency_id, subscription_id, partner_id, client_id, run, version, topic, status, content, heartbeat_seconds,
           events, error, ends_at, told_at, created_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """
    )

    static let findSubscription = Statement(
        "subscription.find",
        """
        select subscription_id, partner_id, client_id, run, version, topic, status, content, heartbeat_seconds, events,
          error, ends_at, told_at, created_at, changed_at
        from referral.subscription
        where agency_id = $1 and subscription_id = $2
        """
    )

    static let lockSubscription = Statement(
        "subscription.lock",
        """
        select subscription_id, partner_id, client_id, run, version, topic, status, content, heartbeat_seconds, events,
          error, ends_at, told_at, created_at, changed_at
        from referral.subscription
        where agency_id = $1 and subscription_id = $2
        for update
        """
    )

    static let listSubscriptions = Statement(
        "subscription.list",
        """
        select subscription_id, partner_id, client_id, run, version, topic, status, content, heartbeat_seconds, events,
          error, ends_at, told_at, created_at, changed_at
        from referral.subscription
        where agency_id = $1 and partner_id = $2
        order by subscription_id
        """
    )

    static let updateSubscription = Statement(
        "subscription.update",
        """
        update referral.subscription
        set version = $3, status = $4, events = $5, error = $6, told_at = $7, changed_at = $8
        where agency_id = $1 and subscription_id = $2
        """
    )

    static let replaceSubscription = Statement(
        "subscription.replace",
        """
        update referral.subscription
        set client_id = $3, run = $4, version = $5, topic = $6, status = $7, content = $8, heartbeat_seconds = $9,
          error = $10, ends_at = $11, told_at = $12, changed_at = $13
        where agency_id = $1 and subscription_id = $2
        """
    )

    static let resealSubscription = Statement(
        "subscription.reseal",
        """
        update referral.subscription
        set content = $3
        where agency_id = $1 and subscription_id = $2
        """
    )

    /// All of an agency, to bring them under the present key.
    static let listSubscriptionContents = Statement(
        "subscription.list_contents",
        """
        select subscription_id, partner_id, content
        from referral.subscription
        where agency_id = $1
        for no key update
        """
    )

    static let deleteSubscriptionEvents = Statement(
        "subscription_event.delete",
        """
        delete from referral.subscription_event
        where agency_id = $1 and subscription_id = $2
        """
    )

    static let deleteSubscription = Statement(
        "subscription.delete",
        """
        delete from referral.subscription
        where agency_id = $1 and subscription_id = $2
        """
    )
}
