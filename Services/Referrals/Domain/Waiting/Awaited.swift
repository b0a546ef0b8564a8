public import Models

/// What a referral waits for, and since when.
public struct Awaited: Hashable, Sendable {
    /// Of whom something is expected.
    public enum Step: String, Codable, CaseIterable, Hashable, Sendable {
        /// The agency's yes or no.
        case decision
        /// A peer who takes it on.
        case peer
        /// That somebody meets the person.
        case meeting
        /// That a pause ends, or the loop closes.
        case resumption
    }

    public let step: Step
    public let since: Instant

    public init(_ step: Step, since: Instant) {
        (self.step, self.since) = (step, since)
    }
}

extension Referral {
    /// What it waits for now; nil where it is the sender's turn, the work goes its way, or it has ended.
    public var awaited: Awaited? {
        switch (status, businessStatus) {
        case (.requested, _): Awaited(.decision, since: changedAt)
        case (.accepted, _): Awaited(.peer, since: changedAt)
        // From the first visit or appointment on, the contact plan has its own rhythm.
        case (.inProgress, .active): Awaited(.meeting, since: changedAt)
        case (.onHold, _): Awaited(.resumption, since: changedAt)
        case (.draft, _), (.inProgress, _), (.rejected, _), (.cancelled, _), (.failed, _), (.completed, _),
            (.enteredInError, _):
            nil
        }
    }
}
