internal import Models
internal import ReferralsDomain

/// What a webhook says: that something happened, and by which ids the receiver finds it.
struct WebhookBody<Content: Encodable & Sendable>: Encodable, Sendable {
    let type: String
    let timestamp: Instant
    let content: Content

    enum CodingKeys: String, CodingKey {
        case type, timestamp
        case content = "data"
    }
}

/// To a partner, of its own referral: ids of the partner's own, and the version.
struct TaskChange: Encodable, Sendable {
    let taskID: String
    let referralID: String
    let version: Int
}

/// To the privacy office: that there is something to look at.
struct EmergencyNotice: Encodable, Sendable {
    let emergencyID: EmergencyID
}

/// To the duty desk: what has waited too long, and for what.
struct OverdueReminder: Encodable, Sendable {
    let referralID: ReferralID
    let awaits: Awaited.Step
    let since: Instant
    /// How often this was said, with this time.
    let reminder: Int
    let isForSupervisors: Bool
}
