internal import Hummingbird
internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// How the service's own errors look to callers: the one place where they become problems.
enum ReferralProblems {
    /// Nil for errors that are not of this service.
    @Sendable static func problem(_ error: any Error) -> Problem? {
        switch error {
        case let refusal as Referral.Refusal: problem(refusal)
        case let refusal as IdentityReview.Refusal: problem(refusal)
        case let refusal as MergeRefusal: problem(refusal)
        case let refusal as PlacementRefusal: problem(refusal)
        case let error as StoreError: problem(error.code)
        case is Consent.RevocationRefusal:
            .conflict(
                "consent-irrevocable", title: "The consent cannot be revoked yet",
                detail: "A consent to the criminal justice system may say until when (42 CFR 2.35(c))."
            )
        case let error as VaultError where error.code == .erased: erased
        case let refusal as RestrictionRequest.Refusal: problem(refusal)
        case let refusal as AmendmentRequest.Refusal: problem(refusal)
        case let refusal as DispatchSuggestion.Refusal: problem(refusal)
        case OnwardReferral.Refusal.notOpen(let status):
            .conflict("onward-not-open", title: "It has ended there", detail: "It is \(status.rawValue).")
        case let faults as Faults: .invalid(faults.all.map { Problem.FieldError($0.pointer, $0.detail) })
        default: linkageProblem(error)
        }
    }

    private static func problem(_ refusal: Referral.Refusal) -> Problem {
        switch refusal.code {
        case .illegalTransition:
            .conflict("illegal-transition", title: "The referral cannot go there", detail: refusal.description)
        case .notForParty:
            .conflict("not-for-party", title: "The other side decides this", detail: refusal.description)
        case .reasonRequired: .invalid("/reason", refusal.description)
        case .ended: .conflict("referral-ended", title: "The referral has ended", detail: refusal.description)
        }
    }

    private static func problem(_ refusal: RestrictionRequest.Refusal) -> Problem {
        switch refusal {
        case .alreadyDecided: .conflict("already-decided", title: "It was decided already, or has ended")
        case .mustBeAgreed:
            .conflict(
                "must-be-agreed", title: "The agency must agree",
                detail: "Against a health plan, for what was paid in full: 45 CFR 164.522(a)(1)(vi)."
            )
        case .reasonMissing: .invalid("/reason", "say why")
        }
    }

    private static func problem(_ refusal: AmendmentRequest.Refusal) -> Problem {
        switch refusal {
        case .alreadyDecided: .conflict("already-decided", title: "It was decided already")
        case .reasonMissing: .invalid("/reason", "45 CFR 164.526(d): say why")
        }
    }

    private static func problem(_ refusal: PlacementRefusal) -> Problem {
        switch refusal {
        case .illegalTransition(let from, let to):
            .conflict(
                "illegal-transition", title: "The placement cannot go there",
                detail: "From \(from.rawValue) to \(to.rawValue).")
        case .notNow(let status):
            .conflict("not-in-this-state", title: "Not in this state", detail: "It is \(status.rawValue).")
        case .bedNeeded:
            .conflict(
                "bed-needed", title: "Moving in needs a bed", detail: "The residence's beds are kept here: name one.")
        case .bedElsewhere: .invalid("/bedID", "a bed of this residence")
        case .bedOutOfService: .conflict("bed-out-of-service", title: "The bed is not in service")
        case .bedDoesNotFit(let kind):
            .conflict(
                "bed-does-not-fit", title: "The bed is for others", detail: "It is for: \(kind.description).")
        case .wrongTime: .invalid("/at", "not in the future, and not before what it follows")
        }
    }

    private static func problem(_ refusal: IdentityReview.Refusal) -> Problem {
        switch refusal {
        case .alreadyDecided(let decision):
            .conflict(
                "identity-review-decided", title: "It was decided otherwise",
                detail: "The decision is: \(decision.rawValue)."
            )
        case .namesNobody: .invalid("/decision", "different: a crowd names nobody who could be the same")
        case .areMerged:
            .conflict("participants-merged", title: "They are merged", detail: "Unmerge them first.")
        }
    }

