public import Models

// What people decide: the sender, or somebody of the agency.
extension Referral {
    /// The sender has finished writing.
    public mutating func request(by actor: Actor, at instant: Instant) throws(Refusal) {
        try move(to: .requested, business: .created, by: actor, at: instant)
    }

    /// The agency takes it on.
    public mutating func accept(by actor: Actor, at instant: Instant) throws(Refusal) {
        try move(to: .accepted, business: .accepted, by: actor, at: instant)
        acceptedAt = instant
    }

    /// The agency does not take it on, and says why.
    public mutating func reject(because reason: String?, by actor: Actor, at instant: Instant) throws(Refusal) {
        try move(to: .rejected, business: .declined, because: reason, by: actor, at: instant)
        closedAt = instant
    }

    /// The work pauses: the person cannot be reached, is in hospital, wants a break.
    public mutating func hold(because reason: String?, by actor: Actor, at instant: Instant) throws(Refusal) {
        try move(to: .onHold, business: businessStatus, because: reason, by: actor, at: instant)
    }

    /// The work goes on after a pause.
    public mutating func resume(by actor: Actor, at instant: Instant) throws(Refusal) {
        guard status == .onHold else {
            throw Refusal(referralID: referralID, code: .illegalTransition(from: status, to: .inProgress))
        }
        try move(to: .inProgress, business: underWay, by: actor, at: instant)
    }

    /// Either side takes it back. BSeR's "cancellation requested" is passed through at once: nobody here can refuse it.
    public mutating func cancel(because reason: String?, by actor: Actor, at instant: Instant) throws(Refusal) {
        try move(to: .cancelled, business: .fulfillmentCancelled, because: reason, by: actor, at: instant)
        wasCancelledBySender = actor.party == .requester
        closedAt = instant
    }

    /// The loop closes with what became of the need. A person who declined or was helped is `completed`, so that the
    /// sender's loop closes too; whoever could not be supported is `failed`, with a text.
    public mutating func close(
        _ closing: ClosingReason, note: String? = nil, by actor: Actor, at instant: Instant
    ) throws(Refusal) {
        let ending = Ending(closing)
        try move(
            to: ending.status, business: ending.business, because: note?.nonBlank ?? ending.text, by: actor, at: instant
        )
        closingReason = closing
        closedAt = instant
    }

    /// The sender says it should never have been sent: wrong person, duplicate. Work on it stops.
    public mutating func withdrawAsError(because reason: String?, by actor: Actor, at instant: Instant) throws(Refusal)
    {
        try move(to: .enteredInError, business: businessStatus, because: reason, by: actor, at: instant)
        closedAt = instant
    }

    /// The business status of a referral in progress: the last event of the work, or "active" before the first.
    var underWay: BusinessStatus {
        switch businessStatus {
        case .scheduled, .unattended, .eventCancelled, .eventCompleted: businessStatus
        default: .active
        }
    }

    /// One step of the state machine; all others go through it.
    mutating func move(
        to next: ReferralStatus, business: BusinessStatus, because reason: String? = nil, by actor: Actor,
        at instant: Instant
    ) throws(Refusal) {
        guard status.successors.contains(next) else {
            throw Refusal(referralID: referralID, code: .illegalTransition(from: status, to: next))
        }
        guard next.setters.contains(actor.party) else {
            throw Refusal(referralID: referralID, code: .notForParty(actor.party, to: next))
        }
        let reason = reason?.nonBlank
        guard reason != nil || !next.needsReason else {
            throw Refusal(referralID: referralID, code: .reasonRequired(next))
        }
        record(from: status, to: next, business: business, reason: reason, by: actor, at: instant)
    }

    mutating func record(
        from earlier: ReferralStatus, to next: ReferralStatus, business: BusinessStatus, reason: String?,
        by actor: Actor, at instant: Instant
    ) {
        version += 1
        status = next
        statusReason = reason
        if business != businessStatus { businessChangedAt = max(instant, businessChangedAt) }
        businessStatus = business
        changedAt = max(instant, changedAt)
        changes.append(
            Change(
                version: version, from: earlier, to: next, business: business, reason: reason, by: actor, at: instant
            )
        )
    }
}

/// How a closing reason shows in the two code systems.
struct Ending: Hashable, Sendable {
    let status: ReferralStatus
    let business: BusinessStatus
    let text: String

    init(_ reason: ClosingReason) {
        (status, business, text) =
            switch reason {
            case .needMet: (.completed, .fulfillmentCompleted, "The need was met.")
            case .needPartlyMet: (.completed, .fulfillmentCompleted, "The need was met in part.")
            case .referredOn: (.completed, .fulfillmentCompleted, "The person was referred on.")
            case .declined: (.completed, .declined, "The person declined.")
            case .notReached: (.failed, .fulfillmentCancelled, "The person could not be reached.")
            case .died: (.failed, .fulfillmentCancelled, "The person died.")
            case .moved: (.failed, .fulfillmentCancelled, "The person moved away.")
            case .notEligible: (.failed, .fulfillmentCancelled, "The person is not eligible.")
            }
    }
}

extension String {
    /// The text without white space around it; nil when nothing is left.
    public var nonBlank: String? {
        let trimmed = trimmingWhitespace()
        return trimmed.isEmpty ? nil : trimmed
    }

    func trimmingWhitespace() -> String {
        let start = drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
