public import Models

extension Subject {
    public enum SafetyTask {}
    public enum TimelineEvent {}
}

public typealias SafetyTaskID = ID<Subject.SafetyTask>

/// What a supervisor must do the same day because of an answer; open until it says what was done.
///
/// Invariant: closed exactly when there is a disposition, with who closed it and when.
public struct SafetyTask: Hashable, Sendable {
    public let id: SafetyTaskID
    public let participantID: ParticipantID
    public let assessmentID: AssessmentID
    /// The alert of the instrument that raised it.
    public let alert: String
    public let openedAt: Instant
    public let dueAt: Instant
    public private(set) var closing: Closing?
    public private(set) var version: Int

    /// How it ended.
    public struct Closing: Hashable, Sendable {
        public let disposition: SafetyDisposition
        /// The subject of the token, no name.
        public let by: String
        public let at: Instant

        public init(disposition: SafetyDisposition, by: String, at: Instant) {
            self.disposition = disposition
            self.by = by
            self.at = at
        }
    }

    public init(
        id: SafetyTaskID, participantID: ParticipantID, assessmentID: AssessmentID, alert: String, openedAt: Instant,
        dueAt: Instant, closing: Closing? = nil, version: Int = 1
    ) {
        self.id = id
        self.participantID = participantID
        self.assessmentID = assessmentID
        self.alert = alert
        self.openedAt = openedAt
        self.dueAt = dueAt
        self.closing = closing
        self.version = version
    }

    /// Whether it is still open after its time.
    public func isOverdue(at now: Instant) -> Bool { closing == nil && now > dueAt }

    /// Ends the task with what was done.
    ///
    /// - Throws: ``SafetyTaskRefusal/alreadyClosed`` where it has a disposition: that one stands.
    public mutating func close(_ disposition: SafetyDisposition, by: String, at: Instant) throws(SafetyTaskRefusal) {
        guard closing == nil else { throw .alreadyClosed }
        closing = Closing(disposition: disposition, by: by, at: at)
        version += 1
    }
}

/// What was done about a safety task. A code, so that no free text about a crisis lies in this schema.
public enum SafetyDisposition: String, Codable, CaseIterable, Hashable, Sendable {
    case spokenWithSafeToday = "spoken-with-safe-today"
    case connectedTo988 = "connected-to-988"
    case assessedByClinician = "assessed-by-clinician"
    case safetyPlanMade = "safety-plan-made"
    case emergencyServicesCalled = "emergency-services-called"
    case alreadyInCare = "already-in-care"
    /// The person was not reached, and somebody named in the agency's protocol has taken over.
    case notReachedEscalated = "not-reached-escalated"
    /// The answer was entered by mistake.
    case enteredInError = "entered-in-error"
}

/// Why a safety task does not change.
public enum SafetyTaskRefusal: Error, Hashable, Sendable {
    case alreadyClosed
}
