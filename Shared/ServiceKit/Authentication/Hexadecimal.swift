/// Bytes as text, two lower-case hexadecimal digits each.
public enum Hexadecimal {
    /// The text of these bytes.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.underestimatedCount)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 0xF))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Sixteen digits for each word, the most significant first.
    static func encode(_ words: UInt64...) -> String {
        String(unsafeUninitializedCapacity: 16 * words.count) { text in
            for (number, word) in words.enumerated() {
                for place in 0..<16 {
                    text[16 * number + place] = digit(UInt8(truncatingIfNeeded: word >> (60 - 4 * place)) & 0xF)
                }
            }
            return 16 * words.count
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
