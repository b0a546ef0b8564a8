/// Reads JSON text (RFC 8259) strictly: UTF-8, one value, nothing after it, no name twice in an object, bounded depth.
///
/// A name given twice is refused because readers differ in which one they take, and a check by one reader must hold
/// for the next.
struct JSONParser<Bytes: Collection<UInt8>> {
    typealias Failure = JSONTextError

    private static var deepest: Int { 64 }

    private let bytes: Bytes
    private var position: Bytes.Index

    private init(_ bytes: Bytes) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    static func parse(_ bytes: Bytes) throws(Failure) -> JSONValue {
        var parser = JSONParser(bytes)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.peek == nil else { throw parser.failure("something follows the value") }
        return value
    }

    private func failure(_ reason: String) -> Failure {
        Failure(reason: reason, offset: bytes.distance(from: bytes.startIndex, to: position))
    }

    private var peek: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func next() -> UInt8? {
        guard position < bytes.endIndex else { return nil }
        defer { bytes.formIndex(after: &position) }
        return bytes[position]
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        bytes.formIndex(after: &position)
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            bytes.formIndex(after: &position)
        }
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONValue {
        guard depth < Self.deepest else { throw failure("nested deeper than \(Self.deepest) levels") }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
            return .number(try number())
        case nil: throw failure("the text ends where a value is expected")
        default: throw failure("no value starts with this character")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue {
        for byte in UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount) {
            guard take(byte) else { throw failure("expected \(word)") }
        }
        return value
    }

    private mutating func object(depth: Int) throws(Failure) -> JSONValue {
        _ = next()
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw failure("expected a member's name") }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("expected a colon") }
            let value = try value(depth: depth + 1)
            guard members.updateValue(value, forKey: name) == nil else {
                throw failure("a member's name is given twice")
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw failure("expected a comma or the end of the object") }
        }
    }

    private mutating func array(depth: Int) throws(Failure) -> JSONValue {
        _ = next()
        var items: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(items) }
        while true {
            items.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(items) }
            guard take(UInt8(ascii: ",")) else { throw failure("expected a comma or the end of the array") }
        }
    }

    private mutating func digits(into text: inout [UInt8]) throws(Failure) {
        let before = text.count
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            text.append(byte)
            bytes.formIndex(after: &position)
        }
        guard text.count > before else { throw failure("expected a digit") }
    }

    private mutating func number() throws(Failure) -> String {
        var text: [UInt8] = []
        if take(UInt8(ascii: "-")) { text.append(UInt8(ascii: "-")) }
        if take(UInt8(ascii: "0")) {
            text.append(UInt8(ascii: "0"))
        } else {
            try digits(into: &text)
        }
        if take(UInt8(ascii: ".")) {
            text.append(UInt8(ascii: "."))
            try digits(into: &text)
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            _ = next()
            text.append(UInt8(ascii: "e"))
            if let sign = peek, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                _ = next()
                text.append(sign)
            }
            try digits(into: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension JSONParser {
    private mutating func string() throws(Failure) -> String {
        _ = next()
        var text: [UInt8] = []
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw failure("text is not UTF-8") }
                // PostgreSQL's text cannot hold it, and nothing that people write does.
                guard !text.contains(0) else { throw failure("text contains the character U+0000") }
                return string
            case UInt8(ascii: "\\"):
                try escape(into: &text)
            case 0..<0x20:
                throw failure("a control character in text must be escaped")
            default:
                text.append(byte)
            }
        }
        throw failure("text has no end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        switch next() {
        case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            guard let scalar = try scalar() else { throw failure("half of a surrogate pair") }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw failure("no such escape")
        }
    }

    private mutating func scalar() throws(Failure) -> Unicode.Scalar? {
        let first = try codeUnit()
        guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) }
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { return nil }
        let second = try codeUnit()
        guard (0xDC00...0xDFFF).contains(second) else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private mutating func codeUnit() throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = next().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
                throw failure("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}

/// A text that is not JSON: what was wrong and after how many bytes. Never quotes the text.
///
/// Not nested in the parser: thrown as a type of a generic type, it crashes the optimizer of Swift 6.3 in release builds.
struct JSONTextError: Error, Hashable {
    var reason: String
    var offset: Int
}
