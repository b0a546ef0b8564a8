import FoundationEssentials
import JSON
import Testing

private struct Shift: Codable, Hashable {
    var name: String
    var isOpen: Bool?
    var hours: Double
    var share: Float
    var places: [Place]
    var counts: [String: Int16]
    var grid: [[Int?]]

    struct Place: Codable, Hashable {
        var code: UInt64
        var kind: Kind?
    }
    enum Kind: String, Codable { case street, home }
    struct Nothing: Encodable {}

    static func example(hours: Double = 7.5, members: Int = 2) -> Shift {
        Shift(
            name: "a \"b\"/é\n", isOpen: nil, hours: hours, share: 0.25,
            places: [.init(code: .max, kind: .home), .init(code: 0, kind: nil)],
            counts: Dictionary(uniqueKeysWithValues: (0..<members).map { ("n\($0)", Int16($0)) }),
            grid: [[1, nil], []])
    }
}

/// Goes on with a first member after a second one was begun.
private struct Interleaved: Encodable {
    enum Keys: String, CodingKey { case first, second }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        var first = container.nestedUnkeyedContainer(forKey: .first)
        try first.encode(1)
        var second = container.nestedContainer(keyedBy: Keys.self, forKey: .second)
        try first.encode("b")
        try second.encode(true, forKey: .first)
        var inner = first.nestedContainer(keyedBy: Keys.self)
        try inner.encodeNil(forKey: .second)
    }
}

@Suite("Writing types as JSON") struct JSONEncodingTests {
    @Test("what is written is what Foundation writes", arguments: [0, 1.5, -2, 1e300, 2.5e-300, 0.1], [0, 16, 17, 40])
    func asFoundation(_ hours: Double, _ members: Int) throws {
        let shift = Shift.example(hours: hours, members: members)
        let foundation = JSONEncoder()
        foundation.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let written = try JSONValue.parse(JSONValue.text(of: shift, sortingNames: true))
        let expected = try JSONValue.parse(Array(foundation.encode(shift)))
        // Numbers may be written in another way, as the same number.
        #expect(written["hours"].map(Self.number) == expected["hours"].map(Self.number))
        #expect(written.object?.names == expected.object?.names)
        for name in ["name", "share", "places", "counts", "grid"] { #expect(written[name] == expected[name]) }
        #expect(try JSONValue.decode(Shift.self, from: JSONValue.text(of: shift)) == shift)
        #expect(try JSONDecoder().decode(Shift.self, from: Data(JSONValue.text(of: shift))) == shift)
    }

    private static func number(_ value: JSONValue) -> Double? {
        if case .number(let number) = value { number.double } else { nil }
    }

    @Test("members stand in the order in which the type names them, a whole number without a fraction")
    func order() throws {
        let text = String(decoding: try JSONValue.text(of: Shift.example(hours: 8, members: 0)), as: UTF8.self)
        #expect(
            text
                == #"{"name":"a \"b\"/é\n","hours":8,"share":0.25,"places":[{"code":18446744073709551615,"kind":"home"},"#
                + #"{"code":0}],"counts":{},"grid":[[1,null],[]]}"#)
    }

    @Test("containers that are written in turns each keep their own")
    func interleaved() throws {
        let text = String(decoding: try JSONValue.text(of: Interleaved()), as: UTF8.self)
        #expect(text == #"{"first":[1,"b",{"second":null}],"second":{"first":true}}"#)
    }

    @Test("a value alone, nothing, and a type without properties")
    func scalars() throws {
        #expect(try JSONValue(encoding: "a") == "a")
        #expect(try JSONValue(encoding: [Int?.none, 3]) == [.null, 3])
        #expect(try JSONValue(encoding: Shift.Nothing()) == .object(JSONObject()))
    }

    @Test("a number that JSON does not have is refused with its place", arguments: [Double.nan, .infinity])
    func noNumber(_ hours: Double) throws {
        let error = #expect(throws: EncodingError.self) { try JSONValue(encoding: [Shift.example(hours: hours)]) }
        let context: EncodingError.Context? = if case .invalidValue(_, let context) = error { context } else { nil }
        #expect(context.map { jsonPointer($0.codingPath) } == "/0/hours")
    }
}
