public import Models

public typealias TimelineEventID = ID<Subject.TimelineEvent>

/// One line of a person's recovery timeline.
public struct TimelineEvent: Hashable, Sendable {
    public let id: TimelineEventID
    public let kind: TimelineKind
    /// When it happened, for ordering; where only a date is known, the start of that day in the agency's zone.
    public let occurredAt: Instant
    /// The day on the agency's calendar.
    public let occurredOn: CivilDate
    public let precision: DatePrecision
    public let sourceTier: SourceTier
    public let referralID: ReferralID?
    /// Codes that belong to the kind, such as a medication or a contact's outcome; never free text.
    public let detail: [String: String]

    public init(
        id: TimelineEventID, kind: TimelineKind, occurredAt: Instant, occurredOn: CivilDate,
        precision: DatePrecision = .day, sourceTier: SourceTier, referralID: ReferralID? = nil,
        detail: [String: String] = [:]
    ) {
        self.id = id
        self.kind = kind
        self.occurredAt = occurredAt
        self.occurredOn = occurredOn
        self.precision = precision
        self.sourceTier = sourceTier
        self.referralID = referralID
        self.detail = detail
    }
}

/// How exactly a date is remembered: what lies years back is often known by month or year only.
public enum DatePrecision: String, Codable, CaseIterable, Hashable, Sendable {
    case instant, day, month, year
}

/// How a fact is known, best first (FACTS §3.11).
public enum SourceTier: String, Codable, CaseIterable, Hashable, Sendable {
    /// Claims or a registry.
    case registry = "A"
    /// A clinic or another organisation confirmed it.
    case confirmed = "B"
    /// The person said so.
    case selfReport = "C"
    /// The programme's own record of its own work.
    case ownRecord = "own-record"
}
