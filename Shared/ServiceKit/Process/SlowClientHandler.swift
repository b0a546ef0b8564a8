internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Ends connections whose clients send a request, or read an answer, so slowly that they only hold the connection.
///
/// The listener's idle limit starts anew with every piece of a body: a byte a minute would hold a connection for ever.
/// A head that does not come to its end is bounded by the idle limit, which only whole heads start anew.
final class SlowClientHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// For the rest of a request after its head, and again from there until its answer has left.
    private let limit: TimeAmount
    private let room: ConnectionRoom
    private var timer: Scheduled<Void>?
    private var unanswered = 0
    private var isInside = false

    init(limit: TimeAmount, room: ConnectionRoom) {
        (self.limit, self.room) = (limit, room)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { enter(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        enter(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            unanswered += 1
            if unanswered == 1 { start(context) }
        case .body: break
        case .end:
            room.requestCame(context.channel)
            if unanswered == 1 { start(context) }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else {
            context.write(data, promise: promise)
            return
        }
        // Once it has left: a client that does not read holds the answer in memory.
        let written = promise ?? context.eventLoop.makePromise()
        written.futureResult.assumeIsolated().whenSuccess { self.answered(context) }
        context.write(data, promise: written)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave(context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave(context) }

    private func enter(_ context: ChannelHandlerContext) {
        guard !isInside else { return }
        isInside = true
        // On its own event loop: closing is allowed from everywhere.
        room.enter(context.channel)?.close(promise: nil)
    }

    private func leave(_ context: ChannelHandlerContext) {
        stop()
        guard isInside else { return }
        isInside = false
        room.leave(context.channel)
    }

    private func answered(_ context: ChannelHandlerContext) {
        unanswered -= 1
        stop()
        if unanswered > 0 {
            start(context)
        } else if isInside {
            room.answered(context.channel)
        }
    }

    private func start(_ context: ChannelHandlerContext) {
        stop()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { context.close(promise: nil) }
    }

    private func stop() {
        timer?.cancel()
        timer = nil
    }
}
