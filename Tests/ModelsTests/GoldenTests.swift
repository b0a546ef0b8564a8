import FoundationEssentials
import Models
import Testing

@Suite("Events on the wire")
struct GoldenTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Shared/Models/Events")

    private static func read(_ golden: Golden) throws -> Data {
        try Data(contentsOf: folder.appending(path: "\(golden.file).json"))
    }

    @Test("an event of today decodes from the file that pins its topic version", arguments: Golden.all)
    func decodes(_ golden: Golden) throws {
        #expect(try golden.decodesToSample(try Self.read(golden)))
    }

    @Test("an event is written with exactly the names and values of its golden file", arguments: Golden.all)
    func encodes(_ golden: Golden) throws {
        let pinned = String(decoding: try Self.read(golden), as: UTF8.self)
        #expect(try golden.encoded() == Self.compact(pinned))
        #expect(try golden.written() == Self.compact(pinned))
    }

    @Test("a field that a later version adds is passed over, not refused", arguments: Golden.all)
    func toleratesMore(_ golden: Golden) throws {
        let text = String(decoding: try Self.read(golden), as: UTF8.self)
        let widened = text.replacing("{", with: "{\"ofAVersionToCome\": {\"a\": [1]},", maxReplacements: 1)
        #expect(try golden.decodesToSample(Data(widened.utf8)))
    }

    @Test("every field but the optional ones must be there")
    func refusesLess() throws {
        let text =
            #"{"referralID":"018f3c2a-7b10-7001-8001-0123456789ab","version":2,"cancelledAt":"2026-11-22T02:00:00Z"}"#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ReferralCancelled.self, from: Data(text.utf8))
        }
    }

    @Test("every topic in Shared/Models has a golden file, and no golden file is left over")
    func complete() throws {
        var topics: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.sources.path()) {
            let source = String(decoding: try Data(contentsOf: Self.sources.appending(path: name)), as: UTF8.self)
            for match in source.matches(of: /static let topic = "([^"]+)"/) { topics.insert(String(match.1)) }
        }
        #expect(topics == Set(Golden.all.map(\.topic)))
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())
        #expect(Set(files) == Set(Golden.all.map { "\($0.file).json" }))
    }

    @Test("a topic is aggregate.past_tense.vN", arguments: Golden.all)
    func topicShape(_ golden: Golden) {
        #expect(golden.topic.wholeMatch(of: /[a-z]+\.[a-z_]+\.v[1-9][0-9]*/) != nil)
    }

    @Test("the key is one of the ids in the payload, so that order is kept per aggregate", arguments: Golden.all)
    func keyIsInPayload(_ golden: Golden) throws {
        #expect(String(decoding: try Self.read(golden), as: UTF8.self).contains("\"\(golden.key)\""))
    }

    @Test("a contact goes in its plan's order, and in its own where there is no plan")
    func contactKey() {
        #expect(Sample.contactRecorded.key == Sample.plan.description)
        #expect(Sample.contactOutsidePlan.key == Sample.contact.description)
    }

    @Test("a deadline is no change of an aggregate and has no version")
    func deadlinesHaveNoVersion() {
        #expect(Sample.dispatchDeadlineDue.version == nil)
        #expect(Sample.contactOverdue.version == nil)
        #expect(
            Golden.all.filter { $0.version == nil }.map(\.topic) == [
                "referral.fell_due.v1", "dispatch.deadline_due.v1", "contact.overdue.v1", "linkage.check_due.v1",
                "suggestion.expiry_due.v1",
            ])
    }

    @Test(
        "a code that a newer service added is carried unchanged where nothing depends on it, and refused where it does",
        arguments: [
            ("appointment.changed.v1", "status", true), ("consent.changed.v2", "kind", true),
            ("consent.changed.v2", "recipientKind", true), ("consent.changed.v2", "organisationKind", true),
            ("disclosure.made.v1", "purpose", true), ("contact.recorded.v1", "mode", true),
            ("contact.recorded.v1", "outcome", false), ("dispatch.deadline_due.v1", "deadline", false),
            ("dispatch.progressed.v1", "step", true), ("dispatch.progressed.v1", "outcome", false),
            ("match.accepted.v1", "kind", false), ("match.accepted.v1", "setting", true),
            ("match.accepted.v1", "programme", true), ("plan.started.v1", "programme", true),
            ("plan.phase_changed.v1", "to", true), ("assessment.recorded.v1", "instrument", true),
            ("referral.accepted.v1", "priority", false), ("referral.accepted.v1", "setting", true),
            ("referral.accepted.v1", "programme", true), ("referral.closed.v1", "reason", true),
            ("placement.changed.v1", "status", true), ("placement.changed.v1", "moveOutReason", true),
            ("linkage.changed.v1", "status", true), ("linkage.changed.v1", "service", true),
        ]
    )
    func newCodes(_ file: String, _ property: String, _ isCarried: Bool) throws {
        let golden = try #require(Golden.all.first { $0.file == file })
        let pinned = Self.compact(String(decoding: try Self.read(golden), as: UTF8.self))
        let value = try Regex("\"\(property)\":\"[^\"]+\"")
        let newer = pinned.replacing(value, with: "\"\(property)\":\"a-code-to-come\"")
        try #require(newer != pinned)
        if isCarried {
            #expect(try golden.again(Data(newer.utf8)) == newer)
        } else {
            #expect(throws: DecodingError.self) { try golden.again(Data(newer.utf8)) }
        }
    }

    @Test("a setting that this version does not know is carried unchanged")
    func openCode() throws {
        let data = Data(#"["street-outreach","a-new-place"]"#.utf8)
        let settings = try JSONDecoder().decode([Setting].self, from: data)
        #expect(settings == [.streetOutreach, Setting(rawValue: "a-new-place")])
        #expect(
            String(decoding: try JSONEncoder().encode(settings), as: UTF8.self) == #"["street-outreach","a-new-place"]"#
        )
    }

    /// The golden file without the white space between tokens; no text in the files holds blanks.
    private static func compact(_ text: String) -> String {
        text.filter { !$0.isWhitespace }
    }
}
