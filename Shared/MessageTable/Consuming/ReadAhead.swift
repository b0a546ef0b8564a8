/// Messages of one window that were read and wait to be handled, so that a large window is not read for each batch.
///
/// A window never changes, so what was read stays good whatever becomes of the handling. Pure.
struct ReadAhead: Sendable {
    private var read: WindowRead
    private var messages: ArraySlice<Message>
    /// The window has no more than these.
    private let isWhole: Bool
    /// The newest tick that was seen when this was read: slots before it have something to read.
    let newestTick: Int64

    /// Nothing is read yet.
    init() {
        self.init(WindowRead(slots: [], tick: 0, hi: 0, after: 0), [], isWhole: true, newestTick: 0)
    }

    init(_ read: WindowRead, _ messages: [Message], isWhole: Bool, newestTick: Int64) {
        self.read = read
        self.messages = messages[...]
        self.isWhole = isWhole
        self.newestTick = newestTick
    }

    /// Whether what comes next here is what these slots want, which stand at that position.
    func continues(_ slots: [Int], at position: Position) -> Bool {
        guard read.slots == slots, read.tick == position.tick, !(messages.isEmpty && !isWhole) else { return false }
        guard let window = position.window else { return read.after == 0 }
        return window == Position.Window(hi: read.hi, after: read.after)
    }

    /// The next messages, and where the slots stand after them.
    func batch(of size: Int) -> (messages: [Message], next: Position) {
        let batch = Array(messages.prefix(size))
        return (batch, read.next(lastID: batch.last?.id, isWhole: isWhole && batch.count == messages.count))
    }

    /// So many messages are handled, and the slots stand there now.
    mutating func passed(_ count: Int, _ position: Position) {
        messages.removeFirst(count)
        guard let window = position.window else { return self = ReadAhead() }
        read = WindowRead(slots: read.slots, tick: position.tick, hi: window.hi, after: window.after)
    }
}
