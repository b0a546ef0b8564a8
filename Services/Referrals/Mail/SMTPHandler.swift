internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Does on a connection what ``SMTPDialogue`` says.
final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var dialogue: SMTPDialogue
    private var replies = SMTPReplies()
    private let limit: TimeAmount
    private let outcome: EventLoopPromise<SMTPDialogue.Outcome>
    /// What begins TLS in the midst of the connection.
    private let tls: @Sendable () throws -> NIOSSLClientHandler
    private var alarm: Scheduled<Void>?

    /// - Parameter limit: for the whole dialogue.
    init(
        _ dialogue: SMTPDialogue, limit: TimeAmount, outcome: EventLoopPromise<SMTPDialogue.Outcome>,
        tls: @escaping @Sendable () throws -> NIOSSLClientHandler
    ) {
        (self.dialogue, self.limit, self.outcome, self.tls) = (dialogue, limit, outcome, tls)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        alarm = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
            self.act(self.dialogue.broke("no answer in time"), context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { act(dialogue.broke("the connection ended"), context) }

    func channelInactive(context: ChannelHandlerContext) {
        act(dialogue.broke("the connection ended"), context)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(SMTPReplies.Garbled) {
            let found = try replies.take(unwrapInboundIn(data).readableBytesView)
            for (index, reply) in found.enumerated() {
                let isFollowed = index + 1 < found.count || replies.isWithin
                act(dialogue.received(reply, isFollowed: isFollowed), context)
            }
        } catch {
            act(dialogue.broke("what came is no answer"), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { act(dialogue.encrypted(), context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// A certificate that is not the server's ends here, too.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        act(dialogue.broke("the connection broke: \(type(of: error))"), context)
    }

    private func act(_ action: SMTPDialogue.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .wait: break
        case .send(let bytes): context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        case .encrypt:
            do {
                try context.pipeline.syncOperations.addHandler(tls(), position: .first)
            } catch {
                act(dialogue.broke("no TLS"), context)
            }
        case .end(let result):
            alarm?.cancel()
            outcome.succeed(result)
            context.close(promise: nil)
        }
    }
}
