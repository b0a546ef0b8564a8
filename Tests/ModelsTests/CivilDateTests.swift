import FoundationEssentials
import Models
import TestKit
import Testing

@Suite("Civil dates")
struct CivilDateTests {
    // The numbers of days are Python's datetime's, not ours.
    @Test(
        "a date knows its distance from 1970-01-01",
        arguments: [
            ("0001-01-01", -719_162), ("1582-10-15", -141_427), ("1899-12-31", -25_568), ("1900-03-01", -25_508),
            ("1970-01-01", 0), ("1972-02-29", 789), ("2000-02-29", 11_016), ("2026-11-22", 20_779),
            ("2100-03-01", 47_541), ("9999-12-31", 2_932_896),
        ]
    )
    func days(_ text: String, _ days: Int) {
        #expect(CivilDate(text)?.daysSince1970 == days)
        #expect(CivilDate(daysSince1970: days).description == text)
    }

    @Test("through 400 years each day follows the one before, and the calendar has it")
    func successiveDays() throws {
        let start = try #require(CivilDate(year: 1800, month: 1, day: 1)).daysSince1970
        var yesterday = CivilDate(daysSince1970: start - 1)
        var leapDays = 0
        for day in start..<(start + 146_097) {
            let today = CivilDate(daysSince1970: day)
            let isValid = CivilDate(year: today.year, month: today.month, day: today.day) == today
            let isNext = today.day == yesterday.day + 1 && today.month == yesterday.month || today.day == 1
            if today.month == 2 && today.day == 29 { leapDays += 1 }
            // One expectation for each day would take seconds; the loop stops at the first wrong one.
            guard isValid, isNext, yesterday < today, today.daysSince1970 == day else {
                Issue.record("wrong at \(today)")
                return
            }
            yesterday = today
        }
        #expect(yesterday == CivilDate(year: 2199, month: 12, day: 31))
        #expect(leapDays == 97)
    }

    @Test(
        "what the calendar does not have is no date",
        arguments: [
            "2026-02-29", "1900-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00",
            "0000-01-01", "26-01-01", "2026-1-1", "2026-01-01 ", "2026/01/01", "", "٢٠٢٦-01-01",
        ]
    )
    func refuses(_ text: String) {
        #expect(CivilDate(text) == nil)
    }

    @Test(
        "months later is the same day, or the month's last",
        arguments: [
            ("2026-01-31", 1, "2026-02-28"), ("2024-01-31", 1, "2024-02-29"), ("2026-11-22", 3, "2027-02-22"),
            ("2026-08-31", 6, "2027-02-28"), ("2026-03-15", -3, "2025-12-15"), ("2024-02-29", 12, "2025-02-28"),
            ("2026-12-31", 0, "2026-12-31"), ("2026-01-01", -12, "2025-01-01"),
        ]
    )
    func addsMonths(_ text: String, _ months: Int, _ expected: String) throws {
        #expect(try #require(CivilDate(text)).adding(months: months).description == expected)
    }

    @Test("days forth and back end where they began", arguments: [31, 32] as [UInt64])
    func addsDays(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let date = CivilDate(daysSince1970: .random(in: -400_000...800_000, using: &random))
            let days = Int.random(in: -300_000...300_000, using: &random)
            #expect(date.adding(days: days).adding(days: -days) == date)
            #expect(date.adding(days: days).daysSince1970 - date.daysSince1970 == days)
            #expect(CivilDate(date.description) == date)
        }
    }

    @Test("in JSON a date is its text, and a bad one is refused")
    func json() throws {
        let date = try #require(CivilDate(year: 2026, month: 11, day: 22))
        let data = try JSONEncoder().encode([date])
        #expect(String(decoding: data, as: UTF8.self) == #"["2026-11-22"]"#)
        #expect(try JSONDecoder().decode([CivilDate].self, from: data) == [date])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([CivilDate].self, from: Data(#"["2026-02-30"]"#.utf8))
        }
    }
}
