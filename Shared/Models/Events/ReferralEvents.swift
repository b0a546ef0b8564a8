/// A referral was accepted: a peer is to be found. Published by `referrals` in the transaction that stores it.
public struct ReferralAccepted: Event {
    public static let topic = "referral.accepted.v1"

    public var referralID: ReferralID
    public var participantID: ParticipantID
    public var version: Int?
    public var setting: Setting
    /// Closed, as FHIR's list is: whether a peer is dispatched at once depends on it.
    public var priority: Priority
    public var programme: ProgrammeCode
    /// The organisation that referred, by Handrail's id; nil for a self-referral.
    public var partnerID: PartnerID?
    /// BCP 47 codes, the most wanted first; empty when nothing is known.
    public var languages: [String]
    /// The participant's wish for the peer's gender, as a code of the agency; nil when there is none.
    public var peerGenderWish: String?
    /// Whether the participant takes medication for opioid or alcohol use disorder; nil when unknown.
    public var takesMedication: Bool?
    public var receivedAt: Instant
    public var acceptedAt: Instant

    public var key: String { referralID.description }

    public init(
        referralID: ReferralID, participantID: ParticipantID, version: Int, setting: Setting, priority: Priority,
        programme: ProgrammeCode, partnerID: PartnerID?, languages: [String] = [], peerGenderWish: String? = nil,
        takesMedication: Bool? = nil, receivedAt: Instant, acceptedAt: Instant
    ) {
        self.referralID = referralID
        self.participantID = participantID
        self.version = version
        self.setting = setting
        self.priority = priority
        self.programme = programme
        self.partnerID = partnerID
        self.languages = languages
        self.peerGenderWish = peerGenderWish
        self.takesMedication = takesMedication
        self.receivedAt = receivedAt
        self.acceptedAt = acceptedAt
    }
}

/// More is known of what an accepted referral asks for than when it was accepted.
public struct ReferralDetailed: Event {
    public static let topic = "referral.detailed.v1"

    public var referralID: ReferralID
    public var participantID: ParticipantID
    public var version: Int?
    /// BCP 47 codes, the most wanted first; empty when nothing is known.
    public var languages: [String]
    /// The participant's wish for the peer's gender, as a code of the agency; nil when there is none.
    public var peerGenderWish: String?
    /// Whether the participant takes medication for opioid or alcohol use disorder; nil when unknown.
    public var takesMedication: Bool?
    public var detailedAt: Instant

    public var key: String { referralID.description }

    public init(
        referralID: ReferralID, participantID: ParticipantID, version: Int, languages: [String],
        peerGenderWish: String?, takesMedication: Bool?, detailedAt: Instant
    ) {
        self.referralID = referralID
        self.participantID = participantID
        self.version = version
        self.languages = languages
        self.peerGenderWish = peerGenderWish
        self.takesMedication = takesMedication
        self.detailedAt = detailedAt
    }
}

/// An accepted referral was taken back: by the sender, or as entered in error. Whatever waits for it stops.
public struct ReferralCancelled: Event {
    public static let topic = "referral.cancelled.v1"

    public var referralID: ReferralID
    public var participantID: ParticipantID
    public var version: Int?
    public var cancelledAt: Instant

    public var key: String { referralID.description }

    public init(referralID: ReferralID, participantID: ParticipantID, version: Int, cancelledAt: Instant) {
        self.referralID = referralID
        self.participantID = participantID
        self.version = version
        self.cancelledAt = cancelledAt
    }
}

/// The loop of a referral is closed, with what became of the need.
public struct ReferralClosed: Event {
    public static let topic = "referral.closed.v1"

    public var referralID: ReferralID
    public var participantID: ParticipantID
    public var version: Int?
    /// With a reason that only a newer service knows, care goes on, and measures do not count on it yet.
    public var reason: Carried<ClosingReason>
    public var closedAt: Instant

    public var key: String { referralID.description }

    public init(
        referralID: ReferralID, participantID: ParticipantID, version: Int, reason: ClosingReason, closedAt: Instant
    ) {
        self.referralID = referralID
        self.participantID = participantID
        self.version = version
        self.reason = .known(reason)
        self.closedAt = closedAt
    }
}

/// As consents were told of before their terms travelled with them: enough to look again and to end one, too little to let
/// anything through. This version publishes it no more; what was scheduled before is still handled, and what a process of
/// the version before publishes while a deployment is being renewed, or a revocation there would bind nobody.
public struct ConsentChangedV1: Event {
    public static let topic = "consent.changed.v1"

    public var consentID: ConsentID
    public var participantID: ParticipantID
    public var version: Int?
    /// The organisation that may receive, where the consent names a partner.
    public var recipientID: PartnerID?
    public var isActive: Bool
    public var changedAt: Instant

    public var key: String { consentID.description }

    public init(
        consentID: ConsentID, participantID: ParticipantID, version: Int, recipientID: PartnerID?, isActive: Bool,
        changedAt: Instant
    ) {
        self.consentID = consentID
        self.participantID = participantID
        self.version = version
        self.recipientID = recipientID
        self.isActive = isActive
        self.changedAt = changedAt
    }
}

/// A referral has waited for a step as long as it may, or since it was last said so: a scheduled message of `referrals` to
/// itself. The handler reads the referral again; what it has not waited for all the time is not overdue.
public struct ReferralFellDue: Event {
    public static let topic = "referral.fell_due.v1"

    public var referralID: ReferralID
    /// The step's code, of this version or another.
    public var step: String
    /// Since when it was awaited when this was put aside.
    public var since: Instant
    /// How many reminders there were before.
    public var reminder: Int

    public var key: String { referralID.description }
    public var version: Int? { nil }

    public init(referralID: ReferralID, step: String, since: Instant, reminder: Int) {
        (self.referralID, self.step, self.since, self.reminder) = (referralID, step, since, reminder)
    }
}
