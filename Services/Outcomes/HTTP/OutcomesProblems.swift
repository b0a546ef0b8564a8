internal import Hummingbird
internal import OutcomesDomain
internal import ServiceKit

/// How the service's own errors look to callers: the one place where they become problems.
enum OutcomesProblems {
    /// Nil for errors that are not of this service.
    @Sendable static func problem(_ error: any Error) -> Problem? {
        switch error {
        case let refused as AnswersRefused: problem(refused)
        case let refused as ReportRefused: problem(refused)
        case let refusal as AssessmentRefusal: problem(refusal)
        case let refusal as SafetyTaskRefusal: problem(refusal)
        case let refusal as StoreRefusal: problem(refusal)
        default: nil
        }
    }

    private static func problem(_ refusal: StoreRefusal) -> Problem {
        switch refusal {
        case .missing: .notFound
        case .stale: .stale
        }
    }

    private static func problem(_ refusal: SafetyTaskRefusal) -> Problem {
        switch refusal {
        case .alreadyClosed:
            .conflict(
                "safety-task-closed", title: "The task is closed", detail: "Its first disposition stands; read it."
            )
        }
    }

    private static func problem(_ refusal: AssessmentRefusal) -> Problem {
        switch refusal {
        case .inTheFuture: .invalid("/answeredAt", "must not lie in the future")
        }
    }

    private static func problem(_ refused: AnswersRefused) -> Problem {
        .invalid(
            refused.faults.map { fault in
                let answer = "/answers/\(fault.position)"
                return switch fault.kind {
                case .unknownItem: Problem.FieldError("\(answer)/item", "the instrument has no such item")
                case .unknownValue: Problem.FieldError("\(answer)/value", "the item has no answer of that value")
                case .unknownCode: Problem.FieldError("\(answer)/code", "the item has no answer of that code")
                case .answeredTwice: Problem.FieldError("\(answer)/item", "the item is answered more than once")
                case .notExactlyOne: Problem.FieldError(answer, "give exactly one of value, code and missing")
                }
            }
        )
    }

    private static func problem(_ refused: ReportRefused) -> Problem {
        .invalid(
            refused.faults.sorted { $0.rawValue < $1.rawValue }.map { fault in
                switch fault {
                case .unknownKind: Problem.FieldError("/kind", "not a kind of event that is reported")
                case .inTheFuture: Problem.FieldError("/occurredOn", "must not lie in the future")
                case .unknownPrecision: Problem.FieldError("/precision", "day, month or year")
                case .unknownSource: Problem.FieldError("/sourceTier", "A, B or C")
                case .unknownModality: Problem.FieldError("/modality", "not a modality of that kind")
                }
            }
        )
    }
}
