public import Models

/// Computes a plan's dates from its start, on the wall clock of one place.
public struct PlanCalendar: Hashable, Sendable {
    public let zone: CivilZone

    public init(zone: CivilZone) {
        self.zone = zone
    }

    /// A date that a rule asks for, before it has a number.
    public struct Wanted: Hashable, Sendable {
        public let phase: PhaseCode
        public let purpose: ContactPurpose
        public let dueOn: CivilDate
        public let window: TimeSpan
    }

    /// The phases of an option, one after the other. Each end is counted from the first start, so that months that
    /// lack a day (31 January and three months) do not shift what follows.
    public func phases(of model: ProgrammeModel, option: ProgrammeModel.Option, from start: CivilDate) -> [PlanPhase] {
        var (months, weeks, begin) = (0, 0, start)
        return zip(model.phases, option.phaseLengths).map { phase, length in
            switch length {
            case .weeks(let count): weeks += count
            case .months(let count): months += count
            }
            let end = start.adding(months: months).adding(days: 7 * weeks)
            defer { begin = end }
            return PlanPhase(code: phase.code, startsOn: begin, endsOn: end)
        }
    }

    /// What a rule asks for in a phase that begins at an instant; what is due on the day the phase ends still belongs to it.
    public func wanted(
        by rule: ContactRule, in phase: PhaseCode, from start: Instant, until end: CivilDate?
    ) -> [Wanted] {
        let startOn = zone.date(at: start)
        switch rule.recurrence {
        case .within(let hours):
            return TimeSpan(from: start, until: start + .seconds(hours * 3600)).map { window in
                [Wanted(phase: phase, purpose: rule.purpose, dueOn: zone.date(at: window.endsAt), window: window)]
            } ?? []
        case .onDay(let day):
            return [dated(startOn.adding(days: day), by: rule, in: phase, notBefore: start)].compactMap(\.self)
        case .every(let period, let first, let times):
            // Neither an end nor a number of times: nothing would stop it, and a model's flaws name it.
            guard end != nil || times != nil else { return [] }
            let last = times.map { first + $0 - 1 } ?? .max
            var found: [Wanted] = []
            var index = first
            while index <= last {
                let date = period.date(after: startOn, times: index)
                if let end, date > end { break }
                if let wanted = dated(date, by: rule, in: phase, notBefore: start) { found.append(wanted) }
                index += 1
            }
            return found
        }
    }

    /// Everything that a phase's rules ask for, in the order of its dates.
    public func wanted(
        by rules: [ContactRule], in phase: PhaseCode, from start: Instant, until end: CivilDate?
    ) -> [Wanted] {
        rules.flatMap { wanted(by: $0, in: phase, from: start, until: end) }
            .sorted { ($0.window.endsAt, $0.window.startsAt) < ($1.window.endsAt, $1.window.startsAt) }
    }

    private func dated(
        _ date: CivilDate, by rule: ContactRule, in phase: PhaseCode, notBefore start: Instant
    ) -> Wanted? {
        let opens = max(start, zone.instant(on: date.adding(days: -rule.earlyDays)))
        let closes = zone.instant(on: date.adding(days: rule.lateDays + 1))
        return TimeSpan(from: opens, until: closes).map {
            Wanted(phase: phase, purpose: rule.purpose, dueOn: date, window: $0)
        }
    }
}
