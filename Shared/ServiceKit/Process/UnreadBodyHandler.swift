internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Does to the connection what ``UnreadBody`` says.
final class UnreadBodyHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// However slowly the rest of a body comes, the connection ends after this.
    private static let longest = TimeAmount.seconds(10)

    private var body = UnreadBody()
    private var limit: Scheduled<Void>?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch body.received(part) {
        case .pass:
            if case .end = part { stopDraining() }
            context.fireChannelRead(data)
        case .drop: break
        case .cut: context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody behind this handler asks for more, having got nothing.
        if limit != nil { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let answer) where answer.status.kind != .informational: body.answering(answer)
        case .head, .body: break
        case .end:
            // Only once the answer has left: closing earlier would lose it.
            let written = promise ?? context.eventLoop.makePromise()
            written.futureResult.assumeIsolated().whenSuccess { self.answered(context) }
            context.write(data, promise: written)
            return
        }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopDraining()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stopDraining() }

    private func answered(_ context: ChannelHandlerContext) {
        switch body.answered() {
        case .goOn: break
        case .close: context.close(promise: nil)
        case .drain:
            limit = context.eventLoop.assumeIsolated().scheduleTask(in: Self.longest) { context.close(promise: nil) }
            context.read()
        }
    }

    private func stopDraining() {
        limit?.cancel()
        limit = nil
    }
}
