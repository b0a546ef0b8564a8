import HL7v2
import Models
import NIOConcurrencyHelpers
import NIOCore
import TestKit
import Testing

@testable import Referrals

@Suite("Listening for MLLP", .serialized) struct MLLPListenerTests {
    private static func message(_ number: String) -> String {
        #"MSH|^~\&|EPIC|MERCY|HANDRAIL|NORTH|20261122010304-0500||REF^I12^REF_I12|\#(number)|P|2.5.1"#
    }

    /// Notes what is taken, and answers at once or when it is let.
    private final class Desk: Sendable {
        private let state = NIOLockedValueBox<(taken: [String], inHand: Int, most: Int)>(([], 0, 0))
        private let gate: AsyncStream<Void>
        private let open: AsyncStream<Void>.Continuation
        private let isGated: Bool

        init(isGated: Bool = false) {
            self.isGated = isGated
            (gate, open) = AsyncStream.makeStream()
        }

        var taken: [String] { state.withLockedValue(\.taken) }
        var most: Int { state.withLockedValue(\.most) }
        func letGo() { open.finish() }

        var actions: MLLPHandler.Actions {
            MLLPHandler.Actions(take: { bytes, _ in await self.take(bytes) }) { refusal in
                MLLPAnswer(bytes: Self.answer(.rejected, nil, refusal.text), isLast: true)
            }
        }

        private func take(_ bytes: [UInt8]) async -> MLLPAnswer {
            // SAFETY: these tests send what can be read; nil is answered without a number, and seen.
            let message = try? HL7Message(bytes)
            state.withLockedValue { state in
                state.taken.append(message?.controlID ?? "unreadable")
                state.inHand += 1
                state.most = max(state.most, state.inHand)
            }
            if isGated { for await _ in gate {} }
            await Task.yield()
            state.withLockedValue { $0.inHand -= 1 }
            return MLLPAnswer(bytes: Self.answer(.accepted, message, nil))
        }

        private static func answer(
            _ code: HL7Acknowledgement.Code, _ message: HL7Message?, _ text: String?
        ) -> [UInt8] {
            let faults = text.map { [HL7Acknowledgement.Fault(code: 207, text: $0)] } ?? []
            return HL7Acknowledgement(code, faults: faults).message(
                to: message, controlID: "1", at: Instant(microseconds: 0))
        }
    }

    private static let impatient = MLLPHandler.Limits(frame: .milliseconds(500), idle: .seconds(60), message: 1 << 20)

