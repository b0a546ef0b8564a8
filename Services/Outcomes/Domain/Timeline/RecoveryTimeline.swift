public import Models

/// A person's recovery over the years, read from the events: when help began, how many engagements there were, and the
/// remission that now holds.
///
/// It shows no average and no prognosis: published means (about eight years and four to five engagements until sustained
/// remission) lie far above the median and say nothing about one person (NEJM 2025;392:833; Kelly 2019).
public struct RecoveryTimeline: Hashable, Sendable {
    /// The first day on which help was looked for, as far as is known.
    public private(set) var firstHelpOn: CivilDate?
    /// Episodes of support, treatment, medication and mutual aid, numbered from 1 in the order in which they began.
    public private(set) var engagements: [Engagement] = []
    public private(set) var remission: Remission?
    /// How often there was a return to use, or an overdose, after a remission had begun.
    public private(set) var returnsAfterRemission = 0
    public private(set) var diedOn: CivilDate?

    /// What has begun and not ended, by what it is. Support is one episode while any referral is open.
    private var open: [String: Int] = [:]
    private var openReferrals: Set<ReferralID> = []

    /// A stretch of time in which somebody was engaged with help.
    public struct Engagement: Hashable, Sendable {
        public enum Kind: String, Codable, Hashable, Sendable {
            case peerSupport = "peer-support"
            case treatment, medication
            case mutualAid = "mutual-aid"
        }

        public let number: Int
        public let kind: Kind
        public let modality: String?
        /// Nil where only the end is known.
        public let startedOn: CivilDate?
        /// Nil while it goes on.
        public fileprivate(set) var endedOn: CivilDate?
    }

    /// The remission that holds: since the last return to use.
    public struct Remission: Hashable, Sendable {
        public let startedOn: CivilDate
        /// When the risk of a return has come down to the general public's: five years of remission (NEJM 2025).
        /// Check-ups go on at least until then.
        public var fiveYearsOn: CivilDate { startedOn.adding(months: 60) }
        /// Whole days from its first day.
        public func days(on day: CivilDate) -> Int { max(0, day.daysSince1970 - startedOn.daysSince1970) }
    }

    /// The kinds of events that it is read from; all others may be left out.
    public static let kinds: Set<TimelineKind> = [
        .referralAccepted, .referralClosed, .referralCancelled, .treatmentStarted, .treatmentStopped,
        .medicationStarted, .medicationStopped, .mutualAidStarted, .mutualAidStopped, .firstHelp, .remissionStarted,
        .returnToUse, .overdose, .died,
    ]

    /// Reads events in any order.
    public init(_ events: some Sequence<TimelineEvent>) {
        for event in events.sorted(by: Self.precedes) { apply(event) }
    }

    private static func precedes(_ left: TimelineEvent, _ right: TimelineEvent) -> Bool {
        (left.occurredAt, left.id) < (right.occurredAt, right.id)
    }

    private mutating func apply(_ event: TimelineEvent) {
        switch event.kind {
        case .referralAccepted: supportBegins(event)
        case .referralClosed, .referralCancelled: supportEnds(event)
        case .treatmentStarted: begin(.treatment, event)
        case .treatmentStopped: end(.treatment, event)
        case .medicationStarted: begin(.medication, event)
        case .medicationStopped: end(.medication, event)
        case .mutualAidStarted: begin(.mutualAid, event)
        case .mutualAidStopped: end(.mutualAid, event)
        case .firstHelp: noteHelp(on: event.occurredOn)
        case .remissionStarted:
            if remission == nil { remission = Remission(startedOn: event.occurredOn) }
        case .returnToUse, .overdose:
            if remission != nil { returnsAfterRemission += 1 }
            remission = nil
        case .died: diedOn = diedOn ?? event.occurredOn
        default: break
        }
    }

    private mutating func supportBegins(_ event: TimelineEvent) {
        guard let referralID = event.referralID else { return }
        if openReferrals.isEmpty { begin(.peerSupport, event) }
        openReferrals.insert(referralID)
    }

    private mutating func supportEnds(_ event: TimelineEvent) {
        guard let referralID = event.referralID, openReferrals.remove(referralID) != nil else { return }
        if openReferrals.isEmpty { end(.peerSupport, event) }
    }

    private mutating func begin(_ kind: Engagement.Kind, _ event: TimelineEvent) {
        noteHelp(on: event.occurredOn)
        let key = Self.key(kind, event)
        // A second start without an end between them tells of the same engagement.
        guard open[key] == nil else { return }
        open[key] = engagements.count
        append(kind, event, startedOn: event.occurredOn, endedOn: nil)
    }

    private mutating func end(_ kind: Engagement.Kind, _ event: TimelineEvent) {
        if let position = open.removeValue(forKey: Self.key(kind, event)) {
            engagements[position].endedOn = event.occurredOn
        } else {
            append(kind, event, startedOn: nil, endedOn: event.occurredOn)
        }
    }

    private mutating func append(
        _ kind: Engagement.Kind, _ event: TimelineEvent, startedOn: CivilDate?, endedOn: CivilDate?
    ) {
        engagements.append(
            Engagement(
                number: engagements.count + 1,
                kind: kind,
                modality: event.detail["modality"],
                startedOn: startedOn,
                endedOn: endedOn
            )
        )
    }

    private mutating func noteHelp(on day: CivilDate) {
        firstHelpOn = min(firstHelpOn ?? day, day)
    }

    private static func key(_ kind: Engagement.Kind, _ event: TimelineEvent) -> String {
        "\(kind.rawValue)/\(event.detail["modality"] ?? "")"
    }
}
