import FoundationEssentials
import JSON
import Testing

private struct Visit: Codable, Hashable {
    var place: String
    var isHome: Bool?
    var minutes: Int
    var distance: Double?
    var peers: [Peer]
    var counts: [String: Int8]?
    var next: [[String?]]?

    struct Peer: Codable, Hashable {
        var name: String?
        var kind: Kind
    }
    enum Kind: String, Codable { case certified, trainee }
}

/// Reads its object as one of two types, as what is told apart by a member does.
private struct Either: Decodable {
    struct First: Decodable { var first: Int }
    struct Second: Decodable { var second: Int? }
    var first: First
    var second: Second

    init(from decoder: any Decoder) throws {
        first = try First(from: decoder)
        second = try Second(from: decoder)
    }
}

@Suite("Reading JSON into types") struct JSONDecodingTests {
    @Test(
        "what Foundation reads is read the same",
        arguments: [
            #"{"place": "caf\u00e9", "minutes": 40, "peers": []}"#,
            #"{"place": "", "isHome": true, "minutes": -1, "distance": 1.5e2, "peers": [{"kind": "trainee"}]}"#,
            #"{"place": "a", "isHome": null, "minutes": 0, "peers": [{"name": null, "kind": "certified"}], "more": {}}"#,
            #"{"peers": [], "counts": {"b": 1, "a": -128}, "next": [["x", null], []], "place": "a", "minutes": 1}"#,
        ])
    func asFoundation(_ text: String) throws {
        let read = try JSONValue.decode(Visit.self, from: Array(text.utf8))
        #expect(try read == JSONDecoder().decode(Visit.self, from: Data(text.utf8)))
    }

    @Test(
        "what does not fit names the place",
        arguments: [
            (#"{"place": "a", "peers": []}"#, ""),
            (#"{"place": "a", "minutes": 1.0, "peers": []}"#, "/minutes"),
            (#"{"place": "a", "minutes": 1, "peers": [{"kind": "certified"}, {"kind": 3}]}"#, "/peers/1/kind"),
            (#"{"place": "a", "minutes": 1, "peers": [], "counts": {"x": 128}}"#, "/counts/x"),
            (#"{"place": "a", "minutes": 1, "peers": [], "next": [["a"], ["b", false]]}"#, "/next/1/1"),
            (#"{"place": "a", "minutes": 1, "peers": {}}"#, "/peers"),
        ])
    func doesNotFit(_ text: String, _ pointer: String) {
        let error = #expect(throws: DecodingError.self) { try JSONValue.decode(Visit.self, from: Array(text.utf8)) }
        let context: DecodingError.Context? =
            switch error {
            case .keyNotFound(_, let context), .typeMismatch(_, let context), .valueNotFound(_, let context),
                .dataCorrupted(let context):
                context
            default: nil
            }
        #expect(context.map { jsonPointer($0.codingPath) } == pointer)
    }

    @Test("what is no JSON is refused as such")
    func noJSON() {
        #expect(throws: JSONSyntaxError.self) { try JSONValue.decode(Visit.self, from: Array("{".utf8)) }
    }

    @Test("an object that is read as two types has no unknown member while one of them knows it")
    func readTwice() throws {
        let value = try JSONValue.parse(Array(#"{"second": 2, "first": 1, "third": 3}"#.utf8))
        let (either, unknown) = try value.decodeNamingUnknown(Either.self)
        #expect(either.first.first == 1 && either.second.second == 2)
        #expect(unknown == ["/third"])
    }

    @Test("unknown members are named wherever they are, and no known one")
    func unknown() throws {
        let text =
            #"{"place": "a", "minutes": 1, "z": 1, "peers": [{"kind": "trainee"}, {"kind": "trainee", "a/b": {"c": 1}}]}"#
        let unknown = try JSONValue.parse(Array(text.utf8)).decodeNamingUnknown(Visit.self).unknown
        #expect(unknown == ["/peers/1/a~1b", "/z"])
    }

    @Test(
        "of an object of any size each name is found, and one given twice is refused", arguments: [1, 15, 16, 17, 200])
    func manyMembers(_ count: Int) throws {
        let members = (0..<count).map { "\"n\($0)\": \($0)" }
        let text = "{\(members.joined(separator: ","))}"
        let read = try JSONValue.decode([String: Int].self, from: Array(text.utf8))
        #expect(read == Dictionary(uniqueKeysWithValues: (0..<count).map { ("n\($0)", $0) }))
        for twice in Set([0, count / 2, count - 1]) {
            let text = "{\((members + ["\"n\(twice)\": 0"]).joined(separator: ","))}"
            let error = #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(Array(text.utf8)) }
            #expect(error?.code == .duplicateName)
        }
    }
}
