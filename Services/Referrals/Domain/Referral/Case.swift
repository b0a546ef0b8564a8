public import Models

/// A referral in hand together with the engagement it belongs to and the other referrals of that engagement: what is
/// decided about a person's support moves all of them, what one sender does moves only its own.
///
/// It is loaded under a lock on the participant, changed here, and saved whole, with its announcements, in one
/// transaction.
public struct Case: Hashable, Sendable {
    /// What the other services are told; each about the engagement, under its id and version.
    public enum Announcement: Hashable, Sendable {
        /// Support begins for this referral.
        case began(Referral, engagement: Engagement)
        /// Nobody stands behind it any more; whatever waits for it stops.
        case cancelled(Engagement, at: Instant)
        case closed(Engagement, ClosingReason, at: Instant)
        /// More is known of what the referral asks for with which support began.
        case detailed(Referral, engagement: Engagement, at: Instant)
    }

    public private(set) var referrals: [Referral]
    public private(set) var engagement: Engagement?
    /// Dispatches that ended without anybody saying so, to be saved as settled.
    public private(set) var staleEngagements: [Engagement] = []
    public private(set) var announcements: [Announcement] = []

    /// - Parameters:
    ///   - referrals: all of the engagement, or the one referral that has none yet.
    ///   - engagement: nil before acceptance.
    public init(referrals: [Referral], engagement: Engagement?) {
        self.referrals = referrals
        self.engagement = engagement
    }

    /// A new referral.
    public init(new referral: Referral) {
        self.init(referrals: [referral], engagement: nil)
    }

    public subscript(id: ReferralID) -> Referral? { referrals.first { $0.referralID == id } }

    /// Accepts a referral: it joins one of the participant's open engagements or begins its own.
    ///
    /// - Parameter open: the participant's engagements that are not closed.
    public mutating func accept(
        _ id: ReferralID, joining open: [Engagement], by actor: Referral.Actor, at instant: Instant
    ) throws(Referral.Refusal) {
        try change(id) { referral throws(Referral.Refusal) in try referral.accept(by: actor, at: instant) }
        guard let referral = self[id] else { return }
        if let running = open.first(where: { $0.takesUp(referral.request, at: instant) }) {
            engagement = running
            update(id) { referral in
                referral.engagementID = running.engagementID
                if running.matchedAt != nil { referral.matched(by: actor, at: instant) }
            }
            return
        }
        for var stale in open where stale.kind == .dispatch && stale.settledAt == nil && referral.request.isEmergency {
            stale.settledAt = instant
            staleEngagements.append(stale)
        }
        var own = Engagement(beginningWith: referral, at: instant)
        own.version += 1
        engagement = own
        update(id) { $0.engagementID = own.engagementID }
        if let begun = self[id] { announcements.append(.began(begun, engagement: own)) }
    }

    /// The sender has finished writing a draft.
    public mutating func request(
        _ id: ReferralID, by actor: Referral.Actor, at instant: Instant
    ) throws(Referral.Refusal) {
        try change(id) { referral throws(Referral.Refusal) in try referral.request(by: actor, at: instant) }
    }

    public mutating func reject(
        _ id: ReferralID, because reason: String?, by actor: Referral.Actor, at instant: Instant
    ) throws(Referral.Refusal) {
        try change(id) { referral throws(Referral.Refusal) in
            try referral.reject(because: reason, by: actor, at: instant)
        }
    }

    /// One sender's referral is taken back. The work goes on as long as another sender's referral stands.
    public mutating func cancel(
        _ id: ReferralID, because reason: String?, by actor: Referral.Actor, at instant: Instant
    ) throws(Referral.Refusal) {
        try change(id) { referral throws(Referral.Refusal) in
            try referral.cancel(because: reason, by: actor, at: instant)
        }
        endIfAbandoned(at: instant)
    }

    /// One sender's referral was a mistake; like a cancellation, the work goes on for others.
    public mutating func withdrawAsError(
        _ id: ReferralID, because reason: String?, by actor: Referral.Actor, at instant: Instant
    ) throws(Referral.Refusal) {
        try change(id) { referral throws(Referral.Refusal) in
            try referral.withdrawAsError(because: reason, by: actor, at: instant)
        }
        endIfAbandoned(at: instant)
    }

    /// The work pauses, for all who referred.
    public mutating func hold(
        _ id: ReferralID, because reason: String?, by actor: Referral.Actor, at instant: Instant
    ) throws(Referral.Refusal) {
        try change(id) { referral throws(Referral.Refusal) in
            try referral.hold(because: reason, by: actor, at: instant)
        }
        try changeOthers(of: id, where: { $0.status != .onHold }) { referral throws(Referral.Refusal) in
            try referral.hold(because: reason, by: actor, at: instant)
        }
    }

