internal import Hummingbird
internal import SchedulingDomain
internal import ServiceKit

/// How the service's own errors look to callers: the one place where they become problems.
enum SchedulingProblems {
    /// Nil for errors that are not of this service.
    @Sendable static func problem(_ error: any Error) -> Problem? {
        switch error {
        case let refusal as Refusal: problem(refusal)
        case let refusal as StoreRefusal: problem(refusal)
        default: nil
        }
    }

    private static func problem(_ refusal: StoreRefusal) -> Problem {
        switch refusal {
        case .missing: .notFound
        case .stale: .stale
        case .unknownModel: .unavailable()
        case .unknownZone:
            .conflict(
                "agency-time-zone-unknown", title: "The agency's time zone is not known",
                detail: "An operator must give the agency a time zone of the IANA list."
            )
        }
    }

    private static func problem(_ refusal: Refusal) -> Problem {
        let code = refusal.code
        let errors = refusal.unmet.map {
            Problem.FieldError("/review", "\($0.requirement): \($0.recorded) of \($0.required)")
        }
        return Problem(
            isInvalid(code) ? .unprocessableContent : .conflict, type: code.rawValue, title: title(code),
            detail: refusal.detail, errors: errors
        )
    }

    /// Whether the request is wrong in itself; otherwise it contradicts what is stored.
    private static func isInvalid(_ code: Refusal.Code) -> Bool {
        switch code {
        case .unknownProgramme, .unknownOption, .unknownPhase, .reasonMissing, .dateOutOfRange, .contactInvalid,
            .availabilityInvalid, .appointmentTime:
            true
        case .planClosed, .notPreparing, .stillPreparing, .outOfOrder, .tooEarly, .requirementsUnmet, .notLocating,
            .appointmentState, .peerBusy, .participantBusy, .peerAbsent, .alreadyBooked, .alreadyRecorded, .planExists:
            false
        }
    }

    private static func title(_ code: Refusal.Code) -> String {
        switch code {
        case .unknownProgramme: "There is no such programme"
        case .unknownOption: "The programme has no such option"
        case .unknownPhase: "The programme has no such phase"
        case .reasonMissing: "An override needs a reason"
        case .dateOutOfRange: "The date is out of range"
        case .contactInvalid: "The contact cannot be recorded like that"
        case .availabilityInvalid: "The availability is not possible"
        case .appointmentTime: "The time is not possible for an appointment"
        case .planClosed: "The plan is closed"
        case .notPreparing: "The plan's dates are set"
        case .stillPreparing: "The plan's dates are not set yet"
        case .outOfOrder: "Phases follow one another"
        case .tooEarly: "It is too early for that"
        case .requirementsUnmet: "Something is still owed"
        case .notLocating: "Outreach is not exhausted"
        case .appointmentState: "The appointment has another status"
        case .peerBusy: "The peer is booked at that time"
        case .participantBusy: "The participant is booked at that time"
        case .peerAbsent: "The peer is absent at that time"
        case .alreadyBooked: "The planned contact is already booked"
        case .alreadyRecorded: "The contact is already on record"
        case .planExists: "The participant has such a plan"
        }
    }
}
