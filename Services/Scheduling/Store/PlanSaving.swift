internal import Models
internal import Postgres
internal import SchedulingDomain

extension PlanStore {
    /// Inserts a new plan with its parts.
    ///
    /// - Returns: false where the participant already has a live plan of the programme, or the plan that it follows is
    ///   already continued; then nothing is stored.
    static func insert(_ plan: ContactPlan, matchID: MatchID?, in work: UnitOfWork) async throws -> Bool {
        let rows = try await work.transaction.query(
            PlanStatements.insert, work.agencyID, plan.id, plan.participantID, plan.referralID, plan.peerID, matchID,
            plan.programme, plan.programmeVersion, plan.option, plan.zone, plan.status, plan.phase, plan.startedAt,
            plan.followsPlanID, plan.version
        )
        guard !rows.isEmpty else { return false }
        try await saveParts(of: plan, unlike: nil, in: work)
        return true
    }

    /// Stores what a change made different; what is as before is not written.
    static func save(_ plan: ContactPlan, unlike before: ContactPlan, in work: UnitOfWork) async throws {
        let closing = try plan.closing.map { try JSONB(encoding: $0) }
        try await work.transaction.execute(
            PlanStatements.update, plan.id, plan.peerID, plan.status, plan.phase, plan.begunAt, plan.closedAt,
            plan.closureReason, closing, plan.continuedAt, plan.version
        )
        if plan.peerID != before.peerID {
            try await work.transaction.execute(PlanStatements.reassignContacts, plan.id, plan.peerID)
        }
        try await saveParts(of: plan, unlike: before, in: work)
    }

    private static func saveParts(of plan: ContactPlan, unlike before: ContactPlan?, in work: UnitOfWork) async throws {
        for (position, phase) in plan.phases.enumerated() where before?.phases.contains(phase) != true {
            try await work.transaction.execute(
                PlanStatements.savePhase, work.agencyID, plan.id, phase.code, position, phase.startsOn, phase.endsOn,
                phase.enteredAt, phase.leftAt, phase.focusAreas, try phase.review.map { try JSONB(encoding: $0) },
                phase.override?.by, phase.override?.reason
            )
        }
        let known = Set(before?.contacts ?? [])
        try await save(plan.contacts.filter { !known.contains($0) }, of: plan, in: work)
        // In their order: one that has ended makes way for the next, since only one of a plan may be live.
        for outreach in plan.outreaches where before?.outreaches.contains(outreach) != true {
            try await work.transaction.execute(
                PlanStatements.saveOutreach, work.agencyID, plan.id, outreach.sequence, outreach.openedAt,
                outreach.dueAt, outreach.status, outreach.attempts, outreach.channels.map(\.rawValue).sorted(),
                outreach.endedAt
            )
        }
    }

    private static func save(_ contacts: [PlannedContact], of plan: ContactPlan, in work: UnitOfWork) async throws {
        guard !contacts.isEmpty else { return }
        try await work.transaction.execute(
            PlanStatements.saveContacts, work.agencyID, plan.id, plan.peerID, contacts.map(\.sequence),
            contacts.map(\.phase.rawValue), contacts.map(\.purpose.rawValue), contacts.map(\.dueOn),
            contacts.map(\.window.startsAt), contacts.map(\.window.endsAt), contacts.map(\.status.rawValue),
            contacts.map(\.metBy)
        )
    }
}
