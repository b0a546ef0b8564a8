internal import Models
internal import OutcomesDomain

/// A referral begins, is taken back, or closes.
enum ReferralHandlers {
    @Sendable static func handle(_ event: ReferralAccepted, in work: UnitOfWork) async throws {
        try await ProjectionStore.accepted(event, in: work)
        try await TimelineStore.add(
            TimelineEntry(
                .referralAccepted, of: event.participantID, at: event.acceptedAt, referralID: event.referralID,
                detail: ["setting": event.setting.rawValue, "programme": event.programme.rawValue],
                sourceKey: "referral:\(event.referralID):accepted", sourceVersion: event.version
            ),
            in: work
        )
    }

    @Sendable static func handle(_ event: ReferralCancelled, in work: UnitOfWork) async throws {
        try await ProjectionStore.cancelled(event, in: work)
        try await TimelineStore.add(
            TimelineEntry(
                .referralCancelled, of: event.participantID, at: event.cancelledAt, referralID: event.referralID,
                sourceKey: "referral:\(event.referralID):cancelled", sourceVersion: event.version
            ),
            in: work
        )
    }

    @Sendable static func handle(_ event: ReferralClosed, in work: UnitOfWork) async throws {
        try await ProjectionStore.closed(event, in: work)
        try await TimelineStore.add(
            TimelineEntry(
                .referralClosed, of: event.participantID, at: event.closedAt, referralID: event.referralID,
                detail: ["reason": event.reason.text], sourceKey: "referral:\(event.referralID):closed",
                sourceVersion: event.version
            ),
            in: work
        )
    }
}
