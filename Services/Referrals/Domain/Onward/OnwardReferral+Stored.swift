public import Models

extension OnwardReferral {
    /// The values of a stored one, by name.
    public struct Stored: Hashable, Sendable {
        public var onwardID: OnwardID
        public var referralID: ReferralID
        public var participantID: ParticipantID
        public var partnerID: PartnerID
        public var version: Int
        public var service: String?
        public var priority: Priority
        public var status: Status
        public var taskID: String?
        public var businessStatus: String?
        public var queuedAt: Instant
        public var queuedBy: String
        public var toldAt: Instant?
        public var sentAt: Instant?
        public var lookedAt: Instant?
        public var looks: Int
        public var takenBackAt: Instant?
        public var fault: String?
        public var changedAt: Instant

        public init(
            onwardID: OnwardID, referralID: ReferralID, participantID: ParticipantID, partnerID: PartnerID,
            version: Int, service: String?, priority: Priority, status: Status, taskID: String?,
            businessStatus: String?, queuedAt: Instant, queuedBy: String, toldAt: Instant?, sentAt: Instant?,
            lookedAt: Instant?, looks: Int, takenBackAt: Instant?, fault: String?, changedAt: Instant
        ) {
            self.onwardID = onwardID
            self.referralID = referralID
            self.participantID = participantID
            self.partnerID = partnerID
            self.version = version
            self.service = service
            self.priority = priority
            self.status = status
            self.taskID = taskID
            self.businessStatus = businessStatus
            self.queuedAt = queuedAt
            self.queuedBy = queuedBy
            self.toldAt = toldAt
            self.sentAt = sentAt
            self.lookedAt = lookedAt
            self.looks = looks
            self.takenBackAt = takenBackAt
            self.fault = fault
            self.changedAt = changedAt
        }
    }
}
