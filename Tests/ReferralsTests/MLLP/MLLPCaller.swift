import HL7v2
import Logging
import Models
import NIOCore
import NIOPosix
import NIOSSL
import ServiceKit
import ServiceLifecycle
import TestKit
import Testing

@testable import Referrals

/// A connection as an interface engine holds it.
struct MLLPCaller {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var rest: [UInt8] = []

    /// Connects for the time of the body.
    static func with<T>(
        _ port: Int, tls: TLSConfiguration? = nil, _ body: (inout MLLPCaller) async throws -> T
    ) async throws -> T {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var caller = MLLPCaller(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&caller)
        }
    }

    private init(
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        (self.inbound, self.outbound) = (inbound, outbound)
    }

    func write(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    func send(_ message: String) async throws { try await write(MLLPFrames.framed(Array(message.utf8))) }

    /// No more is sent.
    func finish() { outbound.finish() }

    /// The next answer; nil where the connection ends instead.
    mutating func answer() async throws -> HL7Message? {
        while true {
            if let end = rest.firstIndex(of: 0x1C) {
                let message = try HL7Message(Array(rest[..<end].drop { $0 == 0x0B || $0 == 0x0D }))
                rest = Array(rest[(end + 1)...])
                return message
            }
            do {
                guard let more = try await inbound.next() else { return nil }
                rest += more.readableBytesView
            } catch {
                // A connection that is reset has ended, too.
                return nil
            }
        }
    }

    /// The code of the next answer, and the number that it answers to.
    mutating func code() async throws -> String? {
        try await answer()?.first("MSA").map { "\($0.text(1) ?? "") \($0.text(2) ?? "")" }
    }
}

/// A listener on a port of its own.
enum MLLPServer {
    private struct NeverHappened: Error {}

    static let loopback = ListenAddress(host: "127.0.0.1", port: 0)

    static func until(_ condition: @Sendable () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition() {
            guard ContinuousClock.now < deadline else { throw NeverHappened() }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Runs it for the time of the body, which may stop it earlier.
    static func with(
        limits: MLLPHandler.Limits = .init(), room: MLLPRoom = MLLPRoom(most: 64), tls: NIOSSLContext? = nil,
        _ actions: MLLPHandler.Actions,
        _ body: @escaping @Sendable (_ port: Int, _ stop: @escaping @Sendable () async -> Void) async throws -> Void
    ) async throws {
        let state = MLLPState([loopback])
        let listener = MLLPListener(
            address: loopback, tls: tls, limits: limits, room: room, actions: actions, state: state, logger: .silent)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: listener, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: .silent))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            #expect(state.failure != nil || state.port(of: loopback) != nil)
            try await until { state.failure == nil }
            let port = try #require(state.port(of: loopback))
            do {
                try await body(port) { await group.triggerGracefulShutdown() }
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            #expect(state.failure != nil)
            #expect(room.count == 0)
        }
    }
}
