import HTTPTypes
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Referrals

@Suite("This is wrong")
struct DirectoryFlagTests {
    @Test("anybody says that an entry is wrong; the search says so, until somebody has asked and it is right")
    func flagged() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                _ = try await client.call(.post, DirectoryImportTests.guide, DirectoryImportTests.feed(0..<1))
                let search = "\(DirectorySearchTests.search)?near=40,-75"
                let found = try #require(try await client.call(.get, search).items().first)
                #expect(found["isDoubted"]?.bool == false)
                let id = try #require(found["entryID"]?.string)
                let person = "participant:0193a1b0-0000-7000-8000-0000000000c1"
                for _ in 0..<2 {
                    let said = try await client.call(
                        .post, "/v1/directory/entries/\(id)/flags", as: person, #"{"reason": "closed"}"#)
                    #expect(said.status == 204, "\(said.text)")
                }
                #expect(try await client.call(.get, search).items().first?["isDoubted"]?.bool == true)
                #expect(try await client.call(.get, "/v1/directory/flags", as: person).status == 403)
                let flags = try await client.call(.get, "/v1/directory/flags").items()
                #expect(flags.map { $0["times"]?.integer } == [2])
                #expect(flags.first?["name"]?.string == "Meeting 0")
                let kept = try await referring.look(
                    Statement("test.flag", "select row_to_json(flag)::text from referral.directory_flag as flag"),
                    as: String.self)
                #expect(kept.allSatisfy { !$0.contains("participant") && !$0.contains("0193a1b0") }, "nobody is named")
                referring.clock.advance(by: .seconds(86_400 * 400))
                #expect(try await client.call(.get, search).items().first?["isStale"]?.bool == true)
                #expect(
                    try await client.call(.post, "/v1/directory/entries/\(id)/assure", as: person).status == 403)
                #expect(try await client.call(.post, "/v1/directory/entries/\(id)/assure").status == 204)
                let fresh = try #require(try await client.call(.get, search).items().first)
                #expect(fresh["isStale"]?.bool == false && fresh["isDoubted"]?.bool == false)
                #expect(try await client.call(.get, "/v1/directory/flags").items().isEmpty)
                // The feed goes on saying what it said long ago.
                _ = try await client.call(
                    .post, DirectoryImportTests.guide, DirectoryImportTests.feed(0..<1, name: "Renamed"))
                #expect(try await client.call(.get, search).items().first?["isStale"]?.bool == false)
            }
        }
    }

    @Test("an unknown entry, and a reason that is none, are refused")
    func refused() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                let nowhere = "/v1/directory/entries/0193a1b0-0000-7000-8000-0000000000e1"
                let flagged = try await client.call(.post, "\(nowhere)/flags", #"{"reason": "closed"}"#)
                #expect(flagged.status == 404)
                #expect(try await client.call(.post, "\(nowhere)/assure").status == 404)
                let told = try await client.call(.post, "\(nowhere)/flags", #"{"reason": "Jane was there"}"#)
                #expect(told.status == 422)
            }
        }
    }
}
