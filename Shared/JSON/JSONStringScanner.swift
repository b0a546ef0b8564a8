/// Reads the inside of a JSON string: escapes, surrogate pairs and UTF-8, all checked.
enum JSONStringScanner {
    typealias Failing = (JSONSyntaxError.Code, Int) throws(JSONSyntaxError) -> Never

    /// - Parameter start: the offset behind the opening quotation mark.
    /// - Returns: the string, and the offset behind the closing mark.
    static func scan(
        _ bytes: [UInt8], from start: Int, fail: Failing
    ) throws(JSONSyntaxError) -> (String, Int) {
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                return (try validated(bytes[start..<position], at: start, fail: fail), position + 1)
            case UInt8(ascii: "\\"):
                return try scanEscaped(bytes, from: start, firstEscape: position, fail: fail)
            case 0x00..<0x20: try fail(.controlCharacter, position)
            default: position += 1
            }
        }
        try fail(.unexpectedEnd, position)
    }

    private static func scanEscaped(
        _ bytes: [UInt8], from start: Int, firstEscape: Int, fail: Failing
    ) throws(JSONSyntaxError) -> (String, Int) {
        var read = Array(bytes[start..<firstEscape])
        var position = firstEscape
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                return (try validated(read[...], at: start, fail: fail), position + 1)
            case UInt8(ascii: "\\"):
                let (scalar, end) = try escape(bytes, at: position, fail: fail)
                read.append(contentsOf: String(Character(scalar)).utf8)
                position = end
            case 0x00..<0x20: try fail(.controlCharacter, position)
            default:
                read.append(bytes[position])
                position += 1
            }
        }
        try fail(.unexpectedEnd, position)
    }

    private static func escape(
        _ bytes: [UInt8], at start: Int, fail: Failing
    ) throws(JSONSyntaxError) -> (Unicode.Scalar, Int) {
        guard start + 1 < bytes.count else { try fail(.unexpectedEnd, bytes.count) }
        let simple: Unicode.Scalar
        switch bytes[start + 1] {
        case UInt8(ascii: "\""): simple = "\""
        case UInt8(ascii: "\\"): simple = "\\"
        case UInt8(ascii: "/"): simple = "/"
        case UInt8(ascii: "b"): simple = "\u{8}"
        case UInt8(ascii: "f"): simple = "\u{C}"
        case UInt8(ascii: "n"): simple = "\n"
        case UInt8(ascii: "r"): simple = "\r"
        case UInt8(ascii: "t"): simple = "\t"
        case UInt8(ascii: "u"): return try unicode(bytes, at: start, fail: fail)
        default: try fail(.invalidEscape, start)
        }
        return (simple, start + 2)
    }

    private static func unicode(
        _ bytes: [UInt8], at start: Int, fail: Failing
    ) throws(JSONSyntaxError) -> (Unicode.Scalar, Int) {
        let first = try hex(bytes, at: start + 2, escape: start, fail: fail)
        if let scalar = Unicode.Scalar(first) { return (scalar, start + 6) }
        guard UTF16.isLeadSurrogate(first), start + 7 < bytes.count, bytes[start + 6] == UInt8(ascii: "\\"),
            bytes[start + 7] == UInt8(ascii: "u")
        else { try fail(.loneSurrogate, start) }
        let second = try hex(bytes, at: start + 8, escape: start + 6, fail: fail)
        guard UTF16.isTrailSurrogate(second) else { try fail(.loneSurrogate, start) }
        let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = Unicode.Scalar(value) else { try fail(.loneSurrogate, start) }
        return (scalar, start + 12)
    }

    private static func hex(
        _ bytes: [UInt8], at start: Int, escape: Int, fail: Failing
    ) throws(JSONSyntaxError) -> UInt16 {
        guard start + 4 <= bytes.count else { try fail(.unexpectedEnd, bytes.count) }
        var value: UInt16 = 0
        for byte in bytes[start..<start + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
            default: try fail(.invalidEscape, escape)
            }
        }
        return value
    }

    private static func validated(
        _ bytes: ArraySlice<UInt8>, at start: Int, fail: Failing
    ) throws(JSONSyntaxError) -> String {
        guard let string = String(validating: bytes, as: UTF8.self) else {
            try fail(.invalidUTF8, start)
        }
        return string
    }
}
