internal import Glibc

/// One direction of a connection: bytes that were read and wait for their time to be written.
struct ProxyQueue: Sendable {
    private struct Chunk {
        var bytes: ArraySlice<UInt8>
        let due: ContinuousClock.Instant
    }

    private var chunks: [Chunk] = []
    private var held = 0
    private var pace = ProxyPace()
    /// The sender has said that nothing more comes.
    private var isAtEnd = false
    /// The receiver was told so, after the last byte.
    private(set) var hasEnded = false
    private(set) var isBroken = false

    /// So many bytes are held at most; a sender that is faster finds its own buffers full, as with a slow network.
    private static let most = 1 << 18

    var takesMore: Bool { !isAtEnd && !isBroken && held < Self.most }
    var due: ContinuousClock.Instant? { chunks.first?.due }

    func isDue(at now: ContinuousClock.Instant) -> Bool {
        due.map { $0 <= now } ?? false
    }

    mutating func read(_ socket: Int32, at now: ContinuousClock.Instant, _ faults: FaultyProxy.Faults) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0 else {
            if count == 0 { isAtEnd = true } else if errno != EAGAIN && errno != EINTR { isBroken = true }
            return
        }
        held += count
        var rest = buffer[..<count]
        while !rest.isEmpty {
            let piece = rest.prefix(ProxyPace.piece(faults.bytesPerSecond))
            rest = rest.dropFirst(piece.count)
            chunks.append(Chunk(bytes: piece, due: pace.due(piece.count, at: now, faults)))
        }
    }

    /// Writes what is due, and then the end; never more than `limit` bytes, which it counts down.
    mutating func write(_ socket: Int32, at now: ContinuousClock.Instant, until limit: inout Int?) {
        while !isBroken, limit != 0, let chunk = chunks.first, chunk.due <= now {
            let piece = chunk.bytes.prefix(limit ?? .max)
            let count = piece.withUnsafeBytes {
                send(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            }
            guard count >= 0 else {
                if errno != EAGAIN && errno != EINTR { isBroken = true }
                return
            }
            held -= count
            limit = limit.map { $0 - count }
            if count == chunk.bytes.count {
                chunks.removeFirst()
            } else {
                chunks[0].bytes = chunk.bytes.dropFirst(count)
            }
        }
        if isAtEnd && chunks.isEmpty && !hasEnded {
            shutdown(socket, Int32(SHUT_WR))
            hasEnded = true
        }
    }
}

/// When bytes arrive, on a line with a latency and a bandwidth. Pure.
struct ProxyPace: Sendable {
    /// When the last byte has left the sender.
    private var freeAt: ContinuousClock.Instant?

    /// How many bytes travel together: a hundredth of a second's.
    static func piece(_ bytesPerSecond: Int?) -> Int {
        bytesPerSecond.map { max(1, $0 / 100) } ?? .max
    }

    /// The bytes leave behind those before them, as fast as the line takes them, and arrive after its latency.
    mutating func due(
        _ count: Int, at now: ContinuousClock.Instant, _ faults: FaultyProxy.Faults
    ) -> ContinuousClock.Instant {
        var free = max(now, freeAt ?? now)
        if let rate = faults.bytesPerSecond { free += .seconds(1) * (Double(count) / Double(max(1, rate))) }
        freeAt = free
        return free + faults.latency
    }
}
