public import FoundationEssentials

extension UUID {
    /// The UUID of version 8 (RFC 9562, section 5.8) that begins as a digest does: the same for the same content.
    ///
    /// - Parameter digest: of which the first 16 bytes are taken; nil where it has fewer.
    public init?(digest: some Sequence<UInt8>) {
        var bytes = Array(digest.prefix(16))
        guard bytes.count == 16 else { return nil }
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        self = bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
