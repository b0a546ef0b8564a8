public import Models

/// A request to support somebody, from the moment it arrives to the moment its sender knows what became of it.
///
/// Invariants: ``status`` moves only along ``ReferralStatus/successors`` and only by whom ``ReferralStatus/setters``
/// names; ``businessStatus`` moves only where ``BusinessStatus/mayFollow(_:)`` allows; each change raises ``version`` by
/// one and is one element of ``changes``. It is a pure state machine: the store loads it, applies, and saves.
public struct Referral: Hashable, Sendable {
    public let referralID: ReferralID
    public let participantID: ParticipantID
    /// Who sent it; nil for a self-referral or one taken by phone from nobody's organisation.
    public let partnerID: PartnerID?
    /// What is asked for, as far as it is known by now.
    public internal(set) var request: ReferralRequest
    public let receivedAt: Instant

    public internal(set) var version: Int
    public internal(set) var status: ReferralStatus
    public internal(set) var businessStatus: BusinessStatus
    /// Why the status is what it is; free text, therefore stored sealed.
    public internal(set) var statusReason: String?
    /// Whether it was the sender who took it back.
    public internal(set) var wasCancelledBySender = false
    /// What became of the need; set when it closes.
    public internal(set) var closingReason: ClosingReason?
    /// The stretch of support that it belongs to; nil until accepted. See ``Engagement``.
    public internal(set) var engagementID: ReferralID?
    public internal(set) var acceptedAt: Instant?
    public internal(set) var closedAt: Instant?
    /// When the request was last completed; nil where it is as it came.
    public internal(set) var completedAt: Instant?
    public internal(set) var changedAt: Instant
    /// When the work last moved, by the clock of the service that said so: later news never gives way to earlier.
    public internal(set) var businessChangedAt: Instant

    /// What changed since the referral was loaded, oldest first.
    public internal(set) var changes: [Change] = []

    /// A new referral in the state its sender gave it: `requested`, or `draft` while the sender is still writing.
    public init(
        referralID: ReferralID, participantID: ParticipantID, partnerID: PartnerID?, request: ReferralRequest,
        asDraft: Bool = false, by actor: Actor, at instant: Instant
    ) {
        self.referralID = referralID
        self.participantID = participantID
        self.partnerID = partnerID
        self.request = request
        self.receivedAt = instant
        version = 1
        status = asDraft ? .draft : .requested
        businessStatus = .created
        changedAt = instant
        businessChangedAt = instant
        changes = [
            Change(version: 1, from: nil, to: status, business: .created, reason: nil, by: actor, at: instant)
        ]
    }

    /// The same referral with its changes saved.
    public var withoutChanges: Referral {
        var copy = self
        copy.changes = []
        return copy
    }

    /// A referral as it was stored.
    public init(stored: Stored) {
        referralID = stored.referralID
        participantID = stored.participantID
        partnerID = stored.partnerID
        request = stored.request
        receivedAt = stored.receivedAt
        version = stored.version
        status = stored.status
        businessStatus = stored.businessStatus
        statusReason = stored.statusReason
        wasCancelledBySender = stored.wasCancelledBySender
        closingReason = stored.closingReason
        engagementID = stored.engagementID
        acceptedAt = stored.acceptedAt
        closedAt = stored.closedAt
        completedAt = stored.completedAt
        changedAt = stored.changedAt
        businessChangedAt = stored.businessChangedAt
    }

    /// The values of a stored referral, by name.
    public struct Stored: Hashable, Sendable {
        public var referralID: ReferralID
        public var participantID: ParticipantID
        public var partnerID: PartnerID?
        public var request: ReferralRequest
        public var receivedAt: Instant
        public var version: Int
        public var status: ReferralStatus
        public var businessStatus: BusinessStatus
        public var statusReason: String?
        public var wasCancelledBySender: Bool
        public var closingReason: ClosingReason?
        public var engagementID: ReferralID?
        public var acceptedAt: Instant?
        public var closedAt: Instant?
        public var completedAt: Instant?
        public var changedAt: Instant
        public var businessChangedAt: Instant

        public init(
            referralID: ReferralID, participantID: ParticipantID, partnerID: PartnerID?, request: ReferralRequest,
            receivedAt: Instant, version: Int, status: ReferralStatus, businessStatus: BusinessStatus,
            statusReason: String?, wasCancelledBySender: Bool, closingReason: ClosingReason?, engagementID: ReferralID?,
            acceptedAt: Instant?, closedAt: Instant?, completedAt: Instant? = nil, changedAt: Instant,
            businessChangedAt: Instant
        ) {
            self.referralID = referralID
            self.participantID = participantID
            self.partnerID = partnerID
            self.request = request
            self.receivedAt = receivedAt
            self.version = version
            self.status = status
            self.businessStatus = businessStatus
            self.statusReason = statusReason
            self.wasCancelledBySender = wasCancelledBySender
            self.closingReason = closingReason
            self.engagementID = engagementID
            self.acceptedAt = acceptedAt
            self.closedAt = closedAt
            self.completedAt = completedAt
            self.changedAt = changedAt
            self.businessChangedAt = businessChangedAt
        }
    }
}
