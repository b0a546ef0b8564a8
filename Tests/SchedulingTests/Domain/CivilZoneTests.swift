import Foundation
import Models
import Testing

@testable import SchedulingDomain

@Suite struct CivilZoneTests {
    @Test("every zone of the system's database can be read")
    func all() throws {
        let folder = "/usr/share/zoneinfo"
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { name in
            name.contains("/") && !name.hasPrefix("right/") && !name.hasPrefix("posix/")
                && FileManager.default.contents(atPath: "\(folder)/\(name)") != nil
        }
        #expect(names.count > 300)
        for name in names { #expect(CivilZone(identifier: name) != nil, "\(name)") }
    }

    /// Foundation reads another copy of the rules, ICU's, with other code.
    @Test(
        "the wall clock shows what Foundation's shows, also beyond the years that the database lists",
        arguments: [
            "America/New_York", "America/Phoenix", "America/Santiago", "Europe/Dublin", "Europe/Berlin",
            "Asia/Kolkata", "Asia/Tokyo", "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Chatham",
            "Africa/Johannesburg", "Etc/GMT+5",
        ]
    )
    func asFoundation(_ identifier: String) throws {
        let (rules, zone) = (
            try #require(ZoneRules(named: identifier)), try #require(TimeZone(identifier: identifier))
        )
        // Every ninth day at another hour, from 1990 to 2060.
        for seconds in stride(from: Int64(631_152_000), to: 2_840_140_800, by: 9 * 86_400 + 3607) {
            let expected = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
            #expect(rules.offset(at: seconds) == Int64(expected), "\(seconds)")
        }
    }

    @Test(
        "a yearly rule is read as POSIX writes it",
        arguments: [
            ("EST5EDT,M3.2.0,M11.1.0", "2050-07-01T00:00:00Z", -14_400),
            ("EST5EDT,M3.2.0,M11.1.0", "2050-03-13T06:59:59Z", -18_000),
            ("EST5EDT,M3.2.0,M11.1.0", "2050-03-13T07:00:00Z", -14_400),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-03-27T00:59:59Z", -7200),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-03-27T01:00:00Z", -3600),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2050-01-01T00:00:00Z", 0),
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2050-01-01T00:00:00Z", 39_600),
            ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2050-07-01T00:00:00Z", 10_800),
            ("<+0545>-5:45", "2050-07-01T00:00:00Z", 20_700),
        ]
    )
    func yearlyRules(_ text: String, _ instant: String, _ offset: Int64) throws {
        #expect(try #require(YearlyRule(text)).offset(at: Instant.at(instant).unixSeconds) == offset)
    }

    @Test(
        "what is no yearly rule is none",
        arguments: ["", "5", "EST", "EST5EDT,", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,J60,J300", "<+3"])
    func badRules(_ text: String) {
        #expect(YearlyRule(text) == nil)
    }

    @Test("a file cut anywhere is refused or read, never a crash")
    func cut() throws {
        let file = Array(try #require(FileManager.default.contents(atPath: "/usr/share/zoneinfo/America/New_York")))
        #expect(ZoneRules(tzif: file) != nil)
        for length in 0..<file.count - 1 { #expect(ZoneRules(tzif: Array(file[..<length])) == nil, "\(length)") }
    }

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

    @Test(
        "only IANA identifiers are zones",
        arguments: [
            "EST", "GMT+5", "+05:00", "Mars/Base", "", "America/", "America/../America/New_York", "../../etc/passwd",
            "/usr/share/zoneinfo/America/New_York", "America/New_York\0",
        ])
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