    @Test("messages that are sent without waiting are answered one by one, in their order")
    func pipelined() async throws {
        let desk = Desk()
        try await MLLPServer.with(desk.actions) { port, _ in
            try await MLLPCaller.with(port) { caller in
                let numbers = (0..<50).map { "C\($0)" }
                let all = numbers.flatMap { MLLPFrames.framed(Array(Self.message($0).utf8)) }
                // In pieces that end anywhere, with what does not belong there in between.
                for start in stride(from: 0, to: all.count, by: 333) {
                    try await caller.write(Array(all[start..<min(start + 333, all.count)]))
                }
                for number in numbers { #expect(try await caller.code() == "AA \(number)") }
                try await caller.write(Array("\r\n\0garbage\u{1C}\r".utf8))
                try await caller.send(Self.message("last"))
                #expect(try await caller.code() == "AA last")
                #expect(desk.taken == numbers + ["last"] && desk.most == 1)
            }
        }
    }

    @Test("a message that does not come to its end is never taken, and ends its connection only")
    func unterminated() async throws {
        let desk = Desk()
        try await MLLPServer.with(limits: Self.impatient, desk.actions) { port, _ in
            try await MLLPCaller.with(port) { (slow) async throws -> Void in
                try await slow.write([0x0B] + Array(Self.message("half").utf8))
                try await MLLPCaller.with(port) { (other) async throws -> Void in
                    try await other.send(Self.message("whole"))
                    #expect(try await other.code() == "AA whole")
                }
                #expect(try await slow.answer() == nil)
            }
            #expect(desk.taken == ["whole"])
        }
    }

    @Test("who sends a message byte by byte is cut off all the same")
    func trickled() async throws {
        let desk = Desk()
        try await MLLPServer.with(limits: Self.impatient, desk.actions) { port, _ in
            try await MLLPCaller.with(port) { (slow) async throws -> Void in
                let started = ContinuousClock.now
                try await slow.write([0x0B])
                let outbound = slow.outbound
                let trickle = Task {
                    while !Task.isCancelled {
                        try await Task.sleep(for: .milliseconds(20))
                        try await outbound.write(ByteBuffer(bytes: [0x41]))
                    }
                }
                #expect(try await slow.answer() == nil)
                trickle.cancel()
                #expect(ContinuousClock.now - started < .seconds(30))
            }
            #expect(desk.taken.isEmpty)
        }
    }

    @Test("a connection that is silent, or only sends what is no message, ends after a while")
    func silent() async throws {
        let desk = Desk()
        let limits = MLLPHandler.Limits(frame: .seconds(60), idle: .milliseconds(500), message: 1 << 20)
        try await MLLPServer.with(limits: limits, desk.actions) { port, _ in
            try await MLLPCaller.with(port) { (caller) async throws -> Void in
                try await caller.write(Array("nothing of ours".utf8))
                #expect(try await caller.answer() == nil)
            }
        }
    }

    @Test("too long a message, and one inside of another, are rejected in words, and the connection ends")
    func refused() async throws {
        let desk = Desk()
        try await MLLPServer.with(desk.actions) { port, _ in
            for bytes in [[0x0B] + [UInt8](repeating: 0x41, count: (1 << 20) + 1), [0x0B, 0x4D, 0x0B]] {
                try await MLLPCaller.with(port) { (caller) async throws -> Void in
                    try await caller.write(bytes)
                    let answer = try #require(try await caller.answer())
                    #expect(answer.first("MSA")?.text(1) == "AR" && answer.first("ERR")?.text(8)?.isEmpty == false)
                    #expect(try await caller.answer() == nil)
                }
            }
            #expect(desk.taken.isEmpty)
        }
    }

    @Test("a sender that closes its side is answered first")
    func halfClosed() async throws {
        let desk = Desk()
        try await MLLPServer.with(desk.actions) { port, _ in
            try await MLLPCaller.with(port) { (caller) async throws -> Void in
                try await caller.send(Self.message("1"))
                try await caller.send(Self.message("2"))
                caller.finish()
                let answers = [try await caller.code(), try await caller.code(), try await caller.code()]
                #expect(answers == ["AA 1", "AA 2", nil])
            }
        }
    }

    @Test("when the process stops, the message in hand is answered, no other is begun, and nobody new is let in")
    func stops() async throws {
        let desk = Desk(isGated: true)
        try await MLLPServer.with(desk.actions) { port, stop in
            try await MLLPCaller.with(port) { (busy) async throws -> Void in
                try await MLLPCaller.with(port) { (idle) async throws -> Void in
                    try await busy.send(Self.message("in hand"))
                    try await busy.send(Self.message("next"))
                    try await MLLPServer.until { !desk.taken.isEmpty }
                    await stop()
                    #expect(try await idle.answer() == nil)
                    await #expect(throws: (any Error).self) {
                        try await MLLPCaller.with(port) { (late) async throws -> Void in
                            try await late.send(Self.message("late"))
                            if try await late.answer() == nil { throw CancellationError() }
                        }
                    }
                    desk.letGo()
                    let answers = [try await busy.code(), try await busy.code()]
                    #expect(answers == ["AA in hand", nil])
                    #expect(desk.taken == ["in hand"])
                }
            }
        }
    }

    @Test("connections have a bound, and those that have one keep it")
    func room() async throws {
        let desk = Desk()
        let room = MLLPRoom(most: 2)
        try await MLLPServer.with(room: room, desk.actions) { port, _ in
            try await MLLPCaller.with(port) { (one) async throws -> Void in
                try await MLLPCaller.with(port) { (two) async throws -> Void in
                    try await MLLPServer.until { room.count == 2 }
                    try await MLLPCaller.with(port) { (three) async throws -> Void in
                        #expect(try await three.answer() == nil)
                    }
                    try await one.send(Self.message("1"))
                    try await two.send(Self.message("2"))
                    let answers = [try await one.code(), try await two.code()]
                    #expect(answers == ["AA 1", "AA 2"])
                }
            }
        }
    }
}
