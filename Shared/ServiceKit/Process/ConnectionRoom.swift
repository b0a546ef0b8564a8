internal import Glibc
internal import NIOConcurrencyHelpers
internal import NIOCore

/// How many connections a listener holds. When there is no room for one more, the one that has kept the listener waiting
/// longest for a complete request is closed: clients that only hold connections cannot keep others out.
final class ConnectionRoom: Sendable {
    private struct State {
        var open = 0
        var turn: UInt64 = 0
        /// Since which turn a connection owes a request, or the rest of one.
        var waiting: [ObjectIdentifier: (since: UInt64, channel: any Channel)] = [:]
    }

    private let most: Int
    private let state = NIOLockedValueBox(State())

    init(most: Int) {
        self.most = most
    }

    /// As many as leave half of the process's descriptors to everything else, and no more than 4096.
    static var usual: ConnectionRoom {
        var limit = rlimit()
        let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        let descriptors = isKnown ? Int(min(limit.rlim_cur, 8192)) : 1024
        return ConnectionRoom(most: max(64, descriptors / 2))
    }

    /// Connections that are open.
    var count: Int { state.withLockedValue(\.open) }

    /// A connection opens; returns the one that must be closed for it.
    func enter(_ channel: any Channel) -> (any Channel)? {
        state.withLockedValue { state in
            state.open += 1
            defer { Self.wait(channel, &state) }
            guard state.open > most else { return nil }
            let longest = state.waiting.min { $0.value.since < $1.value.since }
            return longest.flatMap { state.waiting.removeValue(forKey: $0.key) }?.channel
        }
    }

    /// A request has come whole.
    func requestCame(_ channel: any Channel) {
        state.withLockedValue { $0.waiting[ObjectIdentifier(channel)] = nil }
    }

    /// All requests are answered: the next is waited for.
    func answered(_ channel: any Channel) {
        state.withLockedValue { Self.wait(channel, &$0) }
    }

    /// A connection has closed.
    func leave(_ channel: any Channel) {
        state.withLockedValue { state in
            state.open -= 1
            state.waiting[ObjectIdentifier(channel)] = nil
        }
    }

    private static func wait(_ channel: any Channel, _ state: inout State) {
        state.turn += 1
        state.waiting[ObjectIdentifier(channel)] = (state.turn, channel)
    }
}
