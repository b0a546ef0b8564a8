public import Models

/// What recording a contact did to a plan.
public struct Recording: Hashable, Sendable {
    /// The planned contacts that it met, the earliest due first; empty for a contact outside the plan.
    public let met: [PlannedContact]
    public let effects: [PlanEffect]

    public init(met: [PlannedContact] = [], effects: [PlanEffect] = []) {
        self.met = met
        self.effects = effects
    }

    /// When the plan wanted the contact at the latest; nil for a contact outside the plan.
    public var dueAt: Instant? { met.first?.window.endsAt }
}

extension ContactPlan {
    /// Puts a contact into the plan. One that reached the participant meets each planned contact whose window it falls
    /// in, else, late, the last one that was missed; it ends outreach. One that did not counts as an attempt of
    /// outreach. Bedside contacts meet nothing: the plan counts from there on.
    ///
    /// Contacts are taken after the plan has closed too, since people write things down late.
    public mutating func record(_ contact: Contact, model: ProgrammeModel) -> Recording {
        guard contact.outcome == .reached else {
            let locating =
                outreach?.attempted(by: contact.mode, at: contact.recordedAt, model: model.outreach) == true
            let sequence = outreach?.sequence ?? 0
            return Recording(met: [], effects: locating ? [.outreachLocating(sequence: sequence)] : [])
        }
        begunAt = min(begunAt ?? contact.occurredAt, contact.occurredAt)
        var effects: [PlanEffect] = []
        if let live = outreach, live.status.isLive, contact.occurredAt >= live.openedAt {
            outreach?.end(.reached, at: contact.recordedAt)
            effects.append(.outreachEnded(sequence: live.sequence))
        }
        guard contact.mode != .bedside else { return Recording(met: [], effects: effects) }
        let met = indicesMet(at: contact.occurredAt)
        for index in met {
            contacts[index].status = contacts[index].window.contains(contact.occurredAt) ? .met : .metLate
            contacts[index].metBy = contact.id
        }
        return Recording(met: met.map { contacts[$0] }.sorted { $0.window.endsAt < $1.window.endsAt }, effects: effects)
    }

    private func indicesMet(at instant: Instant) -> [Int] {
        let owed = contacts.indices.filter { contacts[$0].status.isOwed }
        let inTime = owed.filter { contacts[$0].window.contains(instant) }
        if !inTime.isEmpty { return inTime }
        let late = owed.filter { contacts[$0].window.endsAt <= instant }
        return late.max { contacts[$0].window.endsAt < contacts[$1].window.endsAt }.map { [$0] } ?? []
    }

    /// A recurrence was reported: the programme's close rhythm is laid over what is planned, whose dates stay.
    ///
    /// Where a contact with as narrow a window is already planned at that time, none is added: one call a week, not two.
    /// - Returns: the contacts that were added; none where the programme has no such rhythm.
    /// - Throws: ``Refusal`` with `planClosed` or `dateOutOfRange`.
    public mutating func tighten(
        afterRecurrenceOn date: CivilDate, at now: Instant, model: ProgrammeModel
    ) throws(Refusal) -> [PlannedContact] {
        guard status == .active else { throw Refusal(.planClosed, "only a running plan's rhythm can be tightened") }
        let today = zone.date(at: now)
        guard date <= today, date >= today.adding(days: -90) else {
            throw Refusal(.dateOutOfRange, "the recurrence must lie within the last 90 days")
        }
        guard let rule = model.recurrence else { return [] }
        let owed = contacts.filter(\.status.isOwed)
        // Counted from today: the weeks since the recurrence cannot be made up for.
        let wanted = calendar.wanted(by: rule, in: phase, from: now, until: nil).filter { one in
            !owed.contains { $0.window.overlaps(one.window) && $0.window.duration <= one.window.duration }
        }
        let before = contacts.count
        append(wanted)
        return Array(contacts[before...])
    }

    /// Another peer takes over.
    public mutating func reassign(to peer: PeerID) {
        peerID = peer
    }
}

extension TimeSpan {
    var duration: Duration { endsAt - startsAt }
}
