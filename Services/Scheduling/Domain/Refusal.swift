/// What the rules of scheduling do not allow, and why.
///
/// `detail` is for people and safe to log: it names phases, dates and counts, never a person or free text.
public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    public let code: Code
    public let detail: String
    /// What is still owed; only with `requirementsUnmet`.
    public let unmet: [UnmetRequirement]

    /// The closed set of reasons; the raw value is the stable part of a problem's type.
    public enum Code: String, CaseIterable, Sendable {
        case unknownProgramme = "unknown-programme"
        case unknownOption = "unknown-option"
        case planClosed = "plan-closed"
        case notPreparing = "not-preparing"
        case stillPreparing = "still-preparing"
        case unknownPhase = "unknown-phase"
        case outOfOrder = "phase-out-of-order"
        case tooEarly = "too-early"
        case requirementsUnmet = "requirements-unmet"
        case reasonMissing = "reason-missing"
        case dateOutOfRange = "date-out-of-range"
        case notLocating = "not-locating"
        case appointmentState = "appointment-state"
        case appointmentTime = "appointment-time"
        case peerBusy = "peer-busy"
        case participantBusy = "participant-busy"
        case peerAbsent = "peer-absent"
        case alreadyBooked = "already-booked"
        case alreadyRecorded = "already-recorded"
        case contactInvalid = "contact-invalid"
        case availabilityInvalid = "availability-invalid"
        case planExists = "plan-exists"
    }

    public init(_ code: Code, _ detail: String, unmet: [UnmetRequirement] = []) {
        self.code = code
        self.detail = detail
        self.unmet = unmet
    }

    public var description: String { "\(code.rawValue): \(detail)" }
}

/// One thing that must be on record before a phase or a plan ends, and is not.
public struct UnmetRequirement: Codable, Hashable, Sendable {
    /// `community-meetings`, `support-meetings`, `connection-strengths`, `next-phase-plan`, `closing-note`,
    /// `long-term-supports` or `final-meeting`.
    public let requirement: String
    public let required: Int
    public let recorded: Int
}
