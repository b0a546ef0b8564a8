/// The character sets that are read: ASCII, UTF-8 and the Latin ones of western senders (HL7 table 0211).
enum HL7Characters {
    /// The bytes in UTF-8.
    ///
    /// A sender that names no character set and does not send UTF-8 sends what its Windows has: better a name with its
    /// accents than none.
    ///
    /// - Throws: ``HL7Fault`` `characters`.
    static func utf8(_ bytes: ArraySlice<UInt8>, _ delimiters: HL7Delimiters) throws(HL7Fault) -> [UInt8] {
        if bytes.allSatisfy({ $0 < 0x80 }) { return Array(bytes) }
        switch declared(bytes, delimiters) {
        case "", "ASCII":
            return isUTF8(bytes) ? Array(bytes) : windows1252(bytes)
        case "UNICODE UTF-8", "UTF-8", "UTF8", "UNICODE":
            guard isUTF8(bytes) else { throw HL7Fault(.characters) }
            return Array(bytes)
        case "8859/1", "ISO 8859-1", "ISO-8859-1", "ISO IR100", "WINDOWS-1252", "CP1252":
            return windows1252(bytes)
        default:
            throw HL7Fault(.characters)
        }
    }

    /// `MSH-18`, its first repetition, in capital letters.
    private static func declared(_ bytes: ArraySlice<UInt8>, _ delimiters: HL7Delimiters) -> String {
        let header = bytes.prefix { $0 != 0x0D && $0 != 0x0A }
        let fields = header.split(separator: delimiters.field, maxSplits: 18, omittingEmptySubsequences: false)
        guard fields.count > 17 else { return "" }
        let first = fields[17].prefix { $0 != delimiters.repetition && $0 != delimiters.component }
        return String(decoding: first, as: UTF8.self).uppercased()
    }

    private static func isUTF8(_ bytes: ArraySlice<UInt8>) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }

    /// Windows-1252, of which ISO 8859-1 is what both have in common.
    private static func windows1252(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var text = String.UnicodeScalarView()
        for byte in bytes {
            let scalar = (0x80..<0xA0).contains(byte) ? upper[Int(byte) - 0x80] : UInt32(byte)
            text.append(UnicodeScalar(scalar) ?? "\u{FFFD}")
        }
        return Array(String(text).utf8)
    }

    private static let upper: [UInt32] = [
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD,
        0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0xFFFD, 0x017E, 0x0178,
    ]
}
