extension JSONValue {
    /// Reads one JSON text (RFC 8259) and refuses what is doubtful: a name twice, bad UTF-8, half surrogate pairs.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, with or without a byte order mark.
    ///   - limits: how large, deep and numerous it may be.
    /// - Throws: what is wrong and where, without any of the text.
    public static func parse(
        _ bytes: [UInt8], limits: JSONLimits = .resource
    ) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(bytes, limits: limits)
        return try parser.parse()
    }

    /// Compact UTF-8 with members in their order and numbers as they were written.
    public func serialized() -> [UInt8] {
        var writer = JSONWriter(sortsNames: false)
        writer.write(self)
        return writer.bytes
    }

    /// The same for every order of members and every spacing: what a digest of the meaning is taken of.
    ///
    /// Numbers stay as written, because FHIR's `1.50` and `1.5` differ.
    public func canonical() -> [UInt8] {
        var writer = JSONWriter(sortsNames: true)
        writer.write(self)
        return writer.bytes
    }
}

struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    let sortsNames: Bool

    init(sortsNames: Bool) {
        self.sortsNames = sortsNames
    }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(true): append("true")
        case .bool(false): append("false")
        case .number(let number): bytes.append(contentsOf: number.text.utf8)
        case .string(let string): write(string)
        case .array(let elements):
            append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { append(",") }
                write(element)
            }
            append("]")
        case .object(let object):
            append("{")
            for (index, member) in ordered(object).enumerated() {
                if index > 0 { append(",") }
                write(member.name)
                append(":")
                write(member.value)
            }
            append("}")
        }
    }

    private func ordered(_ object: JSONObject) -> [JSONObject.Member] {
        guard sortsNames else { return object.members }
        return object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private mutating func write(_ string: String) {
        append("\"")
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0x00..<0x20:
                append("\\u00")
                bytes.append(Self.hexDigits[Int(byte >> 4)])
                bytes.append(Self.hexDigits[Int(byte & 0xF)])
            default: bytes.append(byte)
            }
        }
        append("\"")
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
