public import Models

/// What a plan is started from.
public struct PlanRequest: Hashable, Sendable {
    public var participantID: ParticipantID
    public var referralID: ReferralID
    public var peerID: PeerID
    /// The programme's choice of length; nil for its default.
    public var option: String?
    /// Where the person is met; it decides whether the plan begins with a preparation.
    public var setting: Setting?
    public var followsPlanID: PlanID?

    public init(
        participantID: ParticipantID, referralID: ReferralID, peerID: PeerID, option: String? = nil,
        setting: Setting? = nil, followsPlanID: PlanID? = nil
    ) {
        self.participantID = participantID
        self.referralID = referralID
        self.peerID = peerID
        self.option = option
        self.setting = setting
        self.followsPlanID = followsPlanID
    }
}

extension ContactPlan {
    /// Starts a plan: with its preparation where the setting has one, else with all phases and contacts dated.
    ///
    /// - Throws: ``Refusal`` with `unknownOption`.
    public init(
        id: PlanID, _ request: PlanRequest, under model: ProgrammeModel, zone: CivilZone, at now: Instant
    ) throws(Refusal) {
        guard let option = model.option(request.option) else {
            throw Refusal(.unknownOption, "\(model.code) has no option '\(request.option ?? "")'")
        }
        let preparation = model.preparation.flatMap { preparation in
            request.setting.map(preparation.settings.contains) == true ? preparation : nil
        }
        self.init(
            id: id, participantID: request.participantID, referralID: request.referralID, peerID: request.peerID,
            programme: model.code, programmeVersion: model.version, option: option.code, zone: zone, startedAt: now,
            status: preparation == nil ? .active : .preparing,
            phase: preparation?.code ?? model.phases.first?.code ?? .closed,
            phases: [], contacts: [], followsPlanID: request.followsPlanID, version: 1
        )
        if let preparation {
            phases = [PlanPhase(code: preparation.code, startsOn: startedOn, endsOn: nil, enteredAt: now)]
            append(calendar.wanted(by: preparation.contacts, in: preparation.code, from: now, until: nil))
        } else {
            date(from: startedOn, at: now, model: model, option: option)
        }
    }

    /// The person has come, or will come on this day, to the community: all dates are set now, and for good.
    ///
    /// - Parameters:
    ///   - date: the day of release or discharge; today, or up to seven days ago where the news came late.
    /// - Throws: ``Refusal`` with `notPreparing` or `dateOutOfRange`.
    public mutating func enterCommunity(
        on date: CivilDate, at now: Instant, model: ProgrammeModel
    ) throws(Refusal) -> [PlanEffect] {
        guard status == .preparing else { throw Refusal(.notPreparing, "the plan's dates are already set") }
        let today = zone.date(at: now)
        guard (today.adding(days: -7)...today).contains(date), date >= startedOn else {
            throw Refusal(.dateOutOfRange, "the day must lie within the last seven days, and not before the plan began")
        }
        guard let option = model.option(option), let first = model.phases.first else {
            throw Refusal(.unknownOption, "\(model.code) has no option '\(option)'")
        }
        let left = phase
        withdrawOwed()
        outreach?.end(.stopped, at: now)
        closeCurrentPhase(endingOn: date, at: now)
        status = .active
        phase = first.code
        self.date(from: date, at: date == today ? now : zone.instant(on: date), model: model, option: option)
        return [.phaseChanged(from: left, to: phase)]
    }

    private mutating func date(
        from start: CivilDate, at instant: Instant, model: ProgrammeModel, option: ProgrammeModel.Option
    ) {
        var dated = calendar.phases(of: model, option: option, from: start)
        if !dated.isEmpty { dated[0].enteredAt = instant }
        phases += dated
        for (phase, rules) in zip(dated, model.phases) {
            let begins = phase.startsOn == start ? instant : zone.instant(on: phase.startsOn)
            append(calendar.wanted(by: rules.contacts, in: phase.code, from: begins, until: phase.endsOn))
        }
    }

    mutating func append(_ wanted: [PlanCalendar.Wanted]) {
        var sequence = contacts.map(\.sequence).max() ?? 0
        for one in wanted {
            sequence += 1
            contacts.append(
                PlannedContact(
                    sequence: sequence, phase: one.phase, purpose: one.purpose, dueOn: one.dueOn, window: one.window
                )
            )
        }
    }

    mutating func withdrawOwed() {
        for index in contacts.indices where contacts[index].status.isOwed { contacts[index].status = .withdrawn }
    }

    mutating func closeCurrentPhase(endingOn date: CivilDate? = nil, at now: Instant) {
        guard let index = phases.firstIndex(where: { $0.code == phase }) else { return }
        phases[index].leftAt = now
        if let date { phases[index].endsOn = date }
    }
}
