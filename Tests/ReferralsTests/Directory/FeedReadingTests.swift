import JSON
import Models
import ReferralsDomain
import Testing

@Suite("Reading feeds of meetings")
struct FeedReadingTests {
    static func guide(_ json: String, _ defaults: FeedDefaults = .init()) -> FeedReading {
        FeedKind.meetingGuide.read(Array(json.utf8), defaults)
    }

    @Test(
        "every published file is read or refused with reasons, none stops the reader",
        .enabled(if: PublishedFeeds.areHere, "the published feeds (../shared/data) are not beside this package"))
    func published() throws {
        for (path, taken, refused) in [
            ("aasanjose-2021-10-02", 692, 1), ("aasepia-2024-11-14", 2038, 0), ("benlomond-2021-05-26", 35, 0),
            ("eda-2023-07-10", 184, 1), ("edmonton-2022-09-18", 315, 0), ("nwta-2021-05-31", 613, 0),
            ("timezones-2021", 2, 0),
        ] {
            let reading = FeedKind.meetingGuide.read(
                try PublishedFeeds.bytes("meetings/meeting-guide/\(path).json"), .init())
            Self.show(path, reading)
            #expect(reading.entries.count == taken && reading.refusals.count == refused, "\(path)")
        }
        for path in try PublishedFeeds.files("meetings/bmlt") {
            let reading = FeedKind.bmlt.read(try PublishedFeeds.bytes(path), .init())
            Self.show(path, reading)
            // Only one of the recorded answers has meetings with ids; the others are never an empty directory.
            #expect((reading.fault == nil) == path.contains("day2"), "\(path)")
        }
        let online = FeedKind.centralQuery.read(
            try PublishedFeeds.bytes("meetings/central-query/online-meetings.json"), .init())
        Self.show("central-query", online)
        #expect(online.entries.count + online.refusals.count == 160 && online.entries.count > 140)
        for kind in FeedKind.allCases {
            for path in try PublishedFeeds.files("meetings") { _ = kind.read(try PublishedFeeds.bytes(path), .init()) }
        }
    }

    private static func show(_ path: String, _ reading: FeedReading) {
        let reasons = Dictionary(grouping: reading.refusals, by: \.reason).mapValues(\.count)
        let placed = reading.entries.count { $0.position != nil }
        print(
            "feed \(path): taken \(reading.entries.count) (\(placed) with a position), refused",
            "\(reading.refusals.count) \(reasons), fault \(reading.fault ?? "none")")
    }

