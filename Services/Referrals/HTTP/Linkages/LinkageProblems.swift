internal import Models
internal import ReferralsDomain
internal import ServiceKit

// How what cannot be done with needs, linkages, funds and coverage looks to callers.
extension ReferralProblems {
    /// Nil for errors that are not of these.
    static func linkageProblem(_ error: any Error) -> Problem? {
        switch error {
        case let refusal as LinkageRefusal: problem(refusal)
        case let refusal as Need.Refusal: problem(refusal)
        case let refusal as FundRefusal: problem(refusal)
        case let refusal as Spending.Refusal: problem(refusal)
        case let refusal as CoverageSpan.Refusal: problem(refusal)
        default: nil
        }
    }

    private static func problem(_ refusal: LinkageRefusal) -> Problem {
        switch refusal {
        case .notPossible(let status, let step):
            .conflict(
                "illegal-transition", title: "The linkage cannot go there",
                detail: "It is \(status.rawValue): \(step.rawValue) is not possible.")
        case .noSuchCheck(let days): .invalid("/days", "it is not asked after \(days) days")
        case .notDue(let days, let dueAt):
            .conflict(
                "not-due", title: "Nobody can say yet", detail: "The question after \(days) days is due at \(dueAt).")
        case .answeredOtherwise(let days):
            .conflict(
                "already-answered", title: "It was answered otherwise",
                detail: "The question after \(days) days was answered before.")
        case .inFuture: .invalid("/startedAt", "not in the future")
        case .needClosed:
            .conflict("need-closed", title: "The need is closed", detail: "What is needed again is another need.")
        }
    }

    private static func problem(_ refusal: Need.Refusal) -> Problem {
        switch refusal {
        case .closedAlready: .conflict("need-closed", title: "The need is closed")
        case .outsideItsTime: .invalid("/closedOn", "from the day on which it was opened until today")
        }
    }

    private static func problem(_ refusal: FundRefusal) -> Problem {
        switch refusal {
        case .closed: .conflict("fund-closed", title: "The fund is closed")
        case .outsideItsPeriod: .conflict("fund-outside-period", title: "The fund is for another time")
        case .notForThis: .conflict("fund-not-for-this", title: "The fund does not pay for this")
        case .exhausted: .conflict("fund-exhausted", title: "The fund has not so much left")
        case .kindExhausted:
            .conflict("fund-kind-exhausted", title: "The fund has not so much left for this")
        case .otherKinds: .invalid("/kinds", "those that the fund has: for something else there is another fund")
        case .belowCommitted(let limit):
            .conflict(
                "fund-below-committed", title: "More is reserved and spent already", detail: below(limit))
        case .personAtCap:
            .conflict("fund-person-cap", title: "The person would have more than the fund lets each have")
        }
    }

    private static func below(_ limit: FundRefusal.Limit) -> String {
        switch limit {
        case .fund: "Of the fund as a whole."
        case .kind: "Of one of its kinds."
        case .person: "For somebody; the cap for each person is not set below it."
        }
    }

    private static func problem(_ refusal: Spending.Refusal) -> Problem {
        switch refusal {
        case .notPossible(let from, let to):
            .conflict(
                "illegal-transition", title: "The money cannot go there",
                detail: "It is \(from.rawValue), and cannot become \(to.rawValue).")
        case .moreThanReserved:
            .conflict(
                "more-than-reserved", title: "More than was reserved", detail: "Reserve the rest first.")
        }
    }

    private static func problem(_ refusal: CoverageSpan.Refusal) -> Problem {
        switch refusal {
        case .overlaps:
            .conflict("coverage-overlaps", title: "The person has this programme on some of these days already")
        case .endsBeforeItBegins: .invalid("/through", "not before the first day")
        }
    }
}
