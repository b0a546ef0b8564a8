/// The frames of a connection that carries HL7 v2 messages (Minimal Lower Layer Protocol): `0x0B`, the message, `0x1C 0x0D`.
///
/// A pure state machine: bytes go in as they come, frames come out. What stands between frames is dropped, as the
/// protocol says; a frame without an end is never longer than the limit.
public struct MLLPFrames: Sendable {
    /// What came of some bytes.
    public enum Event: Hashable, Sendable {
        case message([UInt8])
        /// A frame began before the one before it had ended: what belongs to which is anybody's guess from here on.
        case cut
        /// Longer than a message may be: the connection is of no use any more.
        case tooLong
    }

    private static let start: UInt8 = 0x0B
    private static let end: UInt8 = 0x1C
    private static let carriageReturn: UInt8 = 0x0D

    private let limit: Int
    private var frame: [UInt8]?
    private var isOver = false

    /// - Parameter limit: of a message in bytes.
    public init(limit: Int = HL7Limits().bytes) {
        self.limit = limit
    }

    /// Whether a frame has begun that has not ended.
    public var isInFrame: Bool { frame != nil }

    /// Takes bytes as they come; after ``Event/tooLong`` nothing more is taken.
    public mutating func received(_ bytes: some Sequence<UInt8>) -> [Event] {
        var events: [Event] = []
        for byte in bytes where !isOver {
            if let event = take(byte) { events.append(event) }
        }
        return events
    }

    /// A message in its frame.
    public static func framed(_ message: [UInt8]) -> [UInt8] { [start] + message + [end, carriageReturn] }

    private mutating func take(_ byte: UInt8) -> Event? {
        guard frame != nil else {
            if byte == Self.start { frame = [] }
            return nil
        }
        switch byte {
        case Self.end:
            // At once: some senders leave the carriage return away, and wait for their answer. Where it comes it stands
            // between frames.
            defer { frame = nil }
            return frame.map(Event.message)
        case Self.start:
            frame = []
            return .cut
        default:
            guard frame?.count ?? 0 < limit else {
                (isOver, frame) = (true, nil)
                return .tooLong
            }
            frame?.append(byte)
            return nil
        }
    }
}
