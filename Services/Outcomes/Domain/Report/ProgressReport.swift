public import Models

/// What an organisation outside is told of how somebody's support goes: a treatment provider, a payer, a court.
///
/// Its parts are there as far as they may be told: a part that is absent says nothing, not even that there is nothing.
public struct ProgressReport: Hashable, Sendable {
    /// How the person takes part.
    public let attendance: Attendance?
    /// What they were referred for, and what became of it.
    public let referrals: [ReferralProgress]?
    /// The latest score of each instrument.
    public let scores: [LatestScore]?
    /// The medication that goes on.
    public let medications: [OngoingMedication]?

    /// - Parameter classes: those that may be told.
    public init(of facts: ProgressFacts, telling classes: Set<DataClass>) {
        attendance = classes.contains(.contact) ? facts.attendance : nil
        referrals = classes.contains(.referral) ? facts.referrals : nil
        scores = classes.contains(.assessment) ? facts.scores : nil
        medications = classes.contains(.medication) ? Self.ongoing(facts.events) : nil
    }

    private static func ongoing(_ events: [TimelineEvent]) -> [OngoingMedication] {
        RecoveryTimeline(events).engagements
            .filter { $0.kind == .medication && $0.endedOn == nil }
            .map { OngoingMedication(modality: $0.modality, startedOn: $0.startedOn) }
    }
}

/// All that a report could say of one person, before anybody has decided what may be told.
public struct ProgressFacts: Hashable, Sendable {
    /// Nil where support has not begun.
    public var attendance: Attendance?
    public var referrals: [ReferralProgress]
    public var scores: [LatestScore]
    /// The milestones of the person's timeline.
    public var events: [TimelineEvent]

    public init(
        attendance: Attendance?, referrals: [ReferralProgress], scores: [LatestScore], events: [TimelineEvent]
    ) {
        self.attendance = attendance
        self.referrals = referrals
        self.scores = scores
        self.events = events
    }
}

/// How somebody takes part in the present stretch of support.
public struct Attendance: Hashable, Sendable {
    /// The first day of this stretch.
    public let since: CivilDate
    public let programme: ProgrammeCode?
    /// The plan's phase, and since when; nil where no plan has said so.
    public let phase: String?
    public let phaseSince: Instant?
    /// Contacts at which the person was met.
    public let met: Int
    /// Appointed contacts to which the person did not come. A window in which nobody tried is no absence of theirs.
    public let missed: Int
    public let lastMetAt: Instant?

    public init(
        since: CivilDate, programme: ProgrammeCode?, phase: String?, phaseSince: Instant?, contacts: [ContactTally]
    ) {
        self.since = since
        self.programme = programme
        self.phase = phase
        self.phaseSince = phaseSince
        let reached = contacts.filter { $0.outcome == .reached }
        met = reached.reduce(0) { $0 + $1.count }
        missed = contacts.filter { $0.outcome == .noShow }.reduce(0) { $0 + $1.count }
        lastMetAt = reached.map(\.lastAt).max()
    }
}

/// How many contacts ended in one way, and when the last of them was.
public struct ContactTally: Hashable, Sendable {
    public let outcome: ContactOutcome
    public let count: Int
    public let lastAt: Instant

    public init(outcome: ContactOutcome, count: Int, lastAt: Instant) {
        self.outcome = outcome
        self.count = count
        self.lastAt = lastAt
    }
}

/// One referral to peer support.
public struct ReferralProgress: Hashable, Sendable {
    public let programme: ProgrammeCode?
    public let acceptedAt: Instant
    public let closedAt: Instant?
    public let closingReason: Carried<ClosingReason>?

    public init(
        programme: ProgrammeCode?, acceptedAt: Instant, closedAt: Instant?, closingReason: Carried<ClosingReason>?
    ) {
        self.programme = programme
        self.acceptedAt = acceptedAt
        self.closedAt = closedAt
        self.closingReason = closingReason
    }
}

/// The latest score of one instrument; never the answers.
public struct LatestScore: Hashable, Sendable {
    public let instrument: InstrumentCode
    public let instrumentVersion: Int
    public let answeredOn: CivilDate
    /// Nil where too many items were left unanswered.
    public let value: Int?
    public let band: String?

    public init(
        instrument: InstrumentCode, instrumentVersion: Int, answeredOn: CivilDate, value: Int?, band: String?
    ) {
        self.instrument = instrument
        self.instrumentVersion = instrumentVersion
        self.answeredOn = answeredOn
        self.value = value
        self.band = band
    }
}

/// Medication that was started and not stopped.
public struct OngoingMedication: Hashable, Sendable {
    public let modality: String?
    public let startedOn: CivilDate?

    public init(modality: String?, startedOn: CivilDate?) {
        self.modality = modality
        self.startedOn = startedOn
    }
}
