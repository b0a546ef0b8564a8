internal import MessageTable
internal import Models
internal import Postgres
internal import SchedulingDomain

/// Plans in PostgreSQL. Each change loads the plan under lock, applies the rules, saves what differs, says what
/// happened, and sets the plan's next deadline, all in the transaction of the work.
enum PlanStore {
    /// Changes a plan.
    ///
    /// After the change everything that has come due is looked at, so that no deadline in the past is left behind.
    /// - Parameters:
    ///   - version: what the change is based on; nil for handlers of messages.
    ///   - touching: raises the version even where nothing of the plan itself differs, since something belongs to it now.
    ///   - heard: the planned contact whose end a message has just told everybody.
    ///   - change: returns what others should hear of.
    /// - Throws: ``StoreRefusal``, ``Refusal``, or what PostgreSQL refuses.
    @discardableResult
    static func update(
        _ id: PlanID, expecting version: Int? = nil, touching: Bool = false, heard: Int? = nil,
        in work: UnitOfWork,
        _ change: (inout ContactPlan, ProgrammeModel) async throws -> [PlanEffect]
    ) async throws -> ContactPlan {
        guard var plan = try await load(id, locking: true, in: work.transaction) else { throw StoreRefusal.missing }
        if let version, version != plan.version { throw StoreRefusal.stale }
        let before = plan
        let model = try work.model(of: plan)
        var effects = try await change(&plan, model)
        effects += plan.deadlinesCame(at: work.now, model: model)
        guard touching || plan != before else { return plan }
        let transitions = effects.compactMap { effect in
            if case .phaseChanged(let from, let to) = effect { (from, to) } else { nil }
        }
        // Each message of an aggregate has a version of its own.
        plan.version = before.version + max(1, transitions.count)
        try await save(plan, unlike: before, in: work)
        for (index, (from, to)) in transitions.enumerated() {
            try await publishPhaseChange(from, to, of: plan, version: before.version + 1 + index, in: work)
        }
        // One message waits for each plan: whatever else has been missed meanwhile is said here.
        for case .contactMissed(let sequence) in effects where sequence != heard {
            try publishOverdue(sequence, of: plan, in: work)
        }
        try await setDeadline(of: plan, model: model, in: work)
        for case .continuationDue(let programme) in effects {
            try await PlanStarting.open(programme, after: plan, in: work)
        }
        return plan
    }

    private static func publishPhaseChange(
        _ from: PhaseCode, _ to: PhaseCode, of plan: ContactPlan, version: Int, in work: UnitOfWork
    ) async throws {
        for referralID in try await ReferralMatchStore.referrals(of: plan, in: work) {
            try work.publish(
                PlanPhaseChanged(
                    planID: plan.id, referralID: referralID, participantID: plan.participantID, version: version,
                    from: from.rawValue, to: to.rawValue, changedAt: work.now
                )
            )
        }
    }

    private static func publishOverdue(_ sequence: Int, of plan: ContactPlan, in work: UnitOfWork) throws {
        guard let missed = plan.contacts.first(where: { $0.sequence == sequence }) else { return }
        try work.publish(
            ContactOverdue(
                planID: plan.id, participantID: plan.participantID, sequence: sequence, dueAt: missed.window.endsAt
            )
        )
    }

    /// One scheduled message per plan, under the plan's id: setting it again moves it, so that it always waits for the
    /// next deadline and none is ever doubled.
    static func setDeadline(of plan: ContactPlan, model: ProgrammeModel, in work: UnitOfWork) async throws {
        guard let next = plan.nextDeadline(after: work.now, model: model) else {
            work.transaction.unschedule(id: plan.id.rawValue, agency: work.agencyID)
            return
        }
        let event = ContactOverdue(
            planID: plan.id, participantID: plan.participantID, sequence: next.sequence, dueAt: next.at
        )
        try work.transaction.schedule(
            event, id: plan.id.rawValue, dueAt: next.at, agency: work.agencyID, headers: work.headers
        )
    }

    /// What was done since the current phase began.
    static func tally(of plan: ContactPlan, in work: UnitOfWork) async throws -> ContactTally {
        let since = plan.currentPhase?.enteredAt ?? plan.startedAt
        guard let row = try await work.transaction.query(PlanStatements.tally, plan.id, since).first else {
            return ContactTally()
        }
        let (community, supports) = try row.decode((Int, Int).self)
        return ContactTally(communityMeetings: community, supportMeetings: supports)
    }

    /// Whether a recurrence of that day is on record.
    static func hasRecurrence(_ id: PlanID, on date: CivilDate, in work: UnitOfWork) async throws -> Bool {
        let rows = try await work.transaction.query(PlanStatements.recurrenceExists, id, date)
        return try rows.first?.decode(Bool.self) ?? false
    }

    /// Puts a recurrence on record.
    static func addRecurrence(_ id: PlanID, on date: CivilDate, added: Int, in work: UnitOfWork) async throws {
        try await work.transaction.execute(
            PlanStatements.insertRecurrence, work.agencyID, id, date, added, work.now, work.actor
        )
    }
}
