import FoundationEssentials
import Models
import Testing

@testable import MessageTable

/// Positions, checkpoints and shares, without a database.
@Suite struct CursorTests {
    private static let readAt = Instant(unixSeconds: 0)

    @Test("a window that came whole is done; a full batch goes on behind its last message")
    func windows() {
        let read = WindowRead(slots: [1], tick: 4, hi: 5, after: 0)
        #expect(read.next(lastID: 70, isWhole: true) == Position(tick: 5, window: nil))
        #expect(read.next(lastID: nil, isWhole: true) == Position(tick: 5, window: nil))
        #expect(read.next(lastID: 70, isWhole: false) == Position(tick: 4, window: .init(hi: 5, after: 70)))
    }

    @Test("what was read ahead is handed out in batches to the window's end, and only to those who stand there")
    func readAhead() {
        let read = WindowRead(slots: [0, 3], tick: 4, hi: 5, after: 0)
        var ahead = ReadAhead(read, (1...5).map(Self.message), isWhole: true, newestTick: 5)
        let start = Position(tick: 4, window: nil)
        var (batch, next) = ahead.batch(of: 3)
        #expect(batch.map(\.id) == [1, 2, 3] && next == Position(tick: 4, window: .init(hi: 5, after: 3)))
        #expect(ahead.continues([0, 3], at: start) && !ahead.continues([0], at: start))
        #expect(!ahead.continues([0, 3], at: Position(tick: 5, window: nil)))
        ahead.passed(batch.count, next)
        #expect(ahead.continues([0, 3], at: next) && !ahead.continues([0, 3], at: start))
        #expect(!ahead.continues([0], at: next))
        #expect(!ahead.continues([0, 3], at: Position(tick: 4, window: .init(hi: 5, after: 4))))
        (batch, next) = ahead.batch(of: 3)
        #expect(batch.map(\.id) == [4, 5] && next == Position(tick: 5, window: nil))
        ahead.passed(batch.count, next)
        #expect(!ahead.continues([0, 3], at: next))
    }

    @Test("a window that did not come whole is read again behind what came")
    func readAgain() {
        let read = WindowRead(slots: [0], tick: 4, hi: 5, after: 0)
        var ahead = ReadAhead(read, (1...3).map(Self.message), isWhole: false, newestTick: 5)
        let (batch, next) = ahead.batch(of: 3)
        #expect(batch.count == 3 && next == Position(tick: 4, window: .init(hi: 5, after: 3)))
        ahead.passed(batch.count, next)
        #expect(!ahead.continues([0], at: next))
    }

    private static func message(_ id: Int) -> Message {
        Message(
            id: Int64(id), messageID: UUID(), topic: "t", key: "k", version: nil, agencyID: LogFixture.agency, slot: 0,
            headers: .none, occurredAt: readAt, payload: [])
    }

    @Test("the slots that lag most are read next, those at one place together")
    func furthestBehind() {
        let behind = Position(tick: 3, window: nil)
        let ahead = Position(tick: 4, window: nil)
        let cursors = [
            SlotCursor(slot: 0, step: 9, position: ahead, readAt: Self.readAt),
            SlotCursor(slot: 5, step: 1, position: behind, readAt: Self.readAt),
            SlotCursor(slot: 2, step: 7, position: behind, readAt: Self.readAt),
        ]
        #expect(cursors.furthestBehind()?.slots == [2, 5])
        #expect(cursors.furthestBehind()?.position == behind)
        #expect([SlotCursor]().furthestBehind() == nil)
    }

    @Test("a slot half through a window finishes it before whole ones begin the same window")
    func halfWay() {
        let half = Position(tick: 3, window: .init(hi: 4, after: 10))
        let cursors = [
            SlotCursor(slot: 0, step: 1, position: Position(tick: 3, window: nil), readAt: Self.readAt),
            SlotCursor(slot: 1, step: 1, position: half, readAt: Self.readAt),
        ]
        #expect(cursors.furthestBehind()?.slots == [1])
    }

    @Test("checkpoints number on from the last one; idle moves are written only when there is one")
    func checkpoints() {
        var cursor = SlotCursor(slot: 3, step: 10, position: Position(tick: 1, window: nil), readAt: Self.readAt)
        #expect(cursor.idleCheckpoint == nil)
        cursor.passed(to: Position(tick: 2, window: nil))
        #expect(cursor.idleCheckpoint?.step == 11)
        let checkpoint = cursor.checkpoint(at: Position(tick: 5, window: nil))
        cursor.acknowledged(checkpoint)
        #expect(cursor.step == 11 && cursor.position.tick == 5)
        #expect(cursor.idleCheckpoint == nil)
    }

    @Test("all members together hold each slot exactly once", arguments: 1...20)
    func shares(count: Int) {
        let members = (0..<count).map { _ in UUID() }
        let shares = members.flatMap { Membership.share(of: $0, among: members) }
        #expect(shares.sorted() == Array(0..<16))
        #expect(Membership.share(of: UUID(), among: members) == [])
    }

    @Test("a failing message waits longer each time, and dies in the end; what cannot be decoded dies at once")
    func failures() {
        struct Hiccup: Error {}
        let now = Instant(unixSeconds: 1_000_000)
        let pauses = (1..<ParkedFailure.maximumAttempts).map {
            ParkedFailure.failed(Hiccup(), attempt: $0, now: now, jitter: 0).nextAt - now
        }
        #expect(pauses == pauses.sorted() && pauses.first == .seconds(1) && pauses.last == .seconds(600))
        #expect(ParkedFailure.failed(Hiccup(), attempt: 12, now: now, jitter: 0).isDead)
        #expect(ParkedFailure.failed(MessageError.undecodable(type: "X"), attempt: 1, now: now, jitter: 0).isDead)
        #expect(ParkedFailure.failed(Hiccup(), attempt: 1, now: now, jitter: 1).nextAt - now == .milliseconds(1500))
    }
}
