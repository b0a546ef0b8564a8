internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOExtras
internal import NIOPosix
internal import NIOSSL
internal import ServiceKit
internal import ServiceLifecycle

/// Listens for HL7 v2 messages by MLLP on one port. When the process stops it takes no more connections, answers the
/// message that each of them has in hand, and closes them.
struct MLLPListener: Service {
    let address: ListenAddress
    /// Nil where the connection is protected by others: on loopback, or behind a proxy that ends TLS.
    let tls: NIOSSLContext?
    var limits = MLLPHandler.Limits()
    let room: MLLPRoom
    let actions: MLLPHandler.Actions
    let state: MLLPState
    let logger: Logger

    func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        let channel = try await bind(group, quiescing)
        state.listens(on: channel.localAddress?.port, at: address)
        logger.info("listening for MLLP", metadata: ["listen": "\(address)", "tls": "\(tls != nil)"])
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await channel.closeFuture.get()
            } onGracefulShutdown: {
                quiescing.initiateShutdown(promise: nil)
            }
        } onCancel: {
            channel.close(promise: nil)
        }
        state.stopped(at: address)
        let ended = group.next().makePromise(of: Void.self)
        quiescing.initiateShutdown(promise: ended)
        try await ended.futureResult.get()
    }

    private func bind(
        _ group: MultiThreadedEventLoopGroup, _ quiescing: ServerQuiescingHelper
    ) async throws -> any Channel {
        let (tls, limits, room, actions) = (tls, limits, room, actions)
        return try await ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.backlog, value: 256)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .childChannelOption(ChannelOptions.socketOption(.so_keepalive), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(
                        MLLPHandler(limits: limits, room: room, isProven: tls == nil, actions: actions))
                }
            }
            .bind(host: address.host, port: address.port).get()
    }
}

/// Which of a process's MLLP listeners listen, for its readiness.
final class MLLPState: Sendable {
    private let ports: NIOLockedValueBox<[ListenAddress: Int?]>

    init(_ addresses: [ListenAddress]) {
        ports = NIOLockedValueBox(Dictionary(addresses.map { ($0, nil) }, uniquingKeysWith: { first, _ in first }))
    }

    /// Nil where all listen.
    var failure: String? {
        let silent = ports.withLockedValue { $0.values.count { $0 == nil } }
        return silent == 0 ? nil : "\(silent) MLLP listeners do not listen"
    }

    /// The port of a listener that the system chose one for.
    func port(of address: ListenAddress) -> Int? { ports.withLockedValue { $0[address] ?? nil } }

    func listens(on port: Int?, at address: ListenAddress) { ports.withLockedValue { $0[address] = .some(port) } }

    func stopped(at address: ListenAddress) { ports.withLockedValue { $0[address] = .some(nil) } }
}
