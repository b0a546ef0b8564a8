import FoundationEssentials
import Models
import TestKit
import Testing

@Suite("Instants")
struct InstantTests {
    // The microseconds are Python's datetime's, not ours.
    @Test(
        "RFC 3339 is read as the microsecond it names",
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-22T09:30:00.5+01:00", 1_795_336_200_500_000),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
            ("2024-02-29T12:00:00-05:30", 1_709_227_800_000_000),
            ("2000-03-01T00:00:00+14:00", 951_818_400_000_000),
            ("2000-03-01t00:00:00z", 951_868_800_000_000),
            ("1970-01-01T00:00:00.1234569Z", 123_456),
        ] as [(String, Int64)]
    )
    func reads(_ text: String, _ microseconds: Int64) {
        #expect(Instant(text)?.microseconds == microseconds)
    }

    @Test(
        "what is not RFC 3339 with a zone is no instant",
        arguments: [
            "", "2026-11-22", "2026-11-22T09:30:00", "2026-11-22 09:30:00Z", "2026-11-22T09:30Z",
            "2026-11-22T24:00:00Z", "2026-11-22T09:60:00Z", "2026-11-22T09:30:61Z", "2026-11-31T09:30:00Z",
            "2026-11-22T09:30:00.Z", "2026-11-22T09:30:00+0100", "2026-11-22T09:30:00+24:00", "26-11-22T09:30:00Z",
            "2026-11-22T09:30:00Z ", "+2026-11-22T09:30:00Z", "2026-11-22T09:30:00ZZ", "٢٠٢٦-11-22T09:30:00Z",
        ]
    )
    func refuses(_ text: String) {
        #expect(Instant(text) == nil)
    }

    @Test(
        "an instant is written in UTC with as many decimals as it takes",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (1_795_336_200_500_000, "2026-11-22T08:30:00.500000Z"),
        ] as [(Int64, String)]
    )
    func writes(_ microseconds: Int64, _ text: String) {
        #expect(Instant(microseconds: microseconds).description == text)
    }

    @Test("what is written is read back, over all years", arguments: [1, 2, 3] as [UInt64])
    func roundTrip(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let microseconds = Int64.random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &random)
            let instant = Instant(microseconds: microseconds)
            #expect(Instant(instant.description) == instant)
        }
    }

    @Test("written instants of one form sort as text as they do in time", arguments: [11, 12] as [UInt64])
    func textOrder(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let first = Instant(unixSeconds: .random(in: 0...4_000_000_000, using: &random))
            let second = Instant(unixSeconds: .random(in: 0...4_000_000_000, using: &random))
            #expect((first < second) == (first.description < second.description))
        }
    }

    @Test("adding a duration and taking it away again changes nothing", arguments: [21] as [UInt64])
    func arithmetic(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let instant = Instant(microseconds: .random(in: -1_000_000_000_000...2_000_000_000_000_000, using: &random))
            let duration = Duration.microseconds(
                Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random))
            #expect(instant + duration - duration == instant)
            #expect((instant + duration) - instant == duration)
            #expect((instant + duration >= instant) == (duration >= .zero))
        }
    }

    @Test("before 1970 the second and the day are rounded down, not towards zero")
    func floors() {
        let justBefore = Instant(microseconds: -1)
        #expect(justBefore.unixSeconds == -1)
        #expect(justBefore.dateInUTC == CivilDate(year: 1969, month: 12, day: 31))
        #expect(Instant(unixSeconds: 86_399).dateInUTC == CivilDate(year: 1970, month: 1, day: 1))
    }

    @Test("in JSON an instant is its text, and a bad one is refused with its place")
    func json() throws {
        let instant = Instant(microseconds: 1_795_336_200_500_000)
        let data = try JSONEncoder().encode([instant])
        #expect(String(decoding: data, as: UTF8.self) == #"["2026-11-22T08:30:00.500000Z"]"#)
        #expect(try JSONDecoder().decode([Instant].self, from: data) == [instant])
        let refused = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Instant].self, from: Data(#"["2026-11-22T08:30:00Z","yesterday"]"#.utf8))
        }
        guard case .dataCorrupted(let context) = refused else {
            Issue.record("another error: \(String(describing: refused))")
            return
        }
        #expect(context.codingPath.first?.intValue == 1)
    }

    @Test("the computer's clock is after this code was written, and does not stand still in 1970")
    func systemClock() {
        #expect(WallClock.system.now() > Instant(unixSeconds: 1_760_000_000))
    }
}
