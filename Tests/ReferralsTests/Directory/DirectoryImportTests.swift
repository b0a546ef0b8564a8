import HTTPTypes
import HummingbirdTesting
import JSON
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("Feeding the directory")
struct DirectoryImportTests {
    static func feed(_ ids: some Sequence<Int>, name: String = "Meeting", near: (Double, Double) = (40, -75)) -> String
    {
        let meetings = ids.map { id in
            #"{"slug": "m\#(id)", "name": "\#(name) \#(id)", "day": \#(id % 7), "time": "19:30", "timezone": "#
                + #""America/New_York", "formatted_address": "\#(id) Main St", "latitude": \#(near.0 + Double(id % 100) / 1000), "#
                + #""longitude": \#(near.1 + Double(id / 100) / 1000), "types": ["O", "X"], "updated": "2026-10-0\#(1 + id % 9)"}"#
        }
        return "[\(meetings.joined(separator: ","))]"
    }

    static let imports = "/v1/directory/feeds/philly/imports"
    static let guide = "\(imports)?kind=meeting-guide"

    private static let listed = Statement(
        "test.listed", "select count(*) from referral.directory_entry where gone_at is null")

    @Test("a feed is taken; the same again changes nothing; what vanished is gone, what came back is there again")
    func incremental() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                let first = try await client.call(.post, Self.guide, Self.feed(0..<20))
                #expect(first.status == 201, "\(first.text)")
                #expect(try first["outcome"] == "applied")
                #expect(try first["added"] == "20")
                let written = Statement("test.changed", "select max(xmin::text::bigint) from referral.directory_entry")
                let before = try await referring.look(written, as: Int.self)
                referring.clock.advance(by: .seconds(60))
                let again = try await client.call(.post, Self.guide, Self.feed(0..<20))
                #expect(try again["unchanged"] == "20")
                let after = try await referring.look(written, as: Int.self)
                #expect(before == after, "what is the same is not written")
                referring.clock.advance(by: .seconds(60))
                let less = try await client.call(.post, Self.guide, Self.feed(2..<21))
                #expect(try less["gone"] == "2")
                #expect(try less["added"] == "1")
                referring.clock.advance(by: .seconds(60))
                let renamed = try await client.call(.post, Self.guide, Self.feed(0..<21, name: "Group"))
                #expect(try renamed["added"] == "2")
                #expect(try renamed["changed"] == "19")
                #expect(try await referring.look(Self.listed, as: Int.self) == [21])
                let read = try await client.call(.get, try #require(less.location))
                #expect(try read.object() == less.object())
                let reports = try await client.call(.get, Self.imports)
                #expect(try reports.items().map { $0["gone"]?.integer } == [0, 2, 0, 0])
                let feeds = try await client.call(.get, "/v1/directory/feeds")
                #expect(try feeds.items().map { $0["listed"]?.integer } == [21])
            }
        }
    }

    @Test("a broken feed changes nothing, and its report says what is wrong", arguments: ["<html>", "[]", "[{}]"])
    func broken(_ body: String) async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                _ = try await client.call(.post, Self.guide, Self.feed(0..<12))
                let answer = try await client.call(.post, Self.guide, body)
                #expect(answer.status == 201, "\(answer.text)")
                #expect(try answer["outcome"] == "refused")
                #expect(try answer["fault"] != nil)
                #expect(try await referring.look(Self.listed, as: Int.self) == [12])
            }
        }
    }

    @Test("a feed that shrinks by half is held until somebody says that exactly this is right")
    func held() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                _ = try await client.call(.post, Self.guide, Self.feed(0..<20))
                let held = try await client.call(.post, Self.guide, Self.feed(0..<10))
                #expect(try held["outcome"] == "held")
                #expect(try held["gone"] == "10")
                #expect(try await referring.look(Self.listed, as: Int.self) == [20])
                let id = try #require(try held["importID"])
                let other = try await client.call(.post, "\(Self.guide)&approves=\(id)", Self.feed(0..<5))
                #expect(other.status == 404, "what was held is not this")
                let right = try await client.call(.post, "\(Self.guide)&approves=\(id)", Self.feed(0..<10))
                #expect(try right["outcome"] == "applied")
                #expect(try await referring.look(Self.listed, as: Int.self) == [10])
            }
        }
    }

    @Test("two feeds do not disturb each other, and a zone that nobody knows is left out")
    func zones() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                _ = try await client.call(.post, Self.guide, Self.feed(0..<12))
                let other = try await client.call(
                    .post, "/v1/directory/feeds/na/imports?kind=meeting-guide&fellowship=na&zone=Mars/Olympus",
                    #"[{"slug": "m1", "name": "Elsewhere", "day": 1, "time": "10:00", "latitude": 40, "longitude": -75}]"#
                )
                #expect(try other["added"] == "1")
                #expect(try await referring.look(Self.listed, as: Int.self) == [13])
                let found = try await client.call(.get, "/v1/directory/search?near=40,-75&fellowship=na")
                #expect(try found.items().count == 1)
                #expect(try found.items().first?["entry"]?["zone"] == nil)
                #expect(try await client.call(.post, "/v1/directory/feeds/A_B/imports?kind=bmlt", "[]").status == 404)
                #expect(try await client.call(.post, "\(Self.imports)?kind=xml", "[]").pointers() == ["kind"])
                let peer = "peer:0193a1b0-0000-7000-8000-0000000000a1"
                #expect(try await client.call(.post, Self.guide, as: peer, "[]").status == 403)
            }
        }
    }

    @Test("an entry with more tags and hours than anybody needs is taken, cut")
    func endless() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                let days = (0..<500).map { String($0 % 7) }.joined(separator: ",")
                let types = (0..<500).map { #""TYPE-NUMBER-\#($0)-XYZ""# }.joined(separator: ",")
                let sent = try await client.call(
                    .post, Self.guide,
                    #"[{"slug": "x", "name": "X", "day": [\#(days)], "time": "10:00", "types": [\#(types)], "#
                        + #""address": "1 Main St", "latitude": 40, "longitude": -75}]"#)
                #expect(sent.status == 201, "\(sent.text)")
                let found = try await client.call(.get, "/v1/directory/search?near=40,-75").items().first?["entry"]
                #expect(found?["tags"]?.items.count == 40 && found?["hours"]?.items.count == 42)
            }
        }
    }

    @Test("two imports of one feed at once: one after the other")
    func racing() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                try await withThrowingTaskGroup(of: String?.self) { group in
                    for _ in 0..<4 {
                        group.addTask { try await client.call(.post, Self.guide, Self.feed(0..<200))["outcome"] }
                    }
                    for try await outcome in group { #expect(outcome == "applied") }
                }
                #expect(try await referring.look(Self.listed, as: Int.self) == [200])
            }
        }
    }

    @Test("a feed of 4,000 meetings is taken at once; how long it took is printed")
    func large() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                let clock = ContinuousClock()
                let (first, second) = (Self.feed(0..<4000), Self.feed(0..<4000, name: "Renamed"))
                for (what, body) in [("new", first), ("unchanged", first), ("changed", second)] {
                    let start = clock.now
                    let answer = try await client.call(.post, Self.guide, body)
                    #expect(answer.status == 201)
                    print("directory import, 4,000 meetings, \(what): \(clock.now - start)")
                }
            }
        }
    }
}
