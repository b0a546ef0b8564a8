import Models
import OutcomesDomain
import TestKit
import Testing

@Suite("What is due")
struct DueListTests {
    let schedule: AssessmentSchedule

    init() throws {
        schedule = try AssessmentSchedule.builtIn()
    }

    private static func date(_ text: String) throws -> CivilDate { try #require(CivilDate(text)) }

    private func due(
        start: String, today: String, answered: [(InstrumentCode, String)] = []
    ) throws -> [DueAssessment] {
        DueList.of(
            schedule, start: try Self.date(start), today: try Self.date(today),
            answered: try answered.map { (instrument: $0.0, on: try Self.date($0.1)) }
        )
    }

    @Test("on the first day both instruments are due, and the next ones are announced")
    func firstDay() throws {
        let list = try due(start: "2026-01-31", today: "2026-01-31")
        #expect(
            list.map { "\($0.instrument) \($0.point) \($0.dueOn) \($0.status)" } == [
                "barc-10 intake 2026-01-31 due", "phq-9 intake 2026-01-31 due", "barc-10 month-3 2026-04-30 upcoming",
                "phq-9 month-6 2026-07-31 upcoming",
            ])
    }

    @Test(
        "BARC-10 at three months goes from upcoming to due to late to missed",
        arguments: [
            ("2026-03-31", DueAssessment.Status.upcoming), ("2026-04-01", .due), ("2026-05-01", .due),
            ("2026-05-02", .late), ("2026-05-31", .late), ("2026-06-01", .missed),
        ]
    )
    func window(_ today: String, _ status: DueAssessment.Status) throws {
        let list = try due(start: "2026-02-01", today: today)
        #expect(list.first { $0.instrument == .barc10 && $0.point == "month-3" }?.status == status)
    }

    @Test(
        "an answer on the first or last day of the window counts, a day outside does not",
        arguments: [("2026-03-31", false), ("2026-04-01", true), ("2026-05-31", true), ("2026-06-01", false)]
    )
    func answered(_ day: String, _ counts: Bool) throws {
        let list = try due(start: "2026-02-01", today: "2026-06-30", answered: [(.barc10, day)])
        let point = try #require(list.first { $0.instrument == .barc10 && $0.point == "month-3" })
        #expect(point.status == (counts ? .answered(on: try Self.date(day)) : .missed))
    }

    @Test("an answer from before the start counts for intake, so that a new referral does not ask twice")
    func carriedOver() throws {
        let list = try due(start: "2026-02-01", today: "2026-02-01", answered: [(.phq9, "2026-01-10")])
        #expect(list.first { $0.instrument == .phq9 }?.status.isOpen == false)
    }

    @Test("BARC-10 goes on yearly without end, PHQ-9 stops after a year")
    func years() throws {
        let list = try due(start: "2016-02-29", today: "2026-11-22")
        #expect(list.filter { $0.instrument == .phq9 }.map(\.point) == ["intake", "month-6", "month-12"])
        let yearly = list.filter { $0.instrument == .barc10 }.map(\.point)
        #expect(yearly == ["intake", "month-3", "month-6"] + (1...11).map { "month-\($0 * 12)" })
        #expect(list.last?.dueOn == (try Self.date("2027-02-28")))
    }

    @Test(
        "windows never overlap, and each instrument shows exactly one point to come", arguments: [71, 72] as [UInt64])
    func properties(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let start = CivilDate(daysSince1970: .random(in: 15_000...22_000, using: &random))
            let today = start.adding(days: .random(in: 0...4_000, using: &random))
            let list = DueList.of(schedule, start: start, today: today, answered: [])
            for entry in schedule.entries {
                let points = list.filter { $0.instrument == entry.instrument }
                for (earlier, later) in zip(points, points.dropFirst()) { #expect(earlier.closesOn < later.opensOn) }
                let upcoming = points.count { $0.status == .upcoming }
                #expect(upcoming == 1 || (upcoming == 0 && entry.thenEveryMonths == nil))
                #expect(points.count { $0.status.isOpen } <= 1)
                #expect(points.allSatisfy { $0.status != .missed || $0.closesOn < today })
            }
        }
    }
}
