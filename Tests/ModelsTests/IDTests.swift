import FoundationEssentials
import Models
import TestKit
import Testing

@Suite("Identifiers")
struct IDTests {
    @Test("an id is written in lower case and read in either")
    func text() throws {
        let id = try #require(ReferralID("018F3C2A-7B10-7001-8001-0123456789AB"))
        #expect(id.description == "018f3c2a-7b10-7001-8001-0123456789ab")
        #expect(ReferralID(id.description) == id)
    }

    @Test(
        "what is not the canonical text of a UUID is no id",
        arguments: [
            "", "018f3c2a7b10700180010123456789ab", "018f3c2a-7b10-7001-8001-0123456789a", "not-an-id",
            "018f3c2a-7b10-7001-8001-0123456789abc", "018f3c2a-7b10-7001-8001-0123456789ab ",
            "018f3c2-a7b10-7001-8001-0123456789ab", "018f3c2a-7b10-7001-8001-01234567 9ab",
            "018f3c2a-7b10-7001-8001-+123456789ab", "0x8f3c2a-7b10-7001-8001-0123456789ab",
            "018f3c2a-7b10-7001-8001-0123456789ag", "{018f3c2a-7b10-7001-8001-0123456789ab}",
            "018f3c2a-7b10-7001-8001-0123456789ａb",
        ]
    )
    func refuses(_ text: String) {
        #expect(ReferralID(text) == nil)
    }

    @Test("whatever id there is, its text in either case is read back")
    func everyByte() {
        for _ in 0..<1_000 {
            let uuid = UUID()
            #expect(PeerID(uuid.uuidString)?.rawValue == uuid)
            #expect(PeerID(uuid.uuidString.lowercased())?.rawValue == uuid)
        }
    }

    @Test("in JSON an id is its text, and a bad one is refused")
    func json() throws {
        let id = try #require(PeerID("018f3c2a-7b10-7004-8004-0123456789ab"))
        let data = try JSONEncoder().encode([id])
        #expect(String(decoding: data, as: UTF8.self) == #"["018f3c2a-7b10-7004-8004-0123456789ab"]"#)
        #expect(try JSONDecoder().decode([PeerID].self, from: data) == [id])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([PeerID].self, from: Data(#"["7"]"#.utf8)) }
    }

    @Test("ids are ordered by their bytes, as PostgreSQL orders uuid", arguments: [41] as [UInt64])
    func order(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let left = UUID(
                version7At: Instant(unixSeconds: .random(in: 0...9_000_000_000, using: &random)), random: random.next(),
                random.next())
            let right = UUID(
                version7At: Instant(unixSeconds: .random(in: 0...9_000_000_000, using: &random)), random: random.next(),
                random.next())
            // Hexadecimal text in one case sorts as the bytes do.
            let byText = left.uuidString < right.uuidString
            #expect((PeerID(rawValue: left) < PeerID(rawValue: right)) == byText)
        }
    }
}

@Suite("UUIDs of version 7")
struct Version7Tests {
    @Test("the example of RFC 9562, appendix A.6, comes out of its time and random bits")
    func rfcExample() throws {
        // unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0b01 followed by 0x8C4DC0C0C07398F
        let instant = Instant(microseconds: 0x017F_22E2_79B0 * 1000)
        #expect(instant.description == "2022-02-22T19:22:22Z")
        let uuid = UUID(version7At: instant, random: 0xCC3, 0x18C4_DC0C_0C07_398F)
        #expect(uuid.uuidString == "017F22E2-79B0-7CC3-98C4-DC0C0C07398F")
    }

    @Test("version, variant and time are right whatever the random bits", arguments: [51, 52] as [UInt64])
    func fields(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let milliseconds = Int64.random(in: 0...0xFFFF_FFFF_FFFF, using: &random)
            let instant = Instant(microseconds: milliseconds * 1000 + .random(in: 0...999, using: &random))
            let bytes = withUnsafeBytes(
                of: UUID(version7At: instant, random: random.next(), random.next()).uuid, Array.init)
            #expect(bytes[6] >> 4 == 7)
            #expect(bytes[8] >> 6 == 0b10)
            #expect(bytes[0..<6].reduce(Int64(0)) { $0 << 8 | Int64($1) } == milliseconds)
        }
    }

    @Test("ids of later milliseconds come later, and many of one millisecond differ")
    func ordered() {
        let start = Instant(unixSeconds: 1_795_336_200)
        var ids: [ReferralID] = []
        for millisecond in 0..<200 {
            let source = IDSource.version7(clock: WallClock { start + .milliseconds(millisecond) })
            ids.append(source.new())
        }
        #expect(ids == ids.sorted())
        let still = IDSource.version7(clock: WallClock { start })
        #expect(Set((0..<5_000).map { _ in still.uuid() }).count == 5_000)
    }

    @Test("an instant before 1970 gives a valid id of 1970, not a crash")
    func beforeTheEpoch() {
        let uuid = UUID(version7At: Instant(microseconds: -1), random: 0, 0)
        #expect(uuid.uuidString == "00000000-0000-7000-8000-000000000000")
    }

    @Test("an id out of a digest is its first sixteen bytes with version and variant; shorter digests give none")
    func ofDigest() {
        let digest = [UInt8](repeating: 0xFF, count: 32)
        #expect(UUID(digest: digest)?.uuidString == "FFFFFFFF-FFFF-8FFF-BFFF-FFFFFFFFFFFF")
        #expect(UUID(digest: digest.prefix(16)) == UUID(digest: digest))
        #expect(UUID(digest: digest.prefix(15)) == nil)
    }
}
