/// Reads a binary form from the front, and never past its end.
struct WireReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var remaining: Int { bytes.count - offset }
    var isAtEnd: Bool { remaining == 0 }

    /// The next integer, in network byte order; nil when there are not enough bytes.
    mutating func integer<I: FixedWidthInteger>(_: I.Type = I.self) -> I? {
        guard remaining >= MemoryLayout<I>.size else { return nil }
        defer { offset += MemoryLayout<I>.size }
        return I(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: I.self))
    }

    /// The next so many bytes; nil when there are not as many, or the number is negative.
    mutating func bytes(_ count: Int32) -> UnsafeRawBufferPointer? {
        guard count >= 0, remaining >= count else { return nil }
        defer { offset += Int(count) }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Int(count)])
    }
}

extension [UInt8] {
    /// Appends what `write` appends, with its length in front.
    mutating func appendWithLength(_ write: (inout [UInt8]) -> Void) {
        let start = count
        append(bigEndian: Int32(0))
        write(&self)
        let length = UInt32(truncatingIfNeeded: count - start - 4)
        for index in 0..<4 { self[start + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
    }
}
