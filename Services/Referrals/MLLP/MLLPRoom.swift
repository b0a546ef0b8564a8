internal import Metrics
internal import NIOConcurrencyHelpers
internal import NIOCore

/// How many connections a listener holds. Those that have not proved yet who they are make way for new ones; those that
/// have keep their place, because an interface engine holds its connection for days.
final class MLLPRoom: Sendable {
    /// Whether there was room.
    enum Entry {
        /// The other connection is closed for this one.
        case taken(closing: (any Channel)?)
        case full
    }

    private struct State {
        var proven: Set<ObjectIdentifier> = []
        var unproven: [any Channel] = []

        var count: Int { proven.count + unproven.count }
    }

    private let most: Int
    private let gauge: Gauge?
    private let state = NIOLockedValueBox(State())

    init(most: Int, gauge: Gauge? = nil) {
        (self.most, self.gauge) = (most, gauge)
    }

    var count: Int { state.withLockedValue(\.count) }

    func enter(_ channel: any Channel, isProven: Bool) -> Entry {
        let entry = state.withLockedValue { state -> Entry in
            var closing: (any Channel)?
            if state.count >= most {
                guard !state.unproven.isEmpty else { return .full }
                closing = state.unproven.removeFirst()
            }
            if isProven {
                state.proven.insert(ObjectIdentifier(channel))
            } else {
                state.unproven.append(channel)
            }
            return .taken(closing: closing)
        }
        gauge?.record(count)
        return entry
    }

    /// The connection has proved who it is.
    func proved(_ channel: any Channel) {
        state.withLockedValue { state in
            guard let index = state.unproven.firstIndex(where: { $0 === channel }) else { return }
            state.unproven.remove(at: index)
            state.proven.insert(ObjectIdentifier(channel))
        }
    }

    func leave(_ channel: any Channel) {
        state.withLockedValue { state in
            state.proven.remove(ObjectIdentifier(channel))
            state.unproven.removeAll { $0 === channel }
        }
        gauge?.record(count)
    }
}
