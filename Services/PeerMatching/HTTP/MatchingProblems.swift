internal import Hummingbird
internal import PeerMatchingDomain
internal import ServiceKit

/// How the service's own errors look to callers: the one place where they become problems.
enum MatchingProblems {
    /// Nil for errors that are not of this service.
    @Sendable static func problem(_ error: any Error) -> Problem? {
        switch error {
        case let refusal as Refusal: problem(refusal)
        case let error as StoreError: problem(error.code)
        case let faults as Faults:
            .invalid(faults.all.map { Problem.FieldError($0.pointer, $0.detail) })
        default: nil
        }
    }

    private static func problem(_ refusal: Refusal) -> Problem {
        switch refusal {
        // To somebody who was never asked, the match does not exist.
        case .notOffered: Problem.notFound.denying(Denial(.relationship))
        case .takenByAnother: conflict("taken-by-another", "Another peer took this dispatch", refusal)
        case .alreadyDeclined: conflict("already-declined", "The offer was declined before", refusal)
        case .wrongKind: conflict("wrong-kind", "The match is of the other kind", refusal)
        case .over: conflict("match-over", "The match is over", refusal)
        case .notAcknowledged: conflict("not-acknowledged", "Nobody has acknowledged yet", refusal)
        case .alreadyAcknowledged: conflict("already-acknowledged", "The dispatch is acknowledged", refusal)
        case .notEligible: conflict("not-eligible", "This peer cannot be chosen", refusal)
        case .notWaitingForChoice: conflict("not-waiting", "Nothing is to be chosen", refusal)
        case .outcomeDoesNotFit: .invalid("/outcome", refusal.text)
        }
    }

    private static func problem(_ code: StoreError.Code) -> Problem {
        switch code {
        case .unknownPeer, .unknownMatch, .unknownShift: Problem.notFound.denying(Denial(.hidden))
        case .noSuchPeer: .invalid("/peerID", "is a peer of this agency")
        case .staleVersion: .stale
        case .shiftTooClose:
            .conflict(
                "shift-too-close", title: "The peer has a shift too close",
                detail: "It overlaps another shift of the same peer, or leaves too little rest.")
        case .placeTaken:
            .conflict(
                "place-taken", title: "The place on the line is taken",
                detail: "Somebody else is on call there in that order for part of the time.")
        case .caseloadFull:
            .conflict(
                "caseload-full", title: "The peer's caseload is full",
                detail: "Raise the cap, end a match, or choose another peer.")
        }
    }

    private static func conflict(_ type: String, _ title: String, _ refusal: Refusal) -> Problem {
        .conflict(type, title: title, detail: refusal.text)
    }
}

/// What is wrong with a request beyond its shape.
struct Faults: Error {
    let all: [FieldFault]

    /// - Throws: itself unless the list is empty.
    static func check(_ faults: [FieldFault]) throws(Faults) {
        if !faults.isEmpty { throw Faults(all: faults) }
    }
}
