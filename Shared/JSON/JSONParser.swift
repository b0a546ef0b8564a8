/// Reads JSON (RFC 8259): UTF-8 only, no name twice, every bound of ``JSONLimits`` kept.
///
/// A name given twice is refused because readers differ in which one they take, and a check by one reader must hold
/// for the next.
struct JSONParser {
    private let bytes: [UInt8]
    private var position: Int
    private var valuesLeft: Int
    private let limits: JSONLimits

    init(_ bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        valuesLeft = limits.values
        // RFC 8259 §8.1 lets a reader ignore a byte order mark; some clients send one.
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    mutating func parse() throws(JSONSyntaxError) -> JSONValue {
        guard bytes.count <= limits.bytes else { throw error(.tooLarge, at: limits.bytes) }
        guard position == 0 || !limits.isStrict else { throw error(.byteOrderMark, at: 0) }
        skipSpace()
        guard position < bytes.count else { throw error(.empty, at: position) }
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw error(.trailingContent, at: position) }
        return value
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        valuesLeft -= 1
        guard valuesLeft >= 0 else { throw error(.tooManyValues, at: position) }
        switch try peek() {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw error(.unexpectedCharacter, at: position)
        }
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard depth <= limits.depth else { throw error(.tooDeep, at: position) }
        position += 1
        var members: [JSONObject.Member] = []
        // Filled once there are many: a few names are compared faster than hashed.
        var names: Set<String> = []
        skipSpace()
        if try take("}") { return .object(JSONObject()) }
        while true {
            skipSpace()
            let start = position
            guard try peek() == UInt8(ascii: "\"") else { throw error(.unexpectedCharacter, at: position) }
            let name = try string()
            if members.count == JSONObject.fewMembers { names = Set(members.lazy.map(\.name)) }
            let isNew =
                members.count < JSONObject.fewMembers
                ? !members.contains { $0.name == name } : names.insert(name).inserted
            guard isNew else { throw error(.duplicateName, at: start) }
            skipSpace()
            guard try take(":") else { throw error(.unexpectedCharacter, at: position) }
            skipSpace()
            members.append(.init(name: name, value: try value(depth: depth)))
            skipSpace()
            if try take("}") { return .object(JSONObject(distinct: members)) }
            guard try take(",") else { throw error(.unexpectedCharacter, at: position) }
        }
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard depth <= limits.depth else { throw error(.tooDeep, at: position) }
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if try take("]") { return .array([]) }
        while true {
            skipSpace()
            elements.append(try value(depth: depth))
            skipSpace()
            if try take("]") { return .array(elements) }
            guard try take(",") else { throw error(.unexpectedCharacter, at: position) }
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let wanted = text.withUTF8Buffer { Array($0) }
        for byte in wanted {
            guard try peek() == byte else { throw error(.unexpectedCharacter, at: position) }
            position += 1
        }
        return value
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONNumber {
        let start = position
        skip(UInt8(ascii: "-"))
        if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            try digits(of: start)
        }
        if skip(UInt8(ascii: ".")) { try digits(of: start) }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { skip(UInt8(ascii: "-")) }
            try digits(of: start)
        }
        // No measurement has more digits; a million of them would only serve to slow down who computes with them.
        guard position - start <= 64 else { throw error(.invalidNumber, at: start) }
        return JSONNumber(verified: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits(of start: Int) throws(JSONSyntaxError) {
        let first = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        guard position > first else { throw error(.invalidNumber, at: start) }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        let start = position
        let (read, end) = try JSONStringScanner.scan(bytes, from: position + 1) {
            code, offset throws(JSONSyntaxError) in
            throw error(code, at: offset)
        }
        position = end
        guard !limits.isStrict || !read.utf8.contains(0) else { throw error(.nullCharacter, at: start) }
        return read
    }

    private func peek() throws(JSONSyntaxError) -> UInt8 {
        guard position < bytes.count else { throw error(.unexpectedEnd, at: position) }
        return bytes[position]
    }

    private mutating func take(_ character: Unicode.Scalar) throws(JSONSyntaxError) -> Bool {
        guard try peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private func error(_ code: JSONSyntaxError.Code, at offset: Int) -> JSONSyntaxError {
        let before = bytes.prefix(offset)
        let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        let column = before.reversed().prefix { $0 != 0x0A }.count + 1
        return JSONSyntaxError(code: code, offset: offset, line: line, column: column)
    }
}
