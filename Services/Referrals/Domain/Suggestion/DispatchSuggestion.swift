public import Models

/// That somebody in an emergency department may need a peer: said by a machine, for a person to decide.
///
/// It is no referral and no participant. Nothing is dispatched, matched or sent because of it. Who it is about is kept
/// apart, sealed, and only while it is open.
public struct DispatchSuggestion: Hashable, Sendable {
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        case open, accepted, dismissed, expired
    }

    /// Why nobody is sent: a code only, so that nobody writes about a person here.
    public enum Dismissal: String, Codable, CaseIterable, Hashable, Sendable {
        case notAnOverdose = "not-an-overdose"
        /// The person was asked, and does not want anybody.
        case declined
        /// The person left, and cannot be reached.
        case left
        case died
        /// The hospital has referred the person by itself.
        case referredAlready = "referred-already"
        case other
    }

    /// What is known of the person's own wish when somebody is sent.
    public enum ConsentSituation: String, Codable, CaseIterable, Hashable, Sendable {
        /// The person said yes to a visit, to whom the agency spoke.
        case agreed
        /// Nobody has asked: the peer asks at the bedside, and leaves where the answer is no.
        case toBeAsked = "to-be-asked"
    }

    /// Why a decision is not taken.
    public enum Refusal: Error, Hashable, Sendable {
        /// It was decided, or has expired.
        case notOpen(Status)
    }

    public struct Decision: Hashable, Sendable {
        public let by: String
        public let at: Instant
        public var dismissal: Dismissal?
        public var situation: ConsentSituation?
        public var referralID: ReferralID?

        public init(
            by: String, at: Instant, dismissal: Dismissal? = nil, situation: ConsentSituation? = nil,
            referralID: ReferralID? = nil
        ) {
            (self.by, self.at) = (by, at)
            (self.dismissal, self.situation, self.referralID) = (dismissal, situation, referralID)
        }
    }

    public let suggestionID: SuggestionID
    public private(set) var version: Int
    public private(set) var status: Status
    /// Who sent the message.
    public let partnerID: PartnerID
    public let clientID: String
    /// What spoke for it, in the words of the rules.
    public private(set) var signs: [String]
    /// Of the rules that suggested it.
    public let rulesVersion: Int
    public let suggestedAt: Instant
    public let expiresAt: Instant
    /// The sender's own time of the latest message that counted.
    public private(set) var heardAt: Instant
    /// When the person left the hospital, as the sender says.
    public private(set) var dischargedAt: Instant?
    public private(set) var decision: Decision?

    public init(
        suggestionID: SuggestionID, version: Int = 1, status: Status = .open, partnerID: PartnerID, clientID: String,
        signs: [String], rulesVersion: Int, suggestedAt: Instant, expiresAt: Instant, heardAt: Instant,
        dischargedAt: Instant? = nil, decision: Decision? = nil
    ) {
        (self.suggestionID, self.version, self.status) = (suggestionID, version, status)
        (self.partnerID, self.clientID) = (partnerID, clientID)
        (self.signs, self.rulesVersion) = (signs, rulesVersion)
        (self.suggestedAt, self.expiresAt, self.heardAt) = (suggestedAt, expiresAt, heardAt)
        (self.dischargedAt, self.decision) = (dischargedAt, decision)
    }

    /// How it stands at a time: one that nobody took up in time is over, also before that is written down.
    public func status(at now: Instant) -> Status { status == .open && now >= expiresAt ? .expired : status }

    /// Another message about the same visit. What spoke for it stays: a person judges, not a correction.
    ///
    /// - Returns: whether what the message says of the person is the latest that is known; a message that was overtaken
    ///   changes nothing about them, but somebody who has left has left.
    public mutating func hear(_ more: [String], sentAt: Instant, dischargedAt left: Instant?, at now: Instant) -> Bool {
        guard status(at: now) == .open else { return false }
        signs += more.filter { !signs.contains($0) }
        dischargedAt = dischargedAt ?? left
        let isLatest = sentAt >= heardAt
        heardAt = max(heardAt, sentAt)
        version += 1
        return isLatest
    }

    /// - Throws: ``Refusal``.
    public mutating func accept(
        as referral: ReferralID, _ situation: ConsentSituation, by subject: String, at now: Instant
    ) throws(Refusal) {
        try decide(.accepted, Decision(by: subject, at: now, situation: situation, referralID: referral))
    }

    /// - Throws: ``Refusal``.
    public mutating func dismiss(because reason: Dismissal, by subject: String, at now: Instant) throws(Refusal) {
        try decide(.dismissed, Decision(by: subject, at: now, dismissal: reason))
    }

    /// Nobody took it up.
    ///
    /// - Returns: whether it was still open.
    public mutating func expire(at now: Instant) -> Bool {
        guard status == .open, now >= expiresAt else { return false }
        status = .expired
        version += 1
        return true
    }

    private mutating func decide(_ new: Status, _ decision: Decision) throws(Refusal) {
        let present = status(at: decision.at)
        guard present == .open else { throw .notOpen(present) }
        status = new
        version += 1
        self.decision = decision
    }
}
