internal import Models
internal import OutcomesDomain
internal import ServiceKit

/// An event as it is reported.
struct EventRequest: Decodable, Sendable {
    let kind: TimelineKind
    let occurredOn: CivilDate
    /// How exactly the day is known; `day` where it is absent.
    let precision: DatePrecision?
    /// How it is known: `A` a registry or claims, `B` a clinic confirmed it, `C` the person said so; `C` where absent.
    let sourceTier: SourceTier?
    /// What kind of treatment, which medication or substance.
    let modality: String?

    /// - Throws: ``ReportRefused``. What participants report themselves is always self-reported.
    func event(by role: Role, today: CivilDate) throws -> ReportedEvent {
        try ReportedEvent(
            kind: kind, occurredOn: occurredOn, precision: precision ?? .day,
            sourceTier: role == .participant ? .selfReport : sourceTier ?? .selfReport, modality: modality,
            today: today
        )
    }
}

/// An event as it is shown.
struct EventView: Encodable, Sendable {
    let eventID: TimelineEventID
    let kind: TimelineKind
    /// The kind in words that name the event and not the person.
    let text: String
    let occurredAt: Instant
    let occurredOn: CivilDate
    let precision: DatePrecision
    let sourceTier: SourceTier
    let referralID: ReferralID?
    let detail: [String: String]

    init(_ event: TimelineEvent) {
        eventID = event.id
        kind = event.kind
        text = event.kind.text
        occurredAt = event.occurredAt
        occurredOn = event.occurredOn
        precision = event.precision
        sourceTier = event.sourceTier
        referralID = event.referralID
        detail = event.detail
    }
}

/// A person's recovery as it is shown: facts of this person, no average and no prognosis.
struct RecoveryView: Encodable, Sendable {
    let firstHelpOn: CivilDate?
    let daysSinceFirstHelp: Int?
    let engagementCount: Int
    let engagements: [EngagementView]
    let remission: RemissionView?
    let returnsAfterRemission: Int

    init(_ timeline: RecoveryTimeline, today: CivilDate) {
        firstHelpOn = timeline.firstHelpOn
        daysSinceFirstHelp = timeline.firstHelpOn.map { max(0, today.daysSince1970 - $0.daysSince1970) }
        engagementCount = timeline.engagements.count
        engagements = timeline.engagements.map(EngagementView.init)
        remission = timeline.remission.map { RemissionView($0, today: today) }
        returnsAfterRemission = timeline.returnsAfterRemission
    }
}

/// One engagement with help.
struct EngagementView: Encodable, Sendable {
    let number: Int
    let kind: RecoveryTimeline.Engagement.Kind
    let modality: String?
    let startedOn: CivilDate?
    let endedOn: CivilDate?

    init(_ engagement: RecoveryTimeline.Engagement) {
        number = engagement.number
        kind = engagement.kind
        modality = engagement.modality
        startedOn = engagement.startedOn
        endedOn = engagement.endedOn
    }
}

/// The remission that holds.
struct RemissionView: Encodable, Sendable {
    let startedOn: CivilDate
    let days: Int
    /// Until when check-ups go on at least.
    let fiveYearsOn: CivilDate
    let isFiveYears: Bool

    init(_ remission: RecoveryTimeline.Remission, today: CivilDate) {
        startedOn = remission.startedOn
        days = remission.days(on: today)
        fiveYearsOn = remission.fiveYearsOn
        isFiveYears = today >= remission.fiveYearsOn
    }
}