    private static func problem(_ refusal: DispatchSuggestion.Refusal) -> Problem {
        switch refusal {
        case .notOpen(let status):
            .conflict(
                "suggestion-not-open", title: "The suggestion is not open any more",
                detail: "It is \(status.rawValue).")
        }
    }

    private static func problem(_ refusal: MergeRefusal) -> Problem {
        switch refusal {
        case .withItself: .conflict("merge-with-itself", title: "Both are the same participant")
        case .alreadyMerged:
            .conflict(
                "already-merged", title: "One of the two is merged already",
                detail: "`participantIDs` of each says with whom. Name who remains, or unmerge first.")
        case .remainsAlready:
            .conflict(
                "others-merged-into-them", title: "Others were merged into this participant",
                detail: "Merge the other way round: into this one.")
        case .bothRemain:
            .conflict(
                "others-merged-into-both", title: "Others were merged into each of the two",
                detail: "Unmerge those of one of them first, and merge each into the other.")
        case .erased: erased
        case .twoDispatches:
            .conflict(
                "two-dispatches", title: "A peer is on the way to each of the two",
                detail: "Wait until one of the visits has ended, or close it.")
        case .neverMerged:
            .conflict(
                "not-merged", title: "This participant was not merged",
                detail: "Name the one who was: `participantIDs` tells, without the one who remains.")
        }
    }

    private static let erased = Problem.conflict(
        "participant-erased", title: "The identity was erased", detail: "Nothing more is written about them.")

    private static func problem(_ code: StoreError.Code) -> Problem {
        switch code {
        case .notFound: Problem.notFound.denying(Denial(.hidden))
        case .stale: .stale
        case .placerReused:
            .conflict(
                "placer-identifier-reused", title: "The placer identifier was used for another request",
                detail: "Send the same request again, or a new one under a new identifier."
            )
        case .nameTaken: .conflict("partner-name-taken", title: "A partner of that name exists")
        case .noSuchPartner: .invalid("/partnerID", "an active partner of this agency")
        case .consentDeficient: .invalid("/consent", "lacks an element of 42 CFR 2.31(a)")
        case .loginTaken: .conflict("login-taken", title: "Another account has this login")
        case .raced: .unavailable()
        case .unknownCode: .internalError
        case .bedTaken: .conflict("bed-taken", title: "Somebody else has the bed at that time")
        case .livesElsewhere:
            .conflict(
                "lives-elsewhere", title: "The person lives in another residence at that time",
                detail: "Say first when they moved out there.")
        case .alreadyApplied:
            .conflict("already-applied", title: "They wait for this residence already, or live there")
        case .residenceClosed: .conflict("residence-closed", title: "The residence takes nobody any more")
        case .hasBeds:
            .conflict(
                "beds-are-counted", title: "The residence's beds are kept here",
                detail: "Their numbers are counted; confirm without numbers.")
        case .alreadySentOn:
            .conflict(
                "already-sent-on", title: "The referral is under way to this organisation",
                detail: "Wait until it has ended there, or take it back.")
        case .noWebhook:
            .conflict(
                "no-webhook", title: "The partner has no webhook", detail: "Say first where its webhooks go.")
        case .noMailServer:
            .conflict(
                "no-mail-server", title: "No mail server is set", detail: "HANDRAIL_REFERRALS_SMTP_URL says which.")
        case .stillHoused:
            .conflict(
                "still-housed", title: "The person lives in a residence", detail: "Say first when they moved out.")
        case .stillSupported:
            .conflict(
                "still-supported", title: "Somebody stands by the participant",
                detail: "Close the referrals first: whoever visits must know whom."
            )
        }
    }
}
