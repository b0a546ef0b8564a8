public import Models

/// What is known of one referral, for measures: the instants of its steps and the person's contacts.
///
/// Contacts belong to the person, not to the referral: two hospitals may refer one person at once, and a contact then
/// answers both.
public struct ReferralJourney: Hashable, Sendable {
    public var referralID: ReferralID
    public var participantID: ParticipantID
    public var programme: ProgrammeCode
    public var receivedAt: Instant
    public var accepted: LocalInstant
    /// When an on-call peer was first asked; nil where none was.
    public var dispatchedAt: Instant?
    public var acknowledgedAt: Instant?
    public var arrivedAt: Instant?
    public var bedside: BedsideEnd?
    public var cancelled: LocalInstant?
    public var closing: Closing?
    public var died: LocalInstant?
    public var contacts: [JourneyContact]

    public struct BedsideEnd: Hashable, Sendable {
        public var outcome: BedsideOutcome
        public var at: Instant

        public init(outcome: BedsideOutcome, at: Instant) {
            self.outcome = outcome
            self.at = at
        }
    }

    public struct Closing: Hashable, Sendable {
        public var reason: Carried<ClosingReason>
        public var at: Instant

        public init(reason: Carried<ClosingReason>, at: Instant) {
            self.reason = reason
            self.at = at
        }
    }

    public init(
        referralID: ReferralID, participantID: ParticipantID, programme: ProgrammeCode, receivedAt: Instant,
        accepted: LocalInstant, contacts: [JourneyContact] = []
    ) {
        self.referralID = referralID
        self.participantID = participantID
        self.programme = programme
        self.receivedAt = receivedAt
        self.accepted = accepted
        self.contacts = contacts
    }

    /// The journey as it stood at an instant: nothing later has happened yet.
    public func known(by asOf: Instant) -> ReferralJourney {
        func kept(_ instant: Instant?) -> Instant? { instant.flatMap { $0 <= asOf ? $0 : nil } }
        var journey = self
        journey.dispatchedAt = kept(dispatchedAt)
        journey.acknowledgedAt = kept(acknowledgedAt)
        journey.arrivedAt = kept(arrivedAt)
        journey.bedside = bedside.flatMap { $0.at <= asOf ? $0 : nil }
        journey.cancelled = cancelled.flatMap { $0.at <= asOf ? $0 : nil }
        journey.closing = closing.flatMap { $0.at <= asOf ? $0 : nil }
        journey.died = died.flatMap { $0.at <= asOf ? $0 : nil }
        journey.contacts = contacts.filter { $0.occurred.at <= asOf }
        return journey
    }

    /// When the person was first reached: at the bedside, or in any contact since acceptance.
    var firstReachedAt: Instant? {
        let seen = bedside?.outcome == .seenAccepted || bedside?.outcome == .seenDeclined
        let atBedside = seen ? arrivedAt ?? bedside?.at : nil
        let reached = contacts.filter { $0.outcome == .reached && $0.occurred.at >= receivedAt }.map(\.occurred.at)
            .min()
        return [atBedside, reached].compactMap { $0 }.min()
    }
}

/// An instant with its day on the agency's calendar: measures in hours need the one, measures in days the other.
public struct LocalInstant: Hashable, Sendable {
    public var at: Instant
    public var on: CivilDate

    public init(at: Instant, on: CivilDate) {
        self.at = at
        self.on = on
    }
}

/// A contact or an attempt at one, for measures.
public struct JourneyContact: Hashable, Sendable {
    public var outcome: ContactOutcome
    public var occurred: LocalInstant

    public init(outcome: ContactOutcome, occurred: LocalInstant) {
        self.outcome = outcome
        self.occurred = occurred
    }
}

/// A contact that a plan wanted, with the contacts made for it.
public struct PlannedContact: Hashable, Sendable {
    public var planID: PlanID
    /// The end of the plan's window for it.
    public var dueAt: Instant
    public var planClosedAt: Instant?
    public var diedAt: Instant?
    public var attempts: [JourneyContact]

    public init(
        planID: PlanID, dueAt: Instant, planClosedAt: Instant? = nil, diedAt: Instant? = nil,
        attempts: [JourneyContact] = []
    ) {
        self.planID = planID
        self.dueAt = dueAt
        self.planClosedAt = planClosedAt
        self.diedAt = diedAt
        self.attempts = attempts
    }
}
