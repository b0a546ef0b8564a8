public import Models

extension ContactPlan {
    /// Closes the plan. Completed needs the programme's closing requirements in the last phase, near its planned end
    /// (CTI self-assessment, item 9: nobody is discharged early); lost needs outreach that went on to locating.
    ///
    /// - Throws: ``Refusal`` with `planClosed`, `stillPreparing`, `tooEarly`, `notLocating` or `requirementsUnmet`.
    public mutating func close(
        _ reason: ClosureReason, closing review: ClosingReview, override: SupervisorOverride?, at now: Instant,
        model: ProgrammeModel
    ) throws(Refusal) -> [PlanEffect] {
        guard status != .closed else { throw Refusal(.planClosed, "the plan is closed") }
        switch reason {
        case .completed:
            let (index, current) = try running()
            let today = zone.date(at: now)
            let early =
                index < phases.count - 1
                || current.endsOn.map { today < $0.adding(days: -Self.reviewLeadDays) } ?? false
            if early && override == nil {
                throw Refusal(.tooEarly, "the plan lasts until \(dateText(phases.last?.endsOn))")
            }
            let unmet = unmetRequirements(of: review, model: model)
            guard unmet.isEmpty || override != nil else {
                throw Refusal(.requirementsUnmet, "closing still owes \(unmet.count) requirements", unmet: unmet)
            }
        case .lost:
            guard outreach?.status == .locating || override != nil else {
                throw Refusal(.notLocating, "somebody counts as lost only after outreach that went on to locating")
            }
        case .died, .moved, .withdrew, .reincarcerated, .cancelled, .superseded:
            break
        }
        if let index = phases.firstIndex(where: { $0.code == phase }), let override {
            phases[index].override = override
        }
        closing = review
        return end(reason, at: now, model: model)
    }

    /// Ends a plan that never began, since its referral was taken back; one that has begun runs on.
    public mutating func stopUnlessBegun(
        _ reason: ClosureReason, at now: Instant, model: ProgrammeModel
    ) -> [PlanEffect] {
        guard status != .closed, begunAt == nil else { return [] }
        return end(reason, at: now, model: model)
    }

    /// A new match begins the same programme again, so this plan's dates no longer hold.
    public mutating func supersede(at now: Instant, model: ProgrammeModel) -> [PlanEffect] {
        status == .closed ? [] : end(.superseded, at: now, model: model)
    }

    /// Ends a plan whose participant has died, whatever it still owes.
    public mutating func participantDied(at now: Instant, model: ProgrammeModel) -> [PlanEffect] {
        status == .closed ? [] : end(.died, at: now, model: model)
    }

    /// What closing as completed still owes.
    public func unmetRequirements(of closing: ClosingReview, model: ProgrammeModel) -> [UnmetRequirement] {
        var owed: [(String, Int, Int)] = []
        if model.closing.note {
            owed.append(("closing-note", 1, closing.note?.contains { !$0.isWhitespace } == true ? 1 : 0))
        }
        if model.closing.longTermSupports {
            let areas = Set(phases.flatMap(\.focusAreas))
            let covered = areas.intersection(closing.supports.map(\.area))
            // Without a focus area on record one support must still be named.
            owed.append(
                ("long-term-supports", max(1, areas.count), areas.isEmpty ? closing.supports.count : covered.count))
        }
        if model.closing.finalMeeting {
            owed.append(("final-meeting", 1, closing.finalMeetingOn == nil ? 0 : 1))
        }
        return owed.filter { $0.2 < $0.1 }
            .map { UnmetRequirement(requirement: $0.0, required: $0.1, recorded: $0.2) }
    }

    mutating func end(_ reason: ClosureReason, at now: Instant, model: ProgrammeModel) -> [PlanEffect] {
        let left = phase
        withdrawOwed()
        outreach?.end(.stopped, at: now)
        closeCurrentPhase(at: now)
        status = .closed
        phase = .closed
        closedAt = now
        closureReason = reason
        var effects = [PlanEffect.phaseChanged(from: left, to: .closed)]
        if let next = model.continuation, next.afterClosing.contains(reason), continuedAt == nil {
            continuedAt = now
            effects.append(.continuationDue(next.programme))
        }
        return effects
    }
}
