import HL7v2
import Models
import Testing

@Suite("Times in HL7 v2") struct HL7DateTimeTests {
    @Test(
        "a time is as exact as the sender was",
        arguments: [
            ("2026", nil, nil), ("202611", nil, nil), ("20261122", "2026-11-22", nil),
            ("2026112201", "2026-11-22", nil), ("20261122010304-0500", "2026-11-22", "2026-11-22T06:03:04Z"),
            ("202611220103+0100", "2026-11-22", "2026-11-22T00:03:00Z"),
            ("20261122010304.1234+0000", "2026-11-22", "2026-11-22T01:03:04Z"),
        ] as [(String, String?, String?)])
    func read(_ text: String, _ date: String?, _ instant: String?) throws {
        let time = try #require(HL7DateTime(text))
        #expect(time.date?.description == date)
        #expect(time.instant()?.description == instant)
    }

    @Test("without an offset it is the sender's usual one")
    func usual() throws {
        let time = try #require(HL7DateTime("20261122010304"))
        #expect(time.instant() == nil)
        #expect(time.instant(usual: -300)?.description == "2026-11-22T06:03:04Z")
        #expect(HL7DateTime("20261122")?.instant(usual: 0) == nil, "a day is no instant")
    }

    @Test(
        "days and times that there are not are none",
        arguments: [
            "", "20", "202", "20261", "20261301", "20260230", "2026112224", "202611220160", "20261122010361",
            "20261122-05", "2026-11-22", "20261122010304.", "20261122.5", "abcd", "20261122+1500", "+0500", "00000101",
        ])
    func refused(_ text: String) { #expect(HL7DateTime(text) == nil) }

    @Test("what we write is read back the same")
    func stamp() throws {
        let instant = Instant(unixSeconds: 1_795_309_384)
        #expect(HL7DateTime(HL7Line.stamp(instant))?.instant() == instant)
    }
}
