internal import Foundation
internal import Glibc
internal import NIOConcurrencyHelpers

/// A TCP proxy on the loopback interface that fails on command: for what a network does between a program and
/// PostgreSQL.
///
/// Whatever is asked of it holds when the call returns. One thread of its own carries all connections, so that it goes
/// on however busy the program's tasks are.
public final class FaultyProxy: Sendable {
    /// What is wrong with the network.
    public struct Faults: Hashable, Sendable {
        /// Nothing is carried in either direction and no end of a connection is passed on, as when a cable is pulled:
        /// both sides believe that the connection is open. What was sent meanwhile arrives when it is over.
        public var isStalled = false
        /// New connections are reset at once; those that are open stay.
        public var refusesConnections = false
        /// How much later than it was sent each byte arrives, in each direction.
        public var latency: Duration = .zero
        /// So many bytes a second in each direction of each connection; nil: as many as there are.
        public var bytesPerSecond: Int?

        public init() {}
    }

    /// The URL that was given, with the proxy's port in the place of the server's.
    public let url: String
    public let port: Int
    private let wakeUp: Int32
    private let orders = NIOLockedValueBox<[@Sendable (inout ProxyLoop) -> Void]>([])

    /// The proxy could not be set up.
    public struct Failed: Error, CustomStringConvertible {
        public let description: String
    }

    /// Listens on a free port of the loopback interface.
    ///
    /// - Parameter url: of the server, which is on the loopback interface as well: `postgresql://…@127.0.0.1:5432/…`.
    public init(before url: String) throws {
        guard var components = URLComponents(string: url), let target = components.port.flatMap(UInt16.init) else {
            throw Failed(description: "the server's URL names no port")
        }
        let listener = try LoopbackSocket.listen()
        port = Int(LoopbackSocket.port(of: listener))
        components.port = port
        self.url = components.string ?? url
        let (woken, waking) = try LoopbackSocket.pair()
        wakeUp = waking
        let loop = ProxyLoop(listener: listener, wakeUp: woken, target: target)
        Thread.detachNewThread { [self] in
            var loop = loop
            while !loop.isStopped {
                loop.turn()
                let due = orders.withLockedValue { orders in
                    defer { orders.removeAll() }
                    return orders
                }
                for order in due { order(&loop) }
            }
        }
    }

    /// Sets up a proxy, runs the body, and takes it down with all its connections.
    public static func with<T: Sendable>(
        before url: String, _ body: @Sendable (FaultyProxy) async throws -> T
    ) async throws -> T {
        let proxy = try FaultyProxy(before: url)
        do {
            let value = try await body(proxy)
            await proxy.stop()
            return value
        } catch {
            await proxy.stop()
            throw error
        }
    }

    private func order<T: Sendable>(_ order: @escaping @Sendable (inout ProxyLoop) -> T) async -> T {
        await withCheckedContinuation { continuation in
            orders.withLockedValue { $0.append { continuation.resume(returning: order(&$0)) } }
            var one: UInt8 = 1
            _ = write(wakeUp, &one, 1)
        }
    }

    /// Changes what is wrong: `await proxy.set { $0.isStalled = true }`.
    public func set(_ change: @escaping @Sendable (inout Faults) -> Void) async {
        await order { change(&$0.faults) }
    }

    /// Resets all connections, on both sides; what is under way in them is lost.
    ///
    /// - Returns: how many there were.
    @discardableResult
    public func cut() async -> Int {
        await order { $0.cut() }
    }

    /// Lets so many more bytes of the server through, of all connections together, and resets the connection that
    /// carried the last of them: in the middle of an answer.
    public func cut(afterServerBytes count: Int) async {
        await order { $0.serverBytesUntilCut = max(1, count) }
    }

    /// The connections that are open now.
    public var connections: Int {
        get async { await order { $0.links.count } }
    }

    /// Resets all connections and listens no more. The proxy is of no use afterwards.
    public func stop() async {
        await order { $0.stop() }
    }
}
