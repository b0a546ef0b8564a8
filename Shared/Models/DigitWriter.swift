/// Writes the texts of ids, dates and instants, without a formatter: they are written for each row and each answer.
struct DigitWriter {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    /// The text that the body writes, of at most so many bytes.
    static func text(atMost capacity: Int, _ body: (inout DigitWriter) -> Void) -> String {
        String(unsafeUninitializedCapacity: capacity) { buffer in
            var writer = DigitWriter(buffer)
            body(&writer)
            return writer.count
        }
    }

    private init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        self.buffer = buffer
    }

    mutating func write(_ character: Unicode.Scalar) { write(byte: UInt8(ascii: character)) }

    /// The number in decimal digits, with zeros in front up to the width; a number that is wider or negative as it is.
    mutating func write(_ number: Int, width: Int) {
        if number < 0 { write("-") }
        let magnitude = number.magnitude
        var (digits, rest) = (1, magnitude / 10)
        while rest > 0 { (digits, rest) = (digits + 1, rest / 10) }
        // The sign counts, as one character of the width.
        let end = count + max(digits, number < 0 ? width - 1 : width)
        rest = magnitude
        for index in stride(from: end - 1, through: count, by: -1) {
            buffer[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count = end
    }

    /// Two lower-case hexadecimal digits.
    mutating func write(hexadecimal byte: UInt8) {
        write(byte: Self.digit(byte >> 4))
        write(byte: Self.digit(byte & 0xF))
    }

    private mutating func write(byte: UInt8) {
        buffer[count] = byte
        count += 1
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
