internal import Models

/// When which instrument is to be answered, counted from the start of support: a data file of the agency's programme.
///
/// Invariant, held when it is read: the windows of one instrument never overlap, so that an answer belongs to one point.
public struct AssessmentSchedule: Codable, Hashable, Sendable {
    public let code: String
    public let version: Int
    public let title: String
    public let source: String
    public let entries: [Entry]

    /// One instrument's points: named ones, then every so many months without end.
    public struct Entry: Codable, Hashable, Sendable {
        public let instrument: InstrumentCode
        public let points: [Point]
        public let thenEveryMonths: Int?
        /// How many days before and after the due date an answer belongs to the point.
        public let daysBefore: Int
        public let daysAfter: Int
    }

    /// A due date in months after the start.
    public struct Point: Codable, Hashable, Sendable {
        public let code: String
        public let month: Int
    }

    /// The schedule that comes with this version.
    public static func builtIn() throws(DomainDataError) -> AssessmentSchedule {
        let name = "assessment-schedule.json"
        let bytes = PackageResources.assessment_schedule_json
        let schedule = try DomainData.decode(AssessmentSchedule.self, from: bytes, named: name)
        if let fault = schedule.fault { throw DomainDataError(file: name, fault: fault) }
        return schedule
    }

    var fault: String? {
        for entry in entries {
            let months = entry.points.map(\.month)
            var gaps = zip(months, months.dropFirst()).map { $1 - $0 }
            if let every = entry.thenEveryMonths { gaps.append(every) }
            // A month has 28 days at least.
            if gaps.contains(where: { $0 * 28 <= entry.daysBefore + entry.daysAfter }) {
                return "the windows of \(entry.instrument.rawValue) overlap"
            }
        }
        return nil
    }
}

extension AssessmentSchedule.Entry {
    /// The points whose window opens on `day` or before, and the next one after those.
    func points(from start: CivilDate, through day: CivilDate) -> [AssessmentSchedule.Point] {
        var reached: [AssessmentSchedule.Point] = []
        for point in points {
            reached.append(point)
            if start.adding(months: point.month).adding(days: -daysBefore) > day { return reached }
        }
        guard let thenEveryMonths, let last = points.last else { return reached }
        var month = last.month
        repeat {
            month += thenEveryMonths
            reached.append(AssessmentSchedule.Point(code: "month-\(month)", month: month))
        } while start.adding(months: month).adding(days: -daysBefore) <= day
        return reached
    }
}
