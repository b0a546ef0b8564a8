import HTTPTypes
import Models
import ServiceKit
import Testing

private struct Note: Decodable, Equatable {
    var text: String
    var level: Int
    var tags: [String]?
    var peerID: PeerID?
    var kind: Kind?
    var nested: Nested?
    var counts: [String: Int]?

    enum Kind: String, Decodable { case call, visit }
    struct Nested: Decodable, Equatable { var at: Instant }
}

private func decode(_ json: String) throws(Problem) -> Note {
    try StrictJSON.decode(Note.self, from: Array(json.utf8))
}

@Suite("Strict JSON") struct StrictJSONTests {
    @Test("a body that fits is read")
    func fits() throws {
        let note = try decode(
            """
            {"text": "a\\u00e9\\ud83d\\ude00\\n", "level": 3, "tags": ["x"], "kind": "call", "counts": {"a": 1},
             "nested": {"at": "2026-11-22T09:30:00Z"}}
            """
        )
        #expect(note.text == "aé😀\n")
        #expect(note.kind == .call)
        #expect(note.counts == ["a": 1])
    }

    @Test(
        "what does not fit is refused with a pointer to the place",
        arguments: [
            (#"{"text": "a"}"#, "/level", "missing"),
            (#"{"text": 1, "level": 3}"#, "/text", "must be a string, not a number"),
            (#"{"text": null, "level": 3}"#, "/text", "must not be null"),
            (#"{"text": "a", "level": "3"}"#, "/level", "must be a whole number, not a string"),
            (#"{"text": "a", "level": 3.5}"#, "/level", "not a whole number, or out of range"),
            (#"{"text": "a", "level": 99999999999999999999}"#, "/level", "not a whole number, or out of range"),
            (#"{"text": "a", "level": 3, "tags": ["x", 4]}"#, "/tags/1", "must be a string, not a number"),
            (#"{"text": "a", "level": 3, "kind": "fax"}"#, "/kind", "not one of the values it can have"),
            (#"{"text": "a", "level": 3, "peerID": "x"}"#, "/peerID", "not the text of a UUID"),
            (
                #"{"text": "a", "level": 3, "nested": {"at": "yesterday"}}"#, "/nested/at",
                "not an RFC 3339 date and time with a zone"
            ),
            (#"{"text": "a", "level": 3, "levle": 4}"#, "/levle", "unknown member"),
            (
                #"{"text": "a", "level": 3, "nested": {"at": "2026-11-22T09:30:00Z", "a/b~": 1}}"#, "/nested/a~1b~0",
                "unknown member"
            ),
            (#"[]"#, "", "must be an object, not an array"),
        ]
    )
    func doesNotFit(_ json: String, _ pointer: String, _ detail: String) {
        let problem = #expect(throws: Problem.self) { try decode(json) }
        #expect(problem?.status == .unprocessableContent)
        #expect(problem?.errors == [.init(pointer, detail)])
    }

    @Test("every unknown member is named, not only the first")
    func allUnknown() {
        let problem = #expect(throws: Problem.self) { try decode(#"{"text": "a", "level": 1, "b": 1, "a": {"x": 1}}"#) }
        #expect(problem?.errors.map(\.pointer) == ["/a", "/b"])
    }

    @Test(
        "text that is not JSON is refused",
        arguments: [
            "", "{", #"{"text": "a",}"#, #"{"a": 1, "a": 2}"#, "{'a': 1}", "01", "1.", "+1", "nul", "[1] 2", "\"\\x\"",
            "\"\\ud83d\"", "\"a\nb\"", "\"\\u0000\"", "\u{FEFF}{}", String(repeating: "[", count: 100),
        ]
    )
    func notJSON(_ json: String) {
        let problem = #expect(throws: Problem.self) { try decode(json) }
        #expect(problem?.status == .badRequest)
    }

    @Test("bytes that are not UTF-8 are refused")
    func notUTF8() {
        let problem = #expect(throws: Problem.self) {
            try StrictJSON.decode(String.self, from: [0x22, 0xC3, 0x28, 0x22] as [UInt8])
        }
        #expect(problem?.status == .badRequest)
    }
}
