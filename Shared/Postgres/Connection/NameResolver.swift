internal import Dispatch
internal import Glibc
internal import NIOConcurrencyHelpers

/// Looks host names up on threads of its own, because the system's resolver blocks, for up to half a minute when a name
/// server is silent.
///
/// Those who ask for one name at the same time share one look-up, so that a dead name server holds one thread for each
/// name and not one for each connection. Nothing is remembered: a name may move to another address at a failover.
final class NameResolver: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<[String]?, Never>
        let alarm: Task<Void, any Error>
    }

    private struct State {
        /// By name; a name is here as long as its look-up runs, also when nobody waits for it any more.
        var waiters: [String: [UInt64: Waiter]] = [:]
        var nextWaiter: UInt64 = 1
    }

    private let state = NIOLockedValueBox(State())
    private let lookUp: @Sendable (_ name: String) -> [String]
    private let threads = DispatchQueue(label: "postgres.names", attributes: .concurrent)

    /// - Parameter lookUp: the numeric addresses of a name, none when there is no such name. May block.
    init(_ lookUp: @escaping @Sendable (_ name: String) -> [String] = NameResolver.system) {
        self.lookUp = lookUp
    }

    /// The addresses of a name; nil when they were not known by the deadline.
    func addresses(of name: String, by deadline: ContinuousClock.Instant) async -> [String]? {
        await withCheckedContinuation { continuation in
            let isFirst = state.withLockedValue { state in
                let waiter = state.nextWaiter
                state.nextWaiter += 1
                let alarm = Task {
                    try await Task.sleep(until: deadline, clock: .continuous)
                    giveUp(name, waiter)
                }
                let isFirst = state.waiters[name] == nil
                state.waiters[name, default: [:]][waiter] = Waiter(continuation: continuation, alarm: alarm)
                return isFirst
            }
            if isFirst { threads.async { self.finish(name, self.lookUp(name)) } }
        }
    }

    private func finish(_ name: String, _ addresses: [String]) {
        let waiters = state.withLockedValue { $0.waiters.removeValue(forKey: name) ?? [:] }
        for waiter in waiters.values {
            waiter.alarm.cancel()
            waiter.continuation.resume(returning: addresses)
        }
    }

    private func giveUp(_ name: String, _ waiter: UInt64) {
        let waiter = state.withLockedValue { $0.waiters[name]?.removeValue(forKey: waiter) }
        waiter?.continuation.resume(returning: nil)
    }

    /// What the system's resolver says, in its order of preference.
    static func system(_ name: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let result = getnameinfo(
                entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if result == 0, !addresses.contains(address) { addresses.append(address) }
            next = entry.ai_next
        }
        return addresses
    }
}
