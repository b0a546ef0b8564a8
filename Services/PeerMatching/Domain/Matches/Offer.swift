public import Models

/// One peer being asked to take a dispatch.
public struct Offer: Hashable, Sendable {
    public let peerID: PeerID
    /// From 1, counting the rounds of the policy.
    public let round: Int
    public let offeredAt: Instant
    public var status: Status
    public var answeredAt: Instant?

    public init(peerID: PeerID, round: Int, offeredAt: Instant, status: Status = .open, answeredAt: Instant? = nil) {
        self.peerID = peerID
        self.round = round
        self.offeredAt = offeredAt
        self.status = status
        self.answeredAt = answeredAt
    }

    /// What came of it.
    public enum Status: String, Codable, CaseIterable, Hashable, Sendable {
        case open, accepted, declined
        /// Somebody else took it, or it is no longer needed.
        case withdrawn
    }
}
