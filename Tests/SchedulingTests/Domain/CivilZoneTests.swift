import Models
import SchedulingDomain
import Testing

@Suite struct CivilZoneTests {
    @Test(
        "a wall clock's time is one instant, also where the clock skips or repeats it",
        arguments: [
            ("America/New_York", "2026-03-07", "02:30", "2026-03-07T07:30:00Z"),
            ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:30:00Z"),  // skipped: 03:30 EDT
            ("America/New_York", "2026-03-08", "03:30", "2026-03-08T07:30:00Z"),
            ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z"),  // shown twice: the first
            ("America/New_York", "2026-11-01", "02:30", "2026-11-01T07:30:00Z"),
            ("Africa/Cairo", "2024-04-26", "00:00", "2024-04-25T22:00:00Z"),  // midnight itself is skipped
            ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:45:00Z"),  // half an hour only
            ("UTC", "2026-01-01", "24:00", "2026-01-02T00:00:00Z"),
        ]
    )
    func instants(_ identifier: String, _ date: String, _ time: String, _ instant: String) throws {
        let zone = try #require(CivilZone(identifier: identifier))
        #expect(zone.instant(on: .on(date), at: try #require(TimeOfDay(time))) == .at(instant))
    }

    @Test(
        "days follow one another without gap or overlap, and each begins on its own date",
        arguments: ["America/New_York", "Africa/Cairo", "Asia/Kolkata", "Pacific/Apia", "Europe/Berlin", "UTC"]
    )
    func days(_ identifier: String) throws {
        let zone = try #require(CivilZone(identifier: identifier))
        var date = CivilDate.on("2024-01-01")
        while date < .on("2028-01-01") {
            let (start, next) = (zone.instant(on: date), zone.instant(on: date.adding(days: 1)))
            #expect(start < next && next - start <= .seconds(25 * 3600))
            #expect(zone.date(at: start) == date)
            #expect(zone.date(at: next - .seconds(1)) == date)
            date = date.adding(days: 1)
        }
    }

    @Test("only IANA identifiers are zones", arguments: ["EST", "GMT+5", "+05:00", "Mars/Base", "", "America/"])
    func refused(_ identifier: String) {
        #expect(CivilZone(identifier: identifier) == nil)
    }

    @Test("a date knows its weekday", arguments: zip(["1970-01-01", "2026-11-22", "1969-12-29"], [4, 7, 1]))
    func weekday(_ date: String, _ number: Int) {
        #expect(Weekday(of: .on(date)).rawValue == number)
    }

    @Test("times of day are HH:MM", arguments: ["9:00", "25:00", "12:60", "24:01", "ab:cd", ""])
    func badTimes(_ text: String) {
        #expect(TimeOfDay(text) == nil)
    }
}
