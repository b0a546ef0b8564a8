internal import Models
internal import OutcomesDomain

/// A referral and a peer come together; a dispatch goes on.
enum MatchHandlers {
    @Sendable static func handle(_ event: MatchAccepted, in work: UnitOfWork) async throws {
        try await ProjectionStore.matched(event, in: work)
        try await TimelineStore.add(
            TimelineEntry(
                .matched, of: event.participantID, at: event.acceptedAt, referralID: event.referralID,
                detail: ["kind": event.kind.rawValue],
                sourceKey: "match:\(event.matchID):\(event.referralID):accepted", sourceVersion: event.version
            ),
            in: work
        )
    }

    @Sendable static func handle(_ event: DispatchProgressed, in work: UnitOfWork) async throws {
        try await ProjectionStore.progressed(event, in: work)
        guard let step = event.step.known, let kind = kind(of: step) else { return }
        try await TimelineStore.add(
            TimelineEntry(
                kind, of: event.participantID, at: event.at, referralID: event.referralID,
                detail: event.outcome.map { ["outcome": $0.rawValue] } ?? [:],
                sourceKey: "match:\(event.matchID):\(event.referralID):\(step.rawValue)",
                sourceVersion: event.version
            ),
            in: work
        )
    }

    /// Who was asked and when it escalated is the agency's business, not a part of the person's recovery.
    private static func kind(of step: DispatchStep) -> TimelineKind? {
        switch step {
        case .acknowledged: .dispatchAcknowledged
        case .arrived: .peerArrived
        case .ended: .bedsideEnded
        case .offered, .escalated: nil
        }
    }
}
