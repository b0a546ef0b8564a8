import HL7v2
import Testing

@Suite("MLLP frames") struct MLLPFramesTests {
    private static let one = Array("MSH|one".utf8)
    private static let two = Array("MSH|two".utf8)

    @Test("messages come out whole, however the network cuts them")
    func cuts() {
        let sent = MLLPFrames.framed(Self.one) + MLLPFrames.framed(Self.two)
        for cut in 0...sent.count {
            var frames = MLLPFrames()
            let events = frames.received(sent[..<cut]) + frames.received(sent[cut...])
            #expect(events == [.message(Self.one), .message(Self.two)], "cut at \(cut)")
        }
    }

    @Test("a message is there before its last carriage return, and with none at all")
    func noReturn() {
        var frames = MLLPFrames()
        #expect(frames.received([0x0B] + Self.one + [0x1C]) == [.message(Self.one)])
        #expect(frames.received([0x0B] + Self.two + [0x1C]) == [.message(Self.two)])
        #expect(!frames.isInFrame)
    }

    @Test("what stands between frames is dropped; a frame that begins in another says that one was lost")
    func between() {
        var frames = MLLPFrames()
        #expect(frames.received(Array("hello\r\n".utf8)).isEmpty)
        #expect(frames.received([0x0B, 0x41] + MLLPFrames.framed(Self.one)) == [.cut, .message(Self.one)])
    }

    @Test("a frame without an end costs no more than the limit, and ends the connection")
    func endless() {
        var frames = MLLPFrames(limit: 10)
        #expect(frames.received(MLLPFrames.framed(Array(repeating: 0x41, count: 10))).count == 1)
        #expect(frames.received([0x0B] + Array(repeating: 0x41, count: 11)) == [.tooLong])
        #expect(frames.received(MLLPFrames.framed(Self.one)).isEmpty)
    }
}