    @Test("Sunday is 0, times are of either clock, what ends after midnight ends the next day")
    func hours() throws {
        let reading = Self.guide(
            #"""
            [{"slug": "a", "name": "A", "day": 0, "time": "19:30", "end_time": "20:30"},
             {"slug": "b", "name": "B", "day": [1, 6], "time": "8:05 PM"},
             {"slug": "c", "name": "C", "day": "6", "time": "23:30", "end_time": "00:30"},
             {"slug": 7, "name": "D"}]
            """#)
        #expect(reading.refusals == [])
        #expect(reading.entries.map(\.foreignID) == ["a", "b", "c", "7"])
        #expect(reading.entries[0].hours.map(\.opens) == [1170])
        #expect(reading.entries[0].hours.map(\.closes) == [1230])
        #expect(reading.entries[1].hours.map(\.opens) == [1440 + 1205, 6 * 1440 + 1205])
        let late = try #require(reading.entries[2].hours.first)
        #expect(late.closes == late.opens + 60)
        #expect(late.wait(from: 10) == 0, "Sunday ten past midnight: still Saturday's meeting")
        #expect(late.wait(from: late.opens - 30) == 30)
        #expect(reading.entries[3].hours == [], "by appointment")
    }

    @Test(
        "a wrong record is refused with its reason, and the rest is taken",
        arguments: [
            (#"{"name": "A", "day": 1, "time": "10:00"}"#, "no slug"),
            (#"{"slug": "x", "day": 1, "time": "10:00"}"#, "no name"),
            (#"{"slug": "x", "name": " ", "day": 1, "time": "10:00"}"#, "no name"),
            (#"{"slug": "x", "name": "A", "day": 7, "time": "10:00"}"#, "a day that is not 0 to 6"),
            (#"{"slug": "x", "name": "A", "day": 1, "time": "25:00"}"#, "no readable time"),
            (#"{"slug": "x", "name": "A", "day": 1}"#, "no readable time"),
            (#"{"slug": "ok", "name": "A"}"#, "another record has the same id"),
            (#"{"slug": "x", "name": "A", "attendance_option": "inactive"}"#, "inactive"),
            (#"17"#, "no object"),
        ])
    func refused(_ record: String, _ reason: String) {
        let reading = Self.guide(#"[{"slug": "ok", "name": "Fine", "day": 2, "time": "12:00"}, \#(record)]"#)
        #expect(reading.entries.map(\.name) == ["Fine"])
        #expect(reading.refusals.map(\.reason) == [reason])
        #expect(reading.refusals.first?.record == 1)
        #expect(reading.fault == nil)
    }

    @Test(
        "what is no feed has a fault as a whole",
        arguments: ["", "<html>502</html>", "{}", "[]", "[{}]", #"{"meetings": 3}"#, "[1,2", "null"])
    func broken(_ text: String) {
        for kind in FeedKind.allCases {
            let reading = kind.read(Array(text.utf8), .init())
            #expect(reading.fault != nil && reading.entries.isEmpty, "\(kind)")
        }
    }

    @Test("nobody is sent to the middle of a town for an online meeting, nor to 0, 0")
    func places() {
        let reading = Self.guide(
            #"""
            [{"slug": "online", "name": "A", "conference_url": "https://x.example", "formatted_address": "San Jose, CA",
              "latitude": 37.3, "longitude": -121.9},
             {"slug": "hybrid", "name": "A", "conference_url": "https://x.example",
              "formatted_address": "12 Main St, San Jose", "latitude": "37.3", "longitude": "-121.9"},
             {"slug": "closed", "name": "A", "types": ["TC", "ONL"], "formatted_address": "12 Main St", "latitude": 37.3,
              "longitude": -121.9},
             {"slug": "nowhere", "name": "A", "address": "12 Main St", "latitude": 0.0, "longitude": 0}]
            """#)
        #expect(reading.entries.map(\.isInPerson) == [false, true, false, true])
        #expect(reading.entries.map(\.isOnline) == [true, true, true, false])
        #expect(reading.entries.map { $0.cell != nil } == [false, true, false, false])
    }

    @Test("codes become words that services share, and stay beside them; names of people are not read")
    func tags() throws {
        let reading = Self.guide(
            #"""
            [{"slug": "a", "name": "A", "types": ["W", "X", "S", "SP"], "contact_1_name": "Jane Doe",
              "contact_1_phone": "555"}, {"slug": "b", "name": "B", "types": "[closed]"}]
            """#,
            FeedDefaults(fellowship: .smart))
        let entry = try #require(reading.entries.first)
        #expect(Set(entry.tags).isSuperset(of: ["for:women", "wheelchair", "lang:es", "type:SP"]))
        #expect(entry.fellowship == .smart)
        #expect(!String(decoding: try JSONValue.text(of: entry), as: UTF8.self).contains("Doe"))
        #expect(reading.entries[1].tags == ["closed", "type:C"])
    }

    @Test("BMLT counts days from 1 and gives how long a meeting lasts")
    func bmlt() throws {
        let reading = FeedKind.bmlt.read(
            Array(
                #"""
                {"meetings": [{"id_bigint": "5", "weekday_tinyint": "1", "start_time": "23:30:00",
                  "duration_time": "01:30:00", "meeting_name": "Late", "formats": "O,WC", "venue_type": 3,
                  "latitude": "42.9", "longitude": "-77.1", "virtual_meeting_link": "https://x.example"}]}
                """#.utf8),
            .init())
        let entry = try #require(reading.entries.first)
        #expect(entry.hours.map(\.opens) == [1410] && entry.hours.map(\.closes) == [1500])
        #expect(entry.fellowship == .na && entry.isInPerson && entry.isOnline)
        #expect(entry.tags == ["open", "type:O", "type:WC", "wheelchair"])
    }
}

@Suite("What a new feed changes")
struct FeedChangeTests {
    private static func entries(_ ids: some Sequence<Int>, digest: Int = 0) -> [(entry: DirectoryEntry, digest: Int)] {
        ids.map { (DirectoryEntry(foreignID: "\($0)", kind: .meeting, name: "A"), digest) }
    }

    @Test("new, changed, same, gone and come back are told apart")
    func diff() {
        let change = FeedChange(
            from: [
                "1": .init(0, isGone: false), "2": .init(9, isGone: false), "3": .init(0, isGone: true),
                "5": .init(0, isGone: false), "6": .init(0, isGone: true),
            ],
            to: Self.entries(1...4))
        #expect(change.added.map(\.foreignID) == ["3", "4"])
        #expect(change.changed.map(\.foreignID) == ["2"])
        #expect(change.unchanged == 1)
        #expect(change.gone == ["5"])
    }

    @Test(
        "a feed that loses half is not believed; one of a handful is",
        arguments: [(9, 0, false), (10, 5, true), (10, 6, false), (100, 50, true), (100, 51, false)])
    func shrinks(_ before: Int, _ left: Int, _ isHeld: Bool) {
        let listed = Dictionary(
            uniqueKeysWithValues: (0..<before).map { ("\($0)", FeedChange<Int>.Listed(0, isGone: false)) })
        #expect(FeedChange(from: listed, to: Self.entries(0..<left)).shrinksTooFar == isHeld)
        #expect(!FeedChange(from: [:], to: Self.entries(0..<left)).shrinksTooFar)
    }
}
