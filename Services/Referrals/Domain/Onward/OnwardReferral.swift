public import Models

/// A referral that the agency sends on to another organisation, and what becomes of it there.
///
/// Invariants: it goes out once, after the consent was asked in that moment; from then on its status is what the other
/// side says, until it ends. It never changes the referral that it came from. It is a pure state machine: the store loads
/// it, applies, and saves.
public struct OnwardReferral: Hashable, Sendable {
    /// Where it stands.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        /// Waits to go out.
        case queued
        /// The other side has it, and has not decided.
        case sent
        case accepted
        case inProgress = "in-progress"
        case onHold = "on-hold"
        case rejected, completed, failed, cancelled
        /// Did not go out: when its turn came, it might not be told any more.
        case withheld
        /// The other side did not take it, or was never reached.
        case undelivered

        /// Whether something may still come of it.
        public var isOpen: Bool {
            switch self {
            case .queued, .sent, .accepted, .inProgress, .onHold: true
            case .rejected, .completed, .failed, .cancelled, .withheld, .undelivered: false
            }
        }
    }

    /// Why something cannot be done.
    public enum Refusal: Error, Hashable, Sendable {
        /// It has ended.
        case notOpen(Status)
    }

    public let onwardID: OnwardID
    public let referralID: ReferralID
    public let participantID: ParticipantID
    /// To whom.
    public let partnerID: PartnerID
    /// What is asked for, as a kind of service of the agency's catalogue; nil for peer support.
    public let service: String?
    public let priority: Priority
    public let queuedAt: Instant
    public let queuedBy: String

    public private(set) var version: Int
    public private(set) var status: Status
    /// The other side's id of its Task; nil until it is known.
    public private(set) var taskID: String?
    /// How far the other side says that it is: a code of BSeR, or its own word.
    public private(set) var businessStatus: String?
    /// When it was accounted for as told: before it first went out, because whether an attempt without an answer arrived
    /// nobody can say.
    public private(set) var toldAt: Instant?
    public private(set) var sentAt: Instant?
    /// When the other side was last asked.
    public private(set) var lookedAt: Instant?
    /// How often it was asked.
    public private(set) var looks: Int
    /// When the agency took it back; the other side may not know yet.
    public private(set) var takenBackAt: Instant?
    /// What went wrong last between the two servers; never anything about a person.
    public private(set) var fault: String?
    public private(set) var changedAt: Instant

    /// A new one, which waits to go out.
    public init(
        onwardID: OnwardID, referralID: ReferralID, participantID: ParticipantID, to partnerID: PartnerID,
        service: String?, priority: Priority, by subject: String, at instant: Instant
    ) {
        self.onwardID = onwardID
        self.referralID = referralID
        self.participantID = participantID
        self.partnerID = partnerID
        self.service = service
        self.priority = priority
        (queuedAt, queuedBy, changedAt) = (instant, subject, instant)
        (version, status, looks) = (1, .queued, 0)
    }

    /// One as it was stored.
    public init(stored: Stored) {
        onwardID = stored.onwardID
        referralID = stored.referralID
        participantID = stored.participantID
        partnerID = stored.partnerID
        service = stored.service
        priority = stored.priority
        (queuedAt, queuedBy) = (stored.queuedAt, stored.queuedBy)
        (version, status, taskID) = (stored.version, stored.status, stored.taskID)
        (businessStatus, toldAt, sentAt) = (stored.businessStatus, stored.toldAt, stored.sentAt)
        (lookedAt, looks) = (stored.lookedAt, stored.looks)
        (takenBackAt, fault, changedAt) = (stored.takenBackAt, stored.fault, stored.changedAt)
    }
}

extension OnwardReferral {
    /// It goes out now.
    ///
    /// - Returns: whether for the first time.
    public mutating func tell(at instant: Instant) -> Bool {
        guard toldAt == nil else { return false }
        toldAt = instant
        return true
    }

    /// The other side has taken it in, as a Task with this id. Of one that was taken back meanwhile, too: it has to be told.
    public mutating func went(asTask id: String?, at instant: Instant) {
        guard sentAt == nil else { return }
        (taskID, sentAt, fault) = (id, instant, nil)
        if status == .queued { status = .sent }
        moved(at: instant)
    }

    /// It may not be told any more, and did not go out.
    public mutating func withhold(at instant: Instant) { end(.withheld, ifStill: .queued, fault: nil, at: instant) }

    /// The other side did not take it.
    public mutating func giveUp(because fault: String, at instant: Instant) {
        end(.undelivered, ifStill: .queued, fault: fault, at: instant)
    }

    /// The other side says where it stands. What has ended stays ended; a word that says nothing new only counts as asked.
    ///
    /// - Parameter status: nil where the other side uses a status that says nothing of its own.
    /// - Returns: whether anything is new.
    @discardableResult
    public mutating func reported(
        _ status: Status?, business: String?, at instant: Instant
    ) -> Bool {
        looks += 1
        (lookedAt, fault) = (instant, nil)
        guard self.status.isOpen else { return false }
        let isNew = (status ?? self.status, business) != (self.status, businessStatus)
        if let status { self.status = status }
        businessStatus = business
        moved(at: instant, isNew: isNew)
        return isNew
    }

    /// The other side could not be asked.
    public mutating func missed(because fault: String, at instant: Instant) {
        (lookedAt, self.fault, changedAt) = (instant, fault, instant)
    }

    /// The agency takes it back. One that has not gone out ends here; any other ends when the other side knows, also one of
    /// which an attempt had no answer: that one goes out again, to be taken back there.
    ///
    /// - Returns: whether the other side has to be told.
    /// - Throws: ``Refusal`` where it has ended.
    public mutating func takeBack(at instant: Instant) throws(Refusal) -> Bool {
        guard status.isOpen else { throw .notOpen(status) }
        if takenBackAt == nil { takenBackAt = instant }
        if toldAt == nil { status = .cancelled }
        moved(at: instant)
        return sentAt != nil
    }

    /// When the other side is asked next: soon at first, because somebody waits at a bed; then less often. Nil where nothing
    /// more can come, and half a year after it went out.
    public func nextLook(after instant: Instant) -> Instant? {
        guard let sentAt, taskID != nil, status.isOpen else { return nil }
        let age = instant - sentAt
        if age < .seconds(3600) { return instant + .seconds(600) }
        if age < .seconds(86_400) { return instant + .seconds(3600) }
        return age < .seconds(180 * 86_400) ? instant + .seconds(12 * 3600) : nil
    }

    private mutating func end(_ end: Status, ifStill expected: Status, fault: String?, at instant: Instant) {
        guard status == expected else { return }
        (status, self.fault) = (end, fault)
        moved(at: instant)
    }

    private mutating func moved(at instant: Instant, isNew: Bool = true) {
        if isNew { version += 1 }
        changedAt = instant
    }
}

extension Referral {
    /// Whether the agency may send it on: also one that it has rejected or could not finish, but nothing that its sender took
    /// back or is still writing.
    public var mayBeSentOn: Bool {
        switch status {
        case .draft, .cancelled, .enteredInError: false
        case .requested, .accepted, .inProgress, .onHold, .rejected, .failed, .completed: true
        }
    }
}

extension PersonIdentity {
    /// Whether somebody else could know who is meant.
    public var isNamed: Bool { (givenName ?? familyName) != nil && !hasPlaceholderName }
}
