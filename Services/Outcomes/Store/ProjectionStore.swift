internal import MessageTable
internal import Models
internal import Postgres

/// What messages of the other services leave here. Each function changes nothing if the message is not newer than what
/// is stored, and works in whatever order messages of different aggregates arrive.
enum ProjectionStore {
    static func accepted(_ event: ReferralAccepted, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            ProjectionStatements.referralAccepted, work.agencyID, event.referralID, event.participantID,
            event.setting, event.priority, event.programme, event.partnerID, event.receivedAt, event.acceptedAt,
            event.version ?? 0
        )
    }

    static func cancelled(_ event: ReferralCancelled, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            ProjectionStatements.referralCancelled, work.agencyID, event.referralID, event.participantID,
            event.cancelledAt, event.version ?? 0
        )
    }

    static func closed(_ event: ReferralClosed, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            ProjectionStatements.referralClosed, work.agencyID, event.referralID, event.participantID, event.closedAt,
            event.reason, event.version ?? 0
        )
    }

    static func matched(_ event: MatchAccepted, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            ProjectionStatements.match, work.agencyID, event.matchID, event.referralID, event.participantID,
            event.peerID, event.kind, event.acceptedAt, event.version ?? 0
        )
    }

    static func progressed(_ event: DispatchProgressed, in work: UnitOfWork) async throws {
        func at(_ step: DispatchStep) -> Instant? { event.step == .known(step) ? event.at : nil }
        try await work.transaction.execute(
            ProjectionStatements.dispatch, work.agencyID, event.matchID, event.referralID, event.participantID,
            at(.offered), at(.acknowledged), at(.escalated), at(.arrived), at(.ended), event.outcome,
            event.step == .known(.ended) ? event.version ?? 0 : nil
        )
    }

    static func started(_ event: PlanStarted, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            ProjectionStatements.planStarted, work.agencyID, event.planID, event.referralID, event.participantID,
            event.peerID, event.programme, event.programmeVersion, event.startedOn, event.startedAt,
            event.version ?? 0
        )
    }

    static func phaseChanged(_ event: PlanPhaseChanged, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            ProjectionStatements.planPhase, work.agencyID, event.planID, event.referralID, event.participantID,
            event.to, event.changedAt, event.version ?? 0
        )
    }

    static func recorded(_ event: ContactRecorded, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            ProjectionStatements.contact, work.agencyID, event.contactID, event.planID, event.referralID,
            event.participantID, event.peerID, event.mode, event.outcome, event.dueAt, event.occurredAt,
            event.recordedAt, event.version ?? 0
        )
    }

    static func overdue(_ event: ContactOverdue, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            ProjectionStatements.overdueContact, work.agencyID, event.planID, event.sequence, event.participantID,
            event.dueAt
        )
    }
}
