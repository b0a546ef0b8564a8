internal import Models
internal import ServiceKit

/// Whose records a caller may see.
enum Reach {
    /// Lets the caller through to a participant: the agency's office to all whom the agency knows, a peer to those who
    /// are theirs now, a participant to themselves.
    ///
    /// - Throws: 404 with a denial otherwise: that somebody is a participant is protected in itself (42 CFR 2.13(c)).
    static func require(_ participantID: ParticipantID, for principal: Principal, in work: UnitOfWork) async throws {
        guard try await isWithin(participantID, principal, work) else {
            throw Problem.notFound.denying(Denial(.relationship, participantIDs: [participantID]))
        }
    }

    private static func isWithin(
        _ participantID: ParticipantID, _ principal: Principal, _ work: UnitOfWork
    ) async throws -> Bool {
        switch principal.role {
        case .coordinator, .supervisor, .service:
            return try await RelationshipStore.isKnown(participantID, in: work)
        case .peer:
            guard let peerID = principal.peerID else { return false }
            return try await RelationshipStore.has(peerID, participantID, in: work)
        case .participant:
            guard principal.participantID == participantID else { return false }
            return try await RelationshipStore.isKnown(participantID, in: work)
        case .partner, .operator:
            return false
        }
    }
}
