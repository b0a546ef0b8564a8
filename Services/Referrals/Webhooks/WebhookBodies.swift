internal import Models
internal import ReferralsDomain

/// What the privacy office is told: that there is something to look at.
struct EmergencyNoticeBody: Codable, Hashable, Sendable {
    struct Content: Codable, Hashable, Sendable {
        let emergencyID: EmergencyID
    }

    let type: String
    let timestamp: Instant
    let content: Content

    enum CodingKeys: String, CodingKey {
        case type, timestamp
        case content = "data"
    }
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

/// What the duty desk is told: what has waited too long, and for what.
struct OverdueReminderBody: Codable, Hashable, Sendable {
    struct Content: Codable, Hashable, Sendable {
        let referralID: ReferralID
        let awaits: Awaited.Step
        let since: Instant
        /// How often this was said, with this time.
        let reminder: Int
        let isForSupervisors: Bool
    }

    let type: String
    let timestamp: Instant
    let content: Content

    enum CodingKeys: String, CodingKey {
        case type, timestamp
        case content = "data"
    }
}
