internal import Confidentiality
internal import Models
internal import ServiceKit

/// Whose records a caller may see.
enum Reach {
    /// Asks what may be told of a participant: to the agency's office of all whom the agency knows, to a peer of those
    /// who are theirs now, to a participant of themselves.
    ///
    /// - Throws: 404 with a denial otherwise: that somebody is a participant is protected in itself (42 CFR 2.13(c)).
    static func permit(
        _ context: APIContext, about participantID: ParticipantID, in work: UnitOfWork
    ) async throws -> Permit {
        try await context.permit(
            about: participantID, as: try await relationship(participantID, try context.principal, work),
            in: work.transaction, at: work.now)
    }

    /// All ids under which the person is told of where an answer is drawn from everything that is stored.
    static func person(_ participantID: ParticipantID, in work: UnitOfWork) async throws -> [ParticipantID] {
        try await ParticipantMerges.group(of: participantID, in: work.transaction, of: work.agencyID)
    }

    private static func relationship(
        _ participantID: ParticipantID, _ principal: Principal, _ work: UnitOfWork
    ) async throws -> Relationship {
        switch principal.role {
        case .coordinator, .supervisor, .privacyOfficer:
            return try await RelationshipStore.isKnown(participantID, in: work) ? .agency : .none
        case .service:
            return try await RelationshipStore.isKnown(participantID, in: work) ? .suite : .none
        case .peer:
            guard let peerID = principal.peerID else { return .none }
            return try await RelationshipStore.has(peerID, participantID, in: work) ? .assigned : .none
        case .participant:
            guard let own = principal.participantID,
                try await ParticipantMerges.areOne(own, participantID, in: work.transaction, of: work.agencyID)
            else { return .none }
            return try await RelationshipStore.isKnown(participantID, in: work) ? .own : .none
        case .partner, .operator:
            return .none
        }
    }
}
