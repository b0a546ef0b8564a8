import FoundationEssentials
import HTTPTypes
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Referrals
@testable import ReferralsDomain

@Suite("Looking in the directory")
struct DirectorySearchTests {
    static let search = "/v1/directory/search"

    static func ids(_ answer: Answer) throws -> [String] {
        try answer.items().compactMap { $0["entry"]?["foreignID"]?.string }
    }

    @Test("what a page holds, is what a search of everything one by one finds, in the same order, page by page")
    func bruteForce() async throws {
        try await Referring.with { referring in
            var random = SeededGenerator(seed: 11)
            let now = referring.clock.now
            var entries: [DirectoryEntry] = []
            for number in 0..<1500 {
                var entry = DirectoryEntry(
                    foreignID: "\(number)", kind: number % 5 == 0 ? .service : .meeting, name: "N")
                entry.fellowship =
                    number % 5 == 0 ? nil : DirectoryEntry.Fellowship.allCases.randomElement(using: &random)
                entry.position = GeoPosition(
                    latitude: 40 + .random(in: -0.5...0.5, using: &random),
                    longitude: -75 + .random(in: -0.5...0.5, using: &random))
                entry.isOnline = number % 3 == 0
                entry.zone =
                    ["America/New_York", "America/St_Johns", "Asia/Kathmandu", nil].randomElement(using: &random) ?? nil
                // Most have one time of an hour or so; others several, and longer ones.
                let isMeeting = number % 4 != 0
                entry.hours = (0..<(isMeeting ? 1 : Int.random(in: 0...3, using: &random))).compactMap { _ in
                    let begin = Int.random(in: 0..<1440, using: &random)
                    return WeeklyHours(
                        day: .random(in: 0...6, using: &random), from: begin,
                        to: isMeeting
                            ? (begin + .random(in: 1...125, using: &random)) % 1440
                            : .random(in: 0..<1440, using: &random))
                }
                entry.tags = ["wheelchair", "open", "lang:es"].filter { _ in Bool.random(using: &random) }
                entry.minimumAge = Bool.random(using: &random) ? .random(in: 0...60, using: &random) : nil
                entry.openPlaces = Bool.random(using: &random) ? .random(in: 0...3, using: &random) : nil
                entry.assuredAt =
                    number % 7 == 0 ? nil : now - .seconds(86_400 * Int.random(in: -3...900, using: &random))
                entries.append(entry)
            }
            var reading = FeedReading()
            for (index, entry) in entries.enumerated() { reading.add(index, .success(entry)) }
            let (read, all) = (reading, entries)
            let feed = SentFeed(
                name: "f", kind: .bmlt, defaults: .init(), body: [], approves: nil, by: "tester")
            _ = try await referring.work { try await referring.store.take(feed, readAs: read, in: $0) }
            for _ in 0..<100 {
                var search = DirectorySearch(at: now + .seconds(Int.random(in: 0...700_000, using: &random)))
                search.zone = "America/Chicago"
                search.limit = [1, 5, 40].randomElement(using: &random) ?? 5
                search.tags = Bool.random(using: &random) ? ["wheelchair"] : []
                search.isOnline = Int.random(in: 0..<4, using: &random) == 0
                search.hasPlaces = Int.random(in: 0..<4, using: &random) == 0
                search.age = Bool.random(using: &random) ? .random(in: 10...70, using: &random) : nil
                search.opensWithin =
                    Bool.random(using: &random) ? [0, 0, 90, 360, 2000].randomElement(using: &random) : nil
                if Bool.random(using: &random) { search.shelves = [.init(kind: .meeting, fellowship: .na)] }
                let radius = Double.random(in: 0.5...80, using: &random)
                let place = try #require(
                    GeoPosition(
                        latitude: 40 + .random(in: -0.6...0.6, using: &random),
                        longitude: -75 + .random(in: -0.6...0.6, using: &random)))
                let expected = try Self.bruteForce(search, near: place, within: radius, in: all)
                let asked = search
                let found = try await referring.work { work in
                    var (found, page): ([String], DirectorySearch) = ([], asked)
                    for _ in 0..<3 {
                        let rows = try await referring.store.search(page, near: place, within: radius, in: work)
                        found += try rows.prefix(page.limit).map { row in
                            try JSONValue.decode(DirectoryEntry.self, from: row.document.bytes).foreignID
                        }
                        guard rows.count > page.limit else { break }
                        page.after = (rows[page.limit - 1].rank, rows[page.limit - 1].entryID)
                    }
                    return found
                }
                #expect(found == Array(expected.prefix(search.limit * 3)), "\(search) \(place) \(radius)")
            }
        }
    }

    private static func bruteForce(
        _ search: DirectorySearch, near place: GeoPosition, within radius: Double, in entries: [DirectoryEntry]
    ) throws -> [String] {
        var ranked: [(id: String, rank: Double)] = []
        for entry in entries {
            guard let position = entry.position else { continue }
            let distance = place.distance(to: position)
            let minute = try minuteOfWeek(search.at, in: entry.zone ?? search.zone)
            let wait = entry.hours.map { $0.wait(from: minute) }.min()
            guard distance <= radius, search.shelves.contains(entry.shelf), search.tags.allSatisfy(entry.tags.contains),
                !search.isOnline || entry.isOnline, !search.hasPlaces || (entry.openPlaces ?? 0) > 0,
                search.age.map({ $0 >= entry.minimumAge ?? 0 }) ?? true,
                search.opensWithin.map({ limit in wait.map { $0 <= limit } ?? false }) ?? true
            else { continue }
            let age = Assurance.age(of: entry.assuredAt, at: search.at)
            ranked.append((entry.foreignID, Assurance.rank(distance: distance, age: age)))
        }
        return ranked.sorted { $0.rank < $1.rank }.map(\.id)
    }

    private static func minuteOfWeek(_ instant: Instant, in zone: String) throws -> Int {
        let zone = try #require(TimeZone(identifier: zone))
        let date = Date(timeIntervalSince1970: Double(instant.microseconds) / 1_000_000)
        let local = Int(instant.unixSeconds) + zone.secondsFromGMT(for: date)
        // 1970 began on a Thursday.
        return (local / 60 + 4 * 1440) % WeeklyHours.week
    }

    @Test("open now and next, told in the zone of the meeting or of whoever asks; a stale listing says so")
    func times() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                _ = try await client.call(
                    .post, DirectoryImportTests.guide,
                    #"""
                    [{"slug": "ny", "name": "East", "day": 1, "time": "19:00", "end_time": "20:00", "latitude": 40,
                      "longitude": -75, "timezone": "America/New_York", "updated": "2026-06-01"},
                     {"slug": "any", "name": "Without a zone", "day": 1, "time": "18:30", "end_time": "19:30",
                      "latitude": 40.001, "longitude": -75, "updated": "2020-06-01"}]
                    """#)
                // Monday 19:15 in New York.
                let at = "at=2026-06-15T23:15:00Z"
                let now = try await client.call(
                    .get, "\(Self.search)?near=40,-75&openNow=true&\(at)&zone=America/New_York")
                #expect(try Self.ids(now) == ["ny", "any"])
                #expect(try now.items().map { $0["isStale"]?.bool } == [false, true])
                let west = try await client.call(
                    .get, "\(Self.search)?near=40,-75&\(at)&zone=America/Los_Angeles")
                #expect(try west.items().map { $0["isOpen"]?.bool } == [true, false])
                #expect(try west.items()[1]["opensAt"]?.string == "2026-06-16T01:30:00Z")
                let soon = try await client.call(
                    .get, "\(Self.search)?near=40,-75&opensWithin=134&\(at)&zone=America/Los_Angeles")
                #expect(try Self.ids(soon) == ["ny"])
                let nowhere = try await client.call(.get, "\(Self.search)?near=40,-75&zone=Mars/Olympus")
                #expect(nowhere.status == 422)
                #expect(try nowhere.pointers() == ["zone"])
            }
        }
    }

    @Test("what is online is found from anywhere, page by page; what is gone is not found")
    func online() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                let meetings = (0..<7).map {
                    #"{"slug": "\#($0)", "name": "Online", "conference_url": "https://x.example", "types": ["ONL"]}"#
                }
                _ = try await client.call(
                    .post, DirectoryImportTests.guide, "[\(meetings.joined(separator: ","))]")
                _ = try await client.call(
                    .post, DirectoryImportTests.guide, "[\(meetings.dropLast().joined(separator: ","))]")
                var (seen, cursor): ([String], String) = ([], "")
                for _ in 0..<4 {
                    let page = try await client.call(.get, "\(Self.search)?modality=online&limit=2\(cursor)")
                    seen += try Self.ids(page)
                    guard let next = try page["next"] else { break }
                    cursor = "&cursor=\(next)"
                }
                #expect(seen.sorted() == ["0", "1", "2", "3", "4", "5"])
                #expect(try await client.call(.get, "\(Self.search)?near=40,-75&within=200").items().isEmpty)
            }
        }
    }

    @Test("another agency's directory is not seen")
    func tenants() async throws {
        try await Referring.with { referring in
            let other = AgencyID(rawValue: UUID())
            try await referring.addAgency(other)
            try await referring.calling { client in
                _ = try await client.call(.post, DirectoryImportTests.guide, DirectoryImportTests.feed(0..<10))
                #expect(try await client.call(.get, "\(Self.search)?near=40,-75").items().count == 10)
                let theirs = try await client.call(.get, "\(Self.search)?near=40,-75", as: "other:\(other)")
                #expect(theirs.status == 200)
                #expect(try theirs.items().isEmpty)
            }
        }
    }

    @Test(
        "a parameter that cannot be is pointed at",
        arguments: [
            ("", "near"), ("near=1", "near"), ("near=91,0", "near"), ("near=a,b", "near"),
            ("near=1,1&within=900", "within"), ("near=1,1&within=nan", "within"), ("near=1,1&kind=x", "kind"),
            ("near=1,1&fellowship=x", "fellowship"), ("near=1,1&age=-1", "age"),
            ("near=1,1&opensWithin=99999", "opensWithin"), ("near=1,1&at=noon", "at"),
            ("near=1,1&modality=x", "modality"), ("near=1,1&cursor=AAAA", "cursor"),
        ])
    func parameters(_ query: String, _ pointer: String) async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                let answer = try await client.call(.get, "\(Self.search)?\(query)")
                #expect(answer.status == 422, "\(answer.text)")
                #expect(try answer.pointers() == [pointer])
            }
        }
    }
}
