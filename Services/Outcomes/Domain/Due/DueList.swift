public import Models

/// One point of the schedule for one person: when it is due, until when it counts, and how it stands.
public struct DueAssessment: Hashable, Sendable {
    public let instrument: InstrumentCode
    /// The point's code, such as `month-6`.
    public let point: String
    public let dueOn: CivilDate
    /// The first and last day on which an answer belongs to this point.
    public let opensOn: CivilDate
    public let closesOn: CivilDate
    public let status: Status

    public enum Status: Hashable, Sendable {
        /// The window has not opened yet.
        case upcoming
        /// The window is open and the due date not past.
        case due
        /// The due date is past, the window still open.
        case late
        /// The window closed without an answer.
        case missed
        /// An answer lies in the window.
        case answered(on: CivilDate)

        /// Whether somebody should ask now.
        public var isOpen: Bool { self == .due || self == .late }
    }
}

/// Which instruments are due for a person, and which come next.
public enum DueList {
    /// Every point up to the next one of each instrument, by due date.
    ///
    /// - Parameters:
    ///   - start: the first day of support, on the agency's calendar.
    ///   - answered: the days on which instruments were answered; days before the start count where a window reaches
    ///     back to them.
    public static func of(
        _ schedule: AssessmentSchedule, start: CivilDate, today: CivilDate,
        answered: [(instrument: InstrumentCode, on: CivilDate)]
    ) -> [DueAssessment] {
        schedule.entries.flatMap { entry in
            entry.points(from: start, through: today).map { point in
                let dueOn = start.adding(months: point.month)
                let (opensOn, closesOn) = (dueOn.adding(days: -entry.daysBefore), dueOn.adding(days: entry.daysAfter))
                let answer = answered.filter {
                    $0.instrument == entry.instrument && $0.on >= opensOn && $0.on <= closesOn
                }.map(\.on).min()
                return DueAssessment(
                    instrument: entry.instrument,
                    point: point.code,
                    dueOn: dueOn,
                    opensOn: opensOn,
                    closesOn: closesOn,
                    status: status(answer, dueOn: dueOn, opensOn: opensOn, closesOn: closesOn, today: today)
                )
            }
        }
        .sorted { ($0.dueOn, $0.instrument.rawValue) < ($1.dueOn, $1.instrument.rawValue) }
    }

    private static func status(
        _ answer: CivilDate?, dueOn: CivilDate, opensOn: CivilDate, closesOn: CivilDate, today: CivilDate
    ) -> DueAssessment.Status {
        if let answer { return .answered(on: answer) }
        if today < opensOn { return .upcoming }
        if today <= dueOn { return .due }
        return today <= closesOn ? .late : .missed
    }
}
