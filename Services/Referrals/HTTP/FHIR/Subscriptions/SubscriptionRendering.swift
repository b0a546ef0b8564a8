internal import FHIR
internal import JSON
internal import Models
internal import ReferralsDomain

extension StoredSubscription {
    /// Whether the same was asked before by the same client, and is still heard of: what is sent twice is not told twice.
    func answers(_ document: FHIRDocument, of clientID: String) throws -> Bool {
        guard subscription.clientID == clientID, [.requested, .active].contains(subscription.status) else {
            return false
        }
        return try FHIRDocument.parse(content).asAsked.canonical() == document.asAsked.canonical()
    }
}

extension Subscription {
    /// As its client reads it: what it sent, without the headers, which are secrets, and how it stands.
    func resource(_ document: FHIRDocument) -> FHIRDocument {
        document.setting(["channel", "header"], to: nil)
            .settingStatus(status.rawValue)
            .setting(["error"], to: error.map { .string($0) })
            .identified(
                id: subscriptionID.description, version: version, lastUpdated: changedAt)
    }

    /// What goes out on it, or is asked about it.
    func notification(
        _ kind: R4.SubscriptionNotification.Kind, url: String, told: [R4.SubscriptionNotification.Event] = []
    ) -> R4.SubscriptionNotification {
        R4.SubscriptionNotification(
            kind, of: url, topic: topic.url, status: .init(status), events: events, told: told, error: error)
    }
}
