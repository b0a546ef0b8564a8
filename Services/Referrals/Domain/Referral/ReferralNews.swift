public import Models

// What other services report. News never fails: it may come twice, late, or in another order than it happened, because
// matches, appointments and contacts have keys of their own; what no longer fits changes nothing.
extension Referral {
    /// A peer took it on: the work begins.
    public mutating func matched(by actor: Actor, at instant: Instant) {
        guard status == .accepted else { return }
        progress(to: .active, by: actor, at: instant)
    }

    /// The work moved: a peer arrived, an appointment was booked, kept or missed, somebody was reached.
    ///
    /// - Parameter instant: when the other service recorded it; older news than the last is ignored.
    public mutating func progress(to business: BusinessStatus, by actor: Actor, at instant: Instant) {
        guard status.isOpen, business.mayFollow(businessStatus), instant >= businessChangedAt else { return }
        // News does not end a pause: a person decided it and a person ends it.
        let next: ReferralStatus = status == .accepted ? .inProgress : status
        let reason = next == status ? statusReason : nil
        record(from: status, to: next, business: business, reason: reason, by: actor, at: instant)
        businessChangedAt = max(instant, businessChangedAt)
    }

    /// The visit to the bedside ended. Somebody who declined has decided: the loop closes, the sender is told.
    ///
    /// - Returns: the closing reason when it closed, so that the store tells the others.
    public mutating func bedsideVisitEnded(
        _ outcome: BedsideOutcome, by actor: Actor, at instant: Instant
    ) throws(Refusal) -> ClosingReason? {
        guard status.isOpen else { return nil }
        let closing: ClosingReason
        switch outcome {
        case .seenAccepted:
            progress(to: .eventCompleted, by: actor, at: instant)
            return nil
        case .leftBeforeArrival, .unable:
            // The community meeting or the next try follows (FACTS §5.2 step 7).
            progress(to: .active, by: actor, at: instant)
            return nil
        case .seenDeclined, .refusedContact: closing = .declined
        case .died: closing = .died
        }
        try close(closing, by: actor, at: instant)
        return closing
    }
}
