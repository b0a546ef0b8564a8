import Foundation
import HTTPTypes
import JSON
import Models
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("The directory for others")
struct DirectoryExportTests {
    private static let feed = #"""
        [{"id": "1", "name": "Housing desk", "status": "active", "minimum_age": 18, "assured_date": "2026-09-01",
          "organization": {"id": "9", "name": "City", "description": "x"}, "phones": [{"number": "555"}],
          "languages": [{"code": "es"}], "schedules": [{"byday": "MO", "opens_at": "08:00", "closes_at": "16:30"}],
          "service_at_locations": [{"id": "a", "location": {"location_type": "physical", "name": "Hall",
            "latitude": 40.5, "longitude": -75.25}}]},
         {"id": "2", "name": "Line", "status": "temporarily closed"}, {"id": "3", "name": "Third", "status": "active"}]
        """#

    static let send = "/v1/directory/feeds/city/imports?kind=hsds"

    @Test("services come in pages by number, each with what it says of the whole list")
    func pages() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                #expect(try await client.call(.get, "/hsds/services")["empty"] == "true")
                let sent = try await client.call(.post, Self.send, Self.feed)
                #expect(try sent["added"] == "3", "\(sent.text)")
                let first = try await client.call(.get, "/hsds/services?per_page=2")
                #expect(try first["total_items"] == "3")
                #expect(try first["total_pages"] == "2")
                #expect(try first["size"] == "2")
                let second = try await client.call(.get, "/hsds/services?per_page=2&page=2")
                #expect(try second["last_page"] == "true")
                let contents =
                    try (first.object()["contents"]?.items ?? []) + (second.object()["contents"]?.items ?? [])
                #expect(Set(contents.compactMap { $0["name"]?.string }) == ["Housing desk", "Line", "Third"])
                #expect(try await client.call(.get, "/hsds/services?page=0").status == 422)
                #expect(
                    try await client.call(.get, "/hsds/services/0193a1b0-0000-7000-8000-0000000000a1").status == 404)
            }
        }
    }

    @Test("what is exported as a Meeting Guide feed is read again as the same meetings")
    func roundTrip() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                _ = try await client.call(.post, DirectoryImportTests.guide, DirectoryImportTests.feed(0..<20))
                let exported = try await client.call(.get, "/v1/directory/meeting-guide?fellowship=aa")
                let again = FeedKind.meetingGuide.read(Array(exported.text.utf8), .init())
                let before = FeedKind.meetingGuide.read(Array(DirectoryImportTests.feed(0..<20).utf8), .init())
                #expect(again.refusals == [] && again.entries.count == 20)
                func plain(_ entries: [DirectoryEntry]) -> Set<DirectoryEntry> {
                    Set(
                        entries.map { entry in
                            var entry = entry
                            entry.foreignID = ""
                            return entry
                        })
                }
                #expect(plain(again.entries) == plain(before.entries))
            }
        }
    }

    @Test(
        "what is exported is valid HSDS 3.0 to a validator that is not ours, which sees what is not",
        .enabled(
            if: PublishedFeeds.areHere && SchemaValidator.isHere, "no schemas beside this package, or no jsonschema"))
    func valid() async throws {
        try await Referring.with { referring in
            try await referring.calling { client in
                _ = try await client.call(.post, Self.send, Self.feed)
                let listed = try await client.call(.get, "/hsds/services").object()["contents"]?.items ?? []
                #expect(listed.count == 3)
                for service in listed {
                    #expect(try SchemaValidator.faults(in: service, schema: "service_list") == "")
                    let id = service["id"]?.string ?? ""
                    let whole = try await client.call(.get, "/hsds/services/\(id)").object()
                    #expect(
                        try SchemaValidator.faults(in: .object(whole), schema: "service_with_definitions") == "")
                    var broken = whole
                    broken["status"] = "open"
                    broken["name"] = nil
                    #expect(
                        try SchemaValidator.faults(in: .object(broken), schema: "service_with_definitions") != "")
                }
            }
        }
    }
}

/// Python's `jsonschema`, which nobody of ours wrote, with the published schemas.
enum SchemaValidator {
    static let isHere: Bool = {
        // SAFETY: without Python the test is left out, and says so.
        (try? run(["-c", "import jsonschema"], "").status) == 0
    }()

    /// What is wrong; empty where nothing is.
    static func faults(in value: JSONValue, schema: String) throws -> String {
        let schema = try PublishedFeeds.bytes("directory/hsds-3.0/schema/compiled/\(schema).json")
        let both = JSONValue.object([
            "schema": try JSONValue.parse(schema), "value": value,
        ])
        let (status, output) = try run(["-c", script], String(decoding: both.serialized(), as: UTF8.self))
        return status == 0 && output.hasSuffix("checked\n") ? String(output.dropLast(8)) : "stopped: \(output)"
    }

    private static let script = """
        import json, sys, jsonschema
        both = json.load(sys.stdin)
        checker = jsonschema.Draft202012Validator(
            both["schema"], format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        for error in checker.iter_errors(both["value"]):
            print(list(error.path), error.message)
        print("checked")
        """

    private static func run(_ arguments: [String], _ input: String) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let file = FileManager.default.temporaryDirectory.appending(path: "hsds-\(UUID()).json")
        try Data(input.utf8).write(to: file)
        defer {
            // SAFETY: what is left in the temporary folder harms nobody.
            try? FileManager.default.removeItem(at: file)
        }
        let output = Pipe()
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }
}
