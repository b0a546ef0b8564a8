internal import Glibc

/// Addresses that a URL from outside must never lead to: our own host and network, and what only looks public.
///
/// A client registers the URL of its keys, and we fetch it: without this check it could make us ask our neighbours, or
/// the cloud's metadata service at 169.254.169.254 (server-side request forgery).
enum InwardAddress {
    /// Whether a numeric IP address is not a public unicast one. What cannot be read is inward.
    static func contains(_ address: String) -> Bool {
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 {
            return containsFour(UInt32(bigEndian: four.s_addr))
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, address, &six) == 1 else { return true }
        return containsSix(withUnsafeBytes(of: six) { Array($0) })
    }

    private static func containsFour(_ address: UInt32) -> Bool {
        blocks.contains { base, bits in address >> (32 - bits) == base >> (32 - bits) }
    }

    /// The IANA registry of special-purpose addresses (RFC 6890), with multicast and broadcast.
    private static let blocks: [(UInt32, UInt32)] = [
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16), (0xAC10_0000, 12),
        (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24), (0xC0A8_0000, 16), (0xC612_0000, 15),
        (0xC633_6400, 24), (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
    ]

    private static func containsSix(_ bytes: [UInt8]) -> Bool {
        // Addresses of IPv4 in IPv6: mapped, and translated (64:ff9b::/96, 2002::/16).
        let mapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        let translated = Array(bytes.prefix(12)) == [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        if mapped || translated { return containsFour(number(bytes.suffix(4))) }
        if bytes[0] == 0x20, bytes[1] == 0x02 { return containsFour(number(bytes[2..<6])) }
        // Only 2000::/3 is global unicast; of it, documentation and Teredo are not.
        guard bytes[0] & 0xE0 == 0x20 else { return true }
        let head = Array(bytes.prefix(4))
        return head == [0x20, 0x01, 0x0D, 0xB8] || head == [0x20, 0x01, 0, 0]
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}
