import NIOCore
import NIOEmbedded
import NIOExtras
import Testing

@testable import Referrals

@Suite("What an MLLP connection waits for") struct MLLPHandlerTests {
    /// A sender that does not read: nothing that is written leaves.
    private final class NeverRead: ChannelDuplexHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = ByteBuffer

        private(set) var held: [EventLoopPromise<Void>?] = []

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            held.append(promise)
        }

        func flush(context: ChannelHandlerContext) {}

        func channelInactive(context: ChannelHandlerContext) {
            for promise in held { promise?.fail(ChannelError.ioOnClosedChannel) }
            held = []
            context.fireChannelInactive()
        }
    }

    @Test(
        "an answer that is not read is waited for so long and no longer, also when the process stops meanwhile",
        arguments: [false, true])
    func unread(_ isStopping: Bool) throws {
        let sender = NeverRead()
        let handler = MLLPHandler(
            limits: .init(frame: .seconds(30)), room: MLLPRoom(most: 1), isProven: true,
            actions: .init(
                take: { _, _ in MLLPAnswer(bytes: []) }, refuse: { _ in MLLPAnswer(bytes: [0x4D], isLast: true) }))
        let channel = EmbeddedChannel(handlers: [sender, handler])
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/sender")).wait()
        // A message inside of another is refused, and that is an answer.
        try channel.writeInbound(ByteBuffer(bytes: [0x0B, 0x4D, 0x0B]))
        #expect(sender.held.count == 1)
        if isStopping { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }
}
