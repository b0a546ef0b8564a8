public import Models

extension ContactPlan {
    /// The next instant at which the plan must be looked at again: the end of a window, the tenth day of outreach, a
    /// phase that ends by its date, the end of the programme. Nil when nothing is waited for.
    ///
    /// `sequence` is the planned contact that the deadline concerns, 0 where it is none. To be asked after
    /// ``deadlinesCame(at:model:)``, which leaves only deadlines that lie ahead.
    public func nextDeadline(after now: Instant, model: ProgrammeModel) -> (at: Instant, sequence: Int)? {
        guard status != .closed else { return nil }
        var deadlines = contacts.filter { $0.status == .planned }.map { (at: $0.window.endsAt, sequence: $0.sequence) }
        if let outreach, outreach.status == .attempting {
            deadlines.append((outreach.dueAt, 0))
        }
        if status == .active {
            if model.phase(phase)?.boundary == .date, let ends = currentPhase?.endsOn {
                deadlines.append((zone.instant(on: ends), 0))
            }
            if model.continuation != nil, continuedAt == nil, let ends = phases.last?.endsOn {
                deadlines.append((zone.instant(on: ends), 0))
            }
        }
        // A five-year schedule waits for its last windows beyond its last day: that day itself has been looked at.
        return deadlines.filter { $0.at > now }.min { ($0.at, $0.sequence) < ($1.at, $1.sequence) }
    }

    /// Looks at everything that has come due. Asking again changes nothing more.
    public mutating func deadlinesCame(at now: Instant, model: ProgrammeModel) -> [PlanEffect] {
        guard status != .closed else { return [] }
        return missContacts(at: now, model: model) + considerOutreach(at: now, model: model)
            + passBoundaries(at: now, model: model)
    }

    private mutating func missContacts(at now: Instant, model: ProgrammeModel) -> [PlanEffect] {
        var effects: [PlanEffect] = []
        for index in contacts.indices
        where contacts[index].status == .planned && contacts[index].window.endsAt <= now {
            contacts[index].status = .missed
            let sequence = contacts[index].sequence
            effects.append(.contactMissed(sequence: sequence))
            guard outreach?.status.isLive != true else { continue }
            outreach = Outreach(
                sequence: sequence, openedAt: now, dueAt: now + .seconds(model.outreach.days * 86_400)
            )
            effects.append(.outreachOpened(sequence: sequence))
        }
        return effects
    }

    private mutating func considerOutreach(at now: Instant, model: ProgrammeModel) -> [PlanEffect] {
        guard outreach?.considerLocating(at: now, model: model.outreach) == true, let outreach else { return [] }
        return [.outreachLocating(sequence: outreach.sequence)]
    }

    private mutating func passBoundaries(at now: Instant, model: ProgrammeModel) -> [PlanEffect] {
        var effects: [PlanEffect] = []
        let today = zone.date(at: now)
        while status == .active, model.phase(phase)?.boundary == .date,
            let index = phases.firstIndex(where: { $0.code == phase }), let ends = phases[index].endsOn, ends <= today
        {
            guard index + 1 < phases.count else {
                // The last check-ups' windows reach beyond the last day, and so may a rhythm after a recurrence.
                if contacts.contains(where: { $0.status == .planned }) { return effects }
                return effects + end(.completed, at: now, model: model)
            }
            let left = phase
            phases[index].leftAt = now
            phases[index + 1].enteredAt = now
            phase = phases[index + 1].code
            effects.append(.phaseChanged(from: left, to: phase))
        }
        if status == .active, let next = model.continuation, continuedAt == nil,
            let ends = phases.last?.endsOn, ends <= today
        {
            // The closing review may be late; the calls must not stop because of it.
            continuedAt = now
            effects.append(.continuationDue(next.programme))
        }
        return effects
    }
}
