public import Models

extension ContactPlan {
    /// Days before a phase's last day from which its review may be held without an override.
    static let reviewLeadDays = 7

    /// Goes over to a later phase, with the review of the one that ends.
    ///
    /// - Parameters:
    ///   - tally: the contacts of the phase that ends.
    ///   - override: lets a supervisor skip a phase, go over early, or leave requirements unmet.
    /// - Throws: ``Refusal`` with `planClosed`, `stillPreparing`, `unknownPhase`, `outOfOrder`, `tooEarly` or
    ///   `requirementsUnmet`.
    public mutating func advance(
        to target: PhaseCode, review: PhaseReview, tally: ContactTally, override: SupervisorOverride?,
        at now: Instant, model: ProgrammeModel
    ) throws(Refusal) -> [PlanEffect] {
        let (from, current) = try running()
        guard let to = phases.firstIndex(where: { $0.code == target }) else {
            throw Refusal(.unknownPhase, "\(programme) has no phase '\(target)'")
        }
        let today = zone.date(at: now)
        let early = current.endsOn.map { today < $0.adding(days: -Self.reviewLeadDays) } ?? false
        if override == nil {
            guard to == from + 1 else {
                throw Refusal(.outOfOrder, "from '\(phase)' only the next phase follows; a supervisor can skip")
            }
            if early { throw Refusal(.tooEarly, "'\(phase)' lasts until \(dateText(current.endsOn))") }
        } else if to <= from {
            throw Refusal(.outOfOrder, "a plan does not go back from '\(phase)' to '\(target)'")
        }
        let unmet = unmetRequirements(of: review, tally: tally, model: model)
        guard unmet.isEmpty || override != nil else {
            throw Refusal(.requirementsUnmet, "'\(phase)' still owes \(unmet.count) of its requirements", unmet: unmet)
        }
        let left = phase
        phases[from].leftAt = now
        phases[from].review = review
        phases[from].override = override
        phases[to].enteredAt = now
        phases[to].focusAreas = review.nextFocusAreas
        phase = target
        if to > from + 1 || early {
            phases[from].endsOn = today
            for skipped in phases[(from + 1)..<to].indices {
                (phases[skipped].startsOn, phases[skipped].endsOn) = (today, today)
            }
            phases[to].startsOn = min(phases[to].startsOn, today)
            replan(at: now, model: model)
        }
        return [.phaseChanged(from: left, to: target)]
    }

    /// Lets the current phase last longer; the later ones follow it, as long as they were.
    ///
    /// - Throws: ``Refusal`` with `planClosed`, `stillPreparing` or `dateOutOfRange`.
    public mutating func extend(
        until end: CivilDate, override: SupervisorOverride, at now: Instant, model: ProgrammeModel
    ) throws(Refusal) {
        let (index, current) = try running()
        guard let old = current.endsOn, end > old, end <= old.adding(days: 366) else {
            throw Refusal(
                .dateOutOfRange, "'\(phase)' can be extended beyond \(dateText(current.endsOn)), by a year at most")
        }
        let days = end.daysSince1970 - old.daysSince1970
        phases[index].endsOn = end
        phases[index].override = override
        for later in phases.indices.dropFirst(index + 1) {
            phases[later].startsOn = phases[later].startsOn.adding(days: days)
            phases[later].endsOn = phases[later].endsOn?.adding(days: days)
        }
        replan(at: now, model: model)
    }

    /// What the current phase still owes; what a review says is counted with what was recorded.
    public func unmetRequirements(
        of review: PhaseReview, tally: ContactTally, model: ProgrammeModel
    ) -> [UnmetRequirement] {
        guard let requirements = model.phase(phase)?.requirements else { return [] }
        var owed: [(String, Int, Int)] = [
            ("community-meetings", requirements.communityMeetings, tally.communityMeetings),
            ("support-meetings", requirements.supportMeetings, tally.supportMeetings),
        ]
        if requirements.connectionStrengths {
            let rated = review.connections.filter { (0...3).contains($0.strength) }
            owed.append(("connection-strengths", 1, rated.count))
        }
        if requirements.nextPhasePlan, let areas = model.focusAreas {
            let named = Set(review.nextFocusAreas).intersection(areas.codes)
            // More than the maximum is as wrong as less than the minimum: three areas at most keep a phase focused.
            let sound = named.count == review.nextFocusAreas.count && named.count <= areas.maximum
            owed.append(("next-phase-plan", areas.minimum, sound ? named.count : 0))
        }
        return owed.filter { $0.2 < $0.1 }
            .map { UnmetRequirement(requirement: $0.0, required: $0.1, recorded: $0.2) }
    }

    func running() throws(Refusal) -> (Int, PlanPhase) {
        switch status {
        case .closed: throw Refusal(.planClosed, "the plan is closed")
        case .preparing: throw Refusal(.stillPreparing, "the plan's dates are set when the person enters the community")
        case .active: break
        }
        guard let index = phases.firstIndex(where: { $0.code == phase }) else {
            throw Refusal(.unknownPhase, "the plan has no phase '\(phase)'")
        }
        return (index, phases[index])
    }

    func dateText(_ date: CivilDate?) -> String { date?.description ?? "an open end" }

    /// Fits what is still to come to the phases' dates: contacts whose window has not opened are kept where the dates
    /// still ask for them, withdrawn where not, and added where new.
    private mutating func replan(at now: Instant, model: ProgrammeModel) {
        guard let first = phases.firstIndex(where: { $0.code == phase }) else { return }
        var wanted: [PlanCalendar.Wanted] = []
        for planPhase in phases[first...] {
            guard let rules = model.phase(planPhase.code)?.contacts else { continue }
            wanted += calendar.wanted(
                by: rules, in: planPhase.code, from: zone.instant(on: planPhase.startsOn), until: planPhase.endsOn
            )
        }
        wanted.removeAll { $0.window.endsAt <= now }
        for index in contacts.indices where contacts[index].status == .planned {
            let planned = contacts[index]
            guard planned.purpose != model.recurrence?.purpose, planned.window.startsAt > now else { continue }
            if let kept = wanted.firstIndex(where: { $0.phase == planned.phase && $0.dueOn == planned.dueOn }) {
                wanted.remove(at: kept)
            } else {
                contacts[index].status = .withdrawn
            }
        }
        append(
            wanted.filter { one in
                !contacts.contains { $0.status != .withdrawn && $0.phase == one.phase && $0.dueOn == one.dueOn }
            }
        )
    }
}