    /// The work goes on, for all who referred.
    public mutating func resume(
        _ id: ReferralID, by actor: Referral.Actor, at instant: Instant
    ) throws(Referral.Refusal) {
        try change(id) { referral throws(Referral.Refusal) in try referral.resume(by: actor, at: instant) }
        try changeOthers(of: id, where: { $0.status == .onHold }) { referral throws(Referral.Refusal) in
            try referral.resume(by: actor, at: instant)
        }
    }

    /// The loop closes, for all who referred.
    public mutating func close(
        _ id: ReferralID, _ reason: ClosingReason, note: String?, by actor: Referral.Actor, at instant: Instant
    ) throws(Referral.Refusal) {
        try change(id) { referral throws(Referral.Refusal) in
            try referral.close(reason, note: note, by: actor, at: instant)
        }
        try changeOthers(of: id, where: { _ in true }) { referral throws(Referral.Refusal) in
            try referral.close(reason, note: note, by: actor, at: instant)
        }
        end(at: instant) { .closed($0, reason, at: instant) }
    }

    // MARK: News of other services

    /// A peer took it on. Somebody chosen from a proposal settles it; a dispatch settles when the visit ends.
    ///
    /// - Parameter kind: how they were brought together, which is for the matching to decide.
    public mutating func matched(
        with peer: PeerID, in kind: MatchKind, by actor: Referral.Actor, at instant: Instant
    ) {
        // An earlier match that is told again must not take the place of a later one.
        guard let running = engagement, instant >= running.matchedAt ?? instant else { return }
        engagement?.peerID = peer
        engagement?.matchedAt = instant
        if kind == .proposal, running.settledAt == nil { engagement?.settledAt = instant }
        for index in referrals.indices { referrals[index].matched(by: actor, at: instant) }
    }

    /// The work moved.
    public mutating func progress(to business: BusinessStatus, by actor: Referral.Actor, at instant: Instant) {
        for index in referrals.indices { referrals[index].progress(to: business, by: actor, at: instant) }
    }

    /// The visit to the bedside ended; somebody who declined has decided, and the loop closes.
    public mutating func bedsideVisitEnded(
        _ outcome: BedsideOutcome, by actor: Referral.Actor, at instant: Instant
    ) throws(Referral.Refusal) {
        if engagement?.settledAt == nil { engagement?.settledAt = instant }
        var closing: ClosingReason?
        for index in referrals.indices {
            if let reason = try referrals[index].bedsideVisitEnded(outcome, by: actor, at: instant) { closing = reason }
        }
        if let closing { end(at: instant) { .closed($0, closing, at: instant) } }
    }

    // MARK: Parts

    /// Announces what is known now, where support began with this referral.
    mutating func tellDetails(of id: ReferralID, at instant: Instant) {
        guard var running = engagement, running.engagementID == id, running.closedAt == nil, let referral = self[id]
        else { return }
        running.version += 1
        engagement = running
        announcements.append(.detailed(referral, engagement: running, at: instant))
    }

    mutating func change(
        _ id: ReferralID, _ body: (inout Referral) throws(Referral.Refusal) -> Void
    ) throws(Referral.Refusal) {
        for index in referrals.indices where referrals[index].referralID == id { try body(&referrals[index]) }
    }

    private mutating func changeOthers(
        of id: ReferralID, where applies: (Referral) -> Bool,
        _ body: (inout Referral) throws(Referral.Refusal) -> Void
    ) throws(Referral.Refusal) {
        for index in referrals.indices
        where referrals[index].referralID != id && referrals[index].status.isOpen && applies(referrals[index]) {
            try body(&referrals[index])
        }
    }

    private mutating func update(_ id: ReferralID, _ body: (inout Referral) -> Void) {
        for index in referrals.indices where referrals[index].referralID == id { body(&referrals[index]) }
    }

    private mutating func endIfAbandoned(at instant: Instant) {
        guard !referrals.contains(where: \.status.isOpen) else { return }
        end(at: instant) { .cancelled($0, at: instant) }
    }

    private mutating func end(at instant: Instant, _ announcement: (Engagement) -> Announcement) {
        guard var ending = engagement, ending.closedAt == nil else { return }
        ending.closedAt = instant
        ending.settledAt = ending.settledAt ?? instant
        ending.version += 1
        engagement = ending
        announcements.append(announcement(ending))
    }
}
