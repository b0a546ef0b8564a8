internal import Models
internal import OutcomesDomain

/// A contact plan begins and goes from phase to phase.
enum PlanHandlers {
    @Sendable static func handle(_ event: PlanStarted, in work: UnitOfWork) async throws {
        try await ProjectionStore.started(event, in: work)
        try await TimelineStore.add(
            TimelineEntry(
                .planStarted, of: event.participantID, at: event.startedAt, referralID: event.referralID,
                detail: ["programme": event.programme.rawValue], sourceKey: "plan:\(event.planID):started",
                sourceVersion: event.version
            ),
            in: work
        )
    }

    @Sendable static func handle(_ event: PlanPhaseChanged, in work: UnitOfWork) async throws {
        try await ProjectionStore.phaseChanged(event, in: work)
        // Each change is a line of its own, also where one plan serves two referrals and says it for both.
        try await TimelineStore.add(
            TimelineEntry(
                .phaseChanged, of: event.participantID, at: event.changedAt, referralID: event.referralID,
                detail: ["from": event.from, "to": event.to],
                sourceKey: "plan:\(event.planID):phase:\(event.from):\(event.to)", sourceVersion: event.version
            ),
            in: work
        )
    }
}
