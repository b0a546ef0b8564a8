import FoundationEssentials
import JSON
import Models
import ServiceKit
import TestKit
import Testing

@Suite("JSON writer") struct JSONWriterTests {
    private struct Answer: Codable, Equatable {
        var name: String
        var count: Int
        var ratio: Double
        var isOpen: Bool
        var peerID: PeerID
        var tags: [String]
        var nested: [Nested]
        var raw: [Int]
        struct Nested: Codable, Equatable { var at: Instant }
    }

    @Test(
        "what it writes reads back the same",
        arguments: ["plain", "\"quoted\" \\ back/slash", "line\nend\t\r", "\u{1}\u{1F}", "é😀", ""]
    )
    func roundTrip(_ text: String) throws {
        let answer = Answer(
            name: text, count: -3, ratio: 0.1, isOpen: true, peerID: PeerID(rawValue: UUID()),
            tags: [text, "b"], nested: [.init(at: Instant(microseconds: 1))], raw: [1, 2]
        )
        var json = JSONWriter()
        json.object { json in
            json.field("name", answer.name)
            json.field("count", answer.count)
            json.field("ratio", answer.ratio)
            json.field("isOpen", answer.isOpen)
            json.field("peerID", answer.peerID)
            json.field("absent", ifPresent: PeerID?.none)
            json.array("tags", answer.tags) { json, tag in json.value(tag) }
            json.array("nested", answer.nested) { json, nested in
                json.object { $0.field("at", nested.at) }
            }
            json.field("raw", json: Array("[1,2]".utf8))
        }
        #expect(try StrictJSON.decode(Answer.self, from: json.bytes) == answer)
        #expect(try JSONDecoder().decode(Answer.self, from: Data(json.bytes)) == answer)
    }

    @Test("numbers and truth values are never written as text")
    func kinds() {
        var json = JSONWriter()
        json.object { json in
            json.field("int", 1)
            json.field("int64", Int64(2))
            json.field("int32", Int32(3))
            json.field("int16", Int16(4))
            json.field("double", 1.5)
            json.field("none", ifPresent: Int?.none)
            json.field("some", ifPresent: Int?.some(5))
            json.field("yes", ifPresent: Bool?.some(true))
            json.field("ratio", ifPresent: Double?.some(0.5))
            json.field("unsayable", Double.nan)
        }
        let expected =
            #"{"int":1,"int64":2,"int32":3,"int16":4,"double":1.5,"some":5,"yes":true,"ratio":0.5,"unsayable":null}"#
        #expect(String(decoding: json.bytes, as: UTF8.self) == expected)
    }

    @Test("an empty array and an empty object stay empty")
    func empty() {
        var json = JSONWriter()
        json.object { json in
            json.array("items", [Int]()) { json, item in json.value(item) }
            json.object("nothing") { _ in }
            json.key("gone")
            json.null()
        }
        #expect(String(decoding: json.bytes, as: UTF8.self) == #"{"items":[],"nothing":{},"gone":null}"#)
    }
}
