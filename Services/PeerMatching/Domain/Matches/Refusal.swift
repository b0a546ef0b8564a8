/// Why a match refuses a verb. It says nothing about other peers.
public enum Refusal: Error, Hashable, Sendable, CaseIterable {
    /// The peer was never asked; to them the match does not exist.
    case notOffered
    /// Somebody else took it first.
    case takenByAnother
    /// The peer declined it before.
    case alreadyDeclined
    /// The verb belongs to the other kind of match.
    case wrongKind
    /// The match is over.
    case over
    /// The verb comes too early: nobody acknowledged yet.
    case notAcknowledged
    /// The peer acknowledged already, so a supervisor has to find another.
    case alreadyAcknowledged
    /// The outcome does not fit how far the dispatch came.
    case outcomeDoesNotFit
    /// The chosen peer is not eligible in the newest ranking.
    case notEligible
    /// The match is not waiting for a choice.
    case notWaitingForChoice

    /// In words, safe to show to whom the verb was refused.
    public var text: String {
        switch self {
        case .notOffered: "This dispatch was not offered to you."
        case .takenByAnother: "Another peer acknowledged this dispatch first; nothing is left to do for you."
        case .alreadyDeclined: "You declined this dispatch before. Ask a supervisor if you can go after all."
        case .wrongKind: "This does not apply to this kind of match."
        case .over: "This match is over."
        case .notAcknowledged: "Nobody has acknowledged this dispatch yet."
        case .alreadyAcknowledged: "You acknowledged this dispatch. Call a supervisor if you cannot go after all."
        case .outcomeDoesNotFit: "This outcome does not fit: it depends on whether somebody arrived."
        case .notEligible: "This peer is not eligible in the newest ranking of this match."
        case .notWaitingForChoice: "This match is not waiting for a choice."
        }
    }
}
