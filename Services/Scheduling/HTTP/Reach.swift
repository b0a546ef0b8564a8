internal import Confidentiality
internal import Models
internal import ServiceKit

/// Whose records a caller may see: the agency's, those of a peer's own participants, or a participant's own.
enum Reach: Hashable, Sendable {
    case agency
    /// Another process of the suite.
    case suite
    case peer(PeerID)
    /// The id that the token names, and all ids of the person.
    case participant(ParticipantID, person: Set<ParticipantID>)

    /// - Throws: 403 for a role without business here, and for a token that does not say whose it is.
    init(of principal: Principal) throws(Problem) {
        switch principal.role {
        case .coordinator, .supervisor:
            self = .agency
        case .service:
            self = .suite
        case .peer:
            guard let peerID = principal.peerID else { throw .forbidden.denying(Denial(.relationship)) }
            self = .peer(peerID)
        case .participant:
            guard let participantID = principal.participantID else { throw .forbidden.denying(Denial(.relationship)) }
            self = .participant(participantID, person: [participantID])
        case .partner, .operator, .privacyOfficer:
            throw .forbidden.denying(Denial(.role))
        }
    }

    /// The same, where a participant's own records may stand under other ids of theirs too.
    func person(in work: UnitOfWork) async throws -> Reach {
        guard case .participant(let own, _) = self else { return self }
        let ids = try await ParticipantMerges.group(of: own, in: work.transaction, of: work.agencyID)
        return .participant(own, person: Set(ids))
    }

    /// What connects the caller with whom it may see.
    var relationship: Relationship {
        switch self {
        case .agency: .agency
        case .suite: .suite
        case .peer: .assigned
        case .participant: .own
        }
    }

    /// Refuses a record outside of the reach as if it were not there: that somebody is a participant is protected.
    ///
    /// - Throws: 404, with the denial for the audit trail.
    func require(peerID: PeerID, participantID: ParticipantID) throws(Problem) {
        let isWithin =
            switch self {
            case .agency, .suite: true
            case .peer(let own): own == peerID
            case .participant(_, let person): person.contains(participantID)
            }
        guard isWithin else {
            throw .notFound.denying(Denial(.relationship, participantIDs: [participantID]))
        }
    }

    /// Refuses another peer's own business, such as working hours.
    ///
    /// - Throws: 404.
    func require(peerID: PeerID) throws(Problem) {
        switch self {
        case .agency, .suite: return
        case .peer(let own) where own == peerID: return
        case .peer, .participant: throw .notFound.denying(Denial(.relationship))
        }
    }

    /// The peer whose list is shown: what is asked for, within the reach.
    func peer(asked: PeerID?) throws(Problem) -> PeerID? {
        guard case .peer(let own) = self else { return asked }
        if let asked { try require(peerID: asked) }
        return own
    }

    /// The participant whose list is shown: what is asked for, within the reach.
    func participant(asked: ParticipantID?) throws(Problem) -> ParticipantID? {
        guard case .participant(let own, let person) = self else { return asked }
        guard asked.map(person.contains) ?? true else { throw .notFound.denying(Denial(.relationship)) }
        return asked ?? own
    }
}
