import JSON
import Models
import ReferralsDomain
import Testing

@Suite("Reading feeds of services")
struct ServiceFeedTests {
    static let folder = "directory"

    @Test(
        "the published directories are read; what is no directory has a fault",
        .enabled(if: PublishedFeeds.areHere, "the published directories (../shared/data) are not beside this package"))
    func published() throws {
        for path in try PublishedFeeds.files(Self.folder) {
            let bytes = try PublishedFeeds.bytes(path)
            for kind in FeedKind.allCases {
                let reading = kind.read(bytes, .init())
                #expect((reading.fault == nil) != reading.entries.isEmpty, "\(path) as \(kind)")
            }
            let kind: FeedKind = path.contains("/samhsa/") ? .samhsa : .hsds
            guard path.contains("/samhsa/") || path.contains("service") else { continue }
            let reading = kind.read(bytes, .init())
            let reasons = Dictionary(grouping: reading.refusals, by: \.reason).mapValues(\.count)
            let placed = reading.entries.count { $0.position != nil }
            print(
                "feed \(path): taken \(reading.entries.count) (\(placed) with a position), refused",
                "\(reading.refusals.count) \(reasons), fault \(reading.fault ?? "none")")
        }
        for (name, taken) in [
            ("substance_use_treatment", 6900), ("opioid_treatment_programs", 900), ("otp_directory_2017", 540),
        ] {
            let reading = FeedKind.samhsa.read(try PublishedFeeds.bytes("directory/samhsa/\(name).csv"), .init())
            #expect(reading.entries.count > taken, "\(name): \(reading.entries.count)")
        }
    }

    @Test(
        "the JSON form and the tables of one package say the same",
        .enabled(if: PublishedFeeds.areHere, "the published directories (../shared/data) are not beside this package"))
    func package() throws {
        let whole = FeedKind.hsds.read(
            try PublishedFeeds.bytes("directory/hsds-3.0/examples/service_full.json"), .init())
        var files = JSONObject()
        for path in try PublishedFeeds.files("directory/hsds-3.0/examples/csv") {
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            files[name] = .string(String(decoding: try PublishedFeeds.bytes(path), as: UTF8.self))
        }
        let tables = FeedKind.hsdsPackage.read(JSONValue.object(files).serialized(), .init())
        #expect(whole.fault == nil && tables.fault == nil)
        let (one, other) = (try #require(whole.entries.first), try #require(tables.entries.first))
        #expect(one.foreignID == other.foreignID && one.name == other.name && one.organisation == other.organisation)
        #expect(one.hours == other.hours && one.hours.map(\.opens) == [4 * 1440 + 600, 5 * 1440 + 600])
        #expect(one.address == other.address && one.minimumAge == 12 && other.minimumAge == 12)
        #expect(one.assuredAt == other.assuredAt && one.tags.contains("wheelchair"))
        #expect(one.position == nil, "the example is at 100 degrees north")
        #expect(one.phone == other.phone)
    }

    @Test("one page of several is not taken for the whole")
    func pages() {
        let page = #"{"total_pages": 3, "contents": [{"id": "1", "name": "A", "status": "active"}]}"#
        #expect(FeedKind.hsds.read(Array(page.utf8), .init()).fault?.hasPrefix("one page of 3") == true)
        let all = page.replacing("3", with: "1")
        #expect(FeedKind.hsds.read(Array(all.utf8), .init()).entries.count == 1)
    }

    @Test("a service at two places is found at both; a defunct one is refused")
    func places() {
        let feed = #"""
            [{"id": "1", "name": "Methadone clinic", "status": "active",
              "schedules": [{"freq": "WEEKLY", "byday": "MO,TU", "opens_at": "08:00", "closes_at": "16:00"},
                {"freq": "MONTHLY", "byday": "1SU", "opens_at": "08:00", "description": "First Sundays"}],
              "service_at_locations": [
                {"id": "a", "location": {"location_type": "physical", "latitude": 40, "longitude": -75}},
                {"id": "b", "location": {"location_type": "virtual"},
                 "schedules": [{"byday": "FR", "opens_at": "10:00"}]}]},
             {"id": "2", "name": "Gone", "status": "defunct"}]
            """#
        let reading = FeedKind.hsds.read(Array(feed.utf8), FeedDefaults(assuredAt: Instant(unixSeconds: 5)))
        #expect(reading.entries.map(\.foreignID) == ["1/a", "1/b"])
        #expect(reading.entries.map(\.isInPerson) == [true, false])
        #expect(reading.entries.map { $0.hours.count } == [2, 1])
        #expect(reading.entries[0].hoursNote == "First Sundays")
        #expect(reading.entries[0].tags == ["moud:methadone"])
        #expect(reading.entries[0].assuredAt == Instant(unixSeconds: 5))
        #expect(reading.refusals.map(\.reason) == ["status defunct"])
    }

    @Test("tables are read as spreadsheets write them; SAMHSA's codes say which medications people are taken on")
    func tables() throws {
        let table =
            "name1,name2,street1,city,state,zip,latitude,longitude,keys\r\n"
            + "\"Clinic, \"\"North\"\"\",,1 Main St,Town,PA,19000,40.1,-75.2,BU/NXN/PEER\r\n"
            + "Nowhere,,,Town,PA,19000,40.1,-75.2,\r\n"
        let reading = FeedKind.samhsa.read(Array(table.utf8), .init())
        let entry = try #require(reading.entries.first)
        #expect(entry.name == #"Clinic, "North""#)
        #expect(Set(entry.tags).isSuperset(of: ["moud:buprenorphine", "moud:naltrexone", "peer-support"]))
        #expect(entry.address == "1 Main St, Town, PA, 19000")
        #expect(reading.refusals.map(\.reason) == ["no address"])
        #expect(FeedKind.samhsa.read(Array("a,b\n1,\"2".utf8), .init()).fault != nil)
    }
}
