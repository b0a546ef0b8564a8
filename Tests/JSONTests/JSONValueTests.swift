import JSON
import TestKit
import Testing

private func json(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8)) }

@Suite("JSON that loses nothing")
struct JSONTests {
    @Test(
        "numbers, order, unknown members and escapes survive reading and writing",
        arguments: [
            #"{"b":1.50,"a":-0,"c":1E+2,"d":[0.0,1e-7,12345678901234567890.10]}"#,
            #"{"_x":{"extension":[{"url":"u"}]},"x":null,"deep":{"":[[],{}]}}"#,
            #""\u0000\u001f\"\\\n\r\t/ é 😀""#, "true", "null", "[]", "{}", "-1", "0",
        ]
    )
    func survives(_ text: String) throws {
        #expect(String(decoding: try json(text).serialized(), as: UTF8.self) == text)
    }

    @Test("escapes mean the characters that they stand for")
    func escapes() throws {
        #expect(try json(#""\u00e9\ud83d\ude00\/\b\f\u0041""#).string == "é😀/\u{8}\u{C}A")
    }

    @Test(
        "what is no JSON is refused with its place",
        arguments: [
            ("", JSONSyntaxError.Code.empty, 0), ("  ", .empty, 2), ("{", .unexpectedEnd, 1),
            ("[1,]", .unexpectedCharacter, 3),
            ("{\"a\":1,}", .unexpectedCharacter, 7), ("{'a':1}", .unexpectedCharacter, 1), ("01", .trailingContent, 1),
            ("+1", .unexpectedCharacter, 0), ("1.", .invalidNumber, 0), (".5", .unexpectedCharacter, 0),
            ("-", .invalidNumber, 0), ("1e", .invalidNumber, 0), ("NaN", .unexpectedCharacter, 0),
            ("tru", .unexpectedEnd, 3),
            ("{\"a\":1,\"b\":2,\"a\":3}", .duplicateName, 13), ("\"\\x\"", .invalidEscape, 1),
            ("\"\\u12g4\"", .invalidEscape, 1), ("\"\\ud800\"", .loneSurrogate, 1), ("\"\\udc00\"", .loneSurrogate, 1),
            ("\"\\ud800\\u0041\"", .loneSurrogate, 1), ("\"a\nb\"", .controlCharacter, 2), ("\"abc", .unexpectedEnd, 4),
            ("{} {}", .trailingContent, 3), ("[1 2]", .unexpectedCharacter, 3), ("{\"a\" 1}", .unexpectedCharacter, 5),
            ("\"\\u12", .unexpectedEnd, 5), ("\"\\", .unexpectedEnd, 2), ("// x", .unexpectedCharacter, 0),
        ]
    )
    func refused(_ text: String, _ code: JSONSyntaxError.Code, _ offset: Int) {
        let error = #expect(throws: JSONSyntaxError.self) { try json(text) }
        #expect(error?.code == code)
        #expect(error?.offset == offset)
    }

    @Test("an error names line and column, and nothing of the text")
    func position() {
        let error = #expect(throws: JSONSyntaxError.self) { try json("{\n  \"name\": Miller\n}") }
        #expect(error?.line == 2)
        #expect(error?.column == 11)
        #expect(error.map { "\($0)".contains("Miller") } == false)
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xC3], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC0, 0x80]])
    func notUTF8(_ bytes: [UInt8]) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue.parse([0x22] + bytes + [0x22]) }
        #expect(error?.code == .invalidUTF8)
    }

    @Test("a byte order mark is passed over")
    func byteOrderMark() throws {
        #expect(try JSONValue.parse([0xEF, 0xBB, 0xBF] + Array("1".utf8)) == 1)
    }

    @Test("depth, size and number of values are bounded")
    func bounds() {
        let limits = JSONLimits(bytes: 100, depth: 3, values: 10)
        func code(_ text: String) -> JSONSyntaxError.Code? {
            #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(Array(text.utf8), limits: limits) }?.code
        }
        #expect(code("[[[[1]]]]") == .tooDeep)
        #expect(code("[1,1,1,1,1,1,1,1,1,1]") == .tooManyValues)
        #expect(code("\"" + String(repeating: "a", count: 99) + "\"") == .tooLarge)
        let hostile = String(repeating: "[", count: 1_000_000)
        let error = #expect(throws: JSONSyntaxError.self) { try json(hostile) }
        #expect(error?.code == .tooDeep)
    }

    @Test("the canonical form is the same for every order and spacing, and differs for 1.5 and 1.50")
    func canonical() throws {
        let one = try json(#"{"b":[1.50,{"y":1,"x":2}],"a":"é"}"#).canonical()
        #expect(one == (try json("{ \"a\":\"\\u00e9\",\n\"b\":[1.50,{\"x\":2,\"y\":1}]}").canonical()))
        #expect(one != (try json(#"{"b":[1.5,{"y":1,"x":2}],"a":"é"}"#).canonical()))
    }

    @Test("a place is read and set; nothing else changes")
    func paths() throws {
        var value = try json(#"{"a":[{"b":1.0},{"b":2}],"c":"x"}"#)
        #expect(value[["a", 1, "b"]] == 2)
        #expect(value[["a", 2, "b"]] == nil)
        #expect(value[["c", "d"]] == nil)
        value[["a", 0, "b"]] = "new"
        value[["meta", "versionId"]] = "7"
        value[["c", "d"]] = 1
        value[["gone", "x"]] = nil
        value[["a", 1, "b"]] = nil
        #expect(
            String(decoding: value.serialized(), as: UTF8.self)
                == #"{"a":[{"b":"new"},{}],"c":"x","meta":{"versionId":"7"}}"#)
    }

    @Test("a thousand random values survive, and no mutation of their text crashes")
    func random() throws {
        var generator = SeededGenerator(seed: 20_261_122)
        for _ in 0..<1000 {
            let value = Self.value(depth: 0, &generator)
            let bytes = value.serialized()
            #expect(try JSONValue.parse(bytes) == value)
            var mutated = bytes
            for _ in 0..<3 where !mutated.isEmpty {
                let index = Int.random(in: 0..<mutated.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: mutated[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: mutated.remove(at: index)
                default: mutated.removeSubrange(index...)
                }
            }
            do {
                // What is still JSON must also survive.
                let read = try JSONValue.parse(mutated)
                #expect(try JSONValue.parse(read.serialized()) == read)
            } catch {
                #expect((0...mutated.count).contains(error.offset))
            }
        }
    }

    private static func value(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 4 ? 4 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .number(JSONNumber(Int.random(in: -1_000_000...1_000_000, using: &generator)))
        case 3: return .string(string(&generator))
        case 4:
            let count = Int.random(in: 0..<5, using: &generator)
            return .array((0..<count).map { _ in value(depth: depth + 1, &generator) })
        default:
            let count = Int.random(in: 0..<5, using: &generator)
            return .object(
                JSONObject((0..<count).map { _ in (string(&generator), value(depth: depth + 1, &generator)) }))
        }
    }

    private static func string(_ generator: inout SeededGenerator) -> String {
        let scalars = (0..<Int.random(in: 0..<8, using: &generator)).compactMap { _ in
            Unicode.Scalar(UInt32.random(in: 0..<0x2000, using: &generator))
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
