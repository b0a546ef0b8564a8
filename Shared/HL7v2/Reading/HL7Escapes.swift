/// The escape sequences of HL7 v2 (2.5.1, chapter 2.7).
enum HL7Escapes {
    /// The text with what stands for delimiters, bytes and line ends in place of the sequences. Highlighting and
    /// sequences of a site's own are left out; what is no sequence stays as it was sent.
    static func resolve(_ bytes: ArraySlice<UInt8>, _ delimiters: HL7Delimiters) -> String {
        guard let escape = delimiters.escape, bytes.contains(escape) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            guard byte == escape, let end = bytes[(index + 1)...].firstIndex(of: escape),
                let meaning = meaning(of: bytes[(index + 1)..<end], delimiters)
            else {
                text.append(byte)
                index += 1
                continue
            }
            text += meaning
            index = end + 1
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The text as it may stand in a message.
    static func escaped(_ text: String, _ delimiters: HL7Delimiters = .usual) -> String {
        guard let escape = delimiters.escape else { return text }
        let mark = String(UnicodeScalar(escape))
        var result = ""
        for scalar in text.unicodeScalars {
            let letter: String? =
                switch UInt8(exactly: scalar.value) {
                case delimiters.field: "F"
                case delimiters.component: "S"
                case delimiters.subcomponent: "T"
                case delimiters.repetition: "R"
                case delimiters.escape: "E"
                case 0x0D, 0x0A: ".br"
                case .some(0..<0x20): ""
                default: nil
                }
            if let letter {
                result += letter.isEmpty ? " " : mark + letter + mark
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func meaning(of sequence: ArraySlice<UInt8>, _ delimiters: HL7Delimiters) -> [UInt8]? {
        switch sequence.first {
        case UInt8(ascii: "F") where sequence.count == 1: [delimiters.field]
        case UInt8(ascii: "S") where sequence.count == 1: [delimiters.component]
        case UInt8(ascii: "T") where sequence.count == 1: delimiters.subcomponent.map { [$0] }
        case UInt8(ascii: "R") where sequence.count == 1: delimiters.repetition.map { [$0] }
        case UInt8(ascii: "E") where sequence.count == 1: delimiters.escape.map { [$0] }
        case UInt8(ascii: "H") where sequence.count == 1, UInt8(ascii: "N") where sequence.count == 1: []
        case UInt8(ascii: "X"): hexadecimal(sequence.dropFirst())
        case UInt8(ascii: "."): formatting(sequence.dropFirst())
        case UInt8(ascii: "Z"),
            UInt8(ascii: "C") where sequence.count == 5, UInt8(ascii: "M") where sequence.count == 7:
            []
        default: nil
        }
    }

    /// Bytes by two digits each; those that are no text of UTF-8 show as the replacement character, never as a delimiter.
    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard !digits.isEmpty, digits.count.isMultiple(of: 2), digits.count <= 256 else { return nil }
        var bytes: [UInt8] = []
        var index = digits.startIndex
        while index < digits.endIndex {
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
            index += 2
        }
        return bytes
    }

    /// Line ends of formatted text; indentation and the like are left out.
    private static func formatting(_ command: ArraySlice<UInt8>) -> [UInt8]? {
        guard command.count >= 2 else { return nil }
        return switch String(decoding: command.prefix(2), as: UTF8.self) {
        case "br", "sp", "ce": [0x0A]
        case "in", "ti", "sk", "fi", "nf": []
        default: nil
        }
    }
}
