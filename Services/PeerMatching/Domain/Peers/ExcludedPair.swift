public import Models

/// A peer and a participant who are not to be brought together (FACTS §11).
///
/// Applied silently: nobody but a supervisor learns that the pair exists, or why.
public struct ExcludedPair: Hashable, Sendable {
    public var peerID: PeerID
    public var participantID: ParticipantID
    public var reason: Reason
    /// The first instant at which it no longer counts; nil for one that stays.
    public var expiresAt: Instant?

    public init(peerID: PeerID, participantID: ParticipantID, reason: Reason, expiresAt: Instant? = nil) {
        self.peerID = peerID
        self.participantID = participantID
        self.reason = reason
        self.expiresAt = expiresAt
    }

    /// Whether the two are to be kept apart at that time.
    public func counts(at now: Instant) -> Bool { expiresAt.map { now < $0 } ?? true }

    /// The class of the conflict of interest.
    public enum Reason: String, Codable, CaseIterable, Hashable, Sendable {
        case family
        case partner
        case sponsorship
        case sameResidence = "same-residence"
        case offenceTogether = "offence-together"
        case employment
        case sameHomeGroup = "same-home-group"
        case complaint
        case noContactOrder = "no-contact-order"
        case peerWish = "peer-wish"
        case participantWish = "participant-wish"
    }
}
