import HL7v2
import Testing

@testable import Referrals

@Suite("One connection's messages") struct MLLPExchangeTests {
    private static let one = Array("MSH|one".utf8)
    private static let two = Array("MSH|two".utf8)
    private static let both = MLLPFrames.framed(one) + MLLPFrames.framed(two)

    @Test("one is in hand at a time, however many came at once, and they are taken in their order")
    func order() {
        var exchange = MLLPExchange()
        #expect(exchange.phase == .betweenMessages)
        let first = exchange.received(Self.both)
        #expect(first == .take(Self.one) && exchange.phase == .inHand)
        let meanwhile = exchange.received(MLLPFrames.framed(Self.one))
        #expect(meanwhile == .wait)
        let second = exchange.answered()
        let third = exchange.answered()
        let last = exchange.answered()
        #expect([second, third, last] == [.take(Self.two), .take(Self.one), .wait])
        #expect(exchange.phase == .betweenMessages)
    }

    @Test("bytes of one message are one wait; those of the next are another")
    func phases() {
        var exchange = MLLPExchange()
        _ = exchange.received([0x0B, 0x4D])
        let begun = exchange.phase
        _ = exchange.received([0x53])
        #expect(exchange.phase == begun && begun != .betweenMessages)
        _ = exchange.received([0x1C, 0x0D])
        _ = exchange.answered()
        _ = exchange.received([0x0B])
        #expect(exchange.phase != begun && exchange.phase != .betweenMessages)
    }

    @Test("a sender that has finished is answered to the end; what it left without an end is never taken")
    func finished() {
        var exchange = MLLPExchange()
        _ = exchange.received(Self.both + [0x0B, 0x4D])
        let now = exchange.finished()
        let second = exchange.answered()
        let last = exchange.answered()
        #expect([now, second, last] == [.wait, .take(Self.two), .close])
    }

    @Test("when we stop, the message in hand is answered and no other begun")
    func stop() {
        var (exchange, idle) = (MLLPExchange(), MLLPExchange())
        _ = exchange.received(Self.both)
        let now = exchange.stop()
        let last = exchange.answered()
        #expect([now, last, idle.stop()] == [.wait, .close, .close])
    }

    @Test(
        "too long a message, and one inside of another, end the connection with a reason, after what came before them")
    func refusals() {
        for (bytes, refusal) in [
            (Array(repeating: 0x41, count: 20), MLLPExchange.Refusal.tooLong), ([0x41, 0x0B], .cut),
        ] as [([UInt8], MLLPExchange.Refusal)] {
            var exchange = MLLPExchange(limit: 10)
            let first = exchange.received(MLLPFrames.framed(Self.one) + [0x0B] + bytes + MLLPFrames.framed(Self.two))
            let second = exchange.answered()
            let last = exchange.answered()
            #expect([first, second, last] == [.take(Self.one), .refuse(refusal), .close])
        }
    }

    @Test("the connection ends with an answer that says so")
    func last() {
        var exchange = MLLPExchange()
        _ = exchange.received(Self.both)
        let action = exchange.answered(isLast: true)
        #expect(action == .close)
    }
}
