internal import HL7v2
internal import NIOCore
internal import NIOExtras
internal import NIOTLS

/// What is answered to a message.
struct MLLPAnswer: Sendable {
    let bytes: [UInt8]
    /// Whether the connection ends with it.
    var isLast = false
}

/// Does on a connection what ``MLLPExchange`` says, and ends it where the other side takes too long.
///
/// While a message is in hand nothing is read: a sender that does not wait for its answers fills its own buffers, not ours.
final class MLLPHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long the other side may take.
    struct Limits: Sendable {
        /// For a message from its first byte to its last, for TLS, and until an answer is read.
        var frame = TimeAmount.seconds(30)
        /// Between messages.
        var idle = TimeAmount.hours(1)
        var message = HL7Limits().bytes
    }

    /// What a listener does with what comes.
    struct Actions: Sendable {
        let take: @Sendable ([UInt8], any Channel) async -> MLLPAnswer
        let refuse: @Sendable (MLLPExchange.Refusal) -> MLLPAnswer
    }

    private let limits: Limits
    private let actions: Actions
    private let room: MLLPRoom
    private var exchange: MLLPExchange
    /// Until TLS has said who it is.
    private var isProven: Bool
    private var isReadHeld = false
    private var isActive = false
    private var timer: (phase: MLLPExchange.Phase?, task: Scheduled<Void>)?

    /// - Parameter isProven: whether nothing has to come in front of the messages.
    init(limits: Limits, room: MLLPRoom, isProven: Bool, actions: Actions) {
        (self.limits, self.room, self.isProven, self.actions) = (limits, room, isProven, actions)
        exchange = MLLPExchange(limit: limits.message)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { enter(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        enter(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave(context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        act(exchange.received(unwrapInboundIn(data).readableBytesView), context)
    }

    func read(context: ChannelHandlerContext) {
        if exchange.phase == .inHand { isReadHeld = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: act(exchange.stop(), context)
        case ChannelEvent.inputClosed: act(exchange.finished(), context)
        case TLSUserEvent.handshakeCompleted:
            isProven = true
            room.proved(context.channel)
            wait(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// A connection that breaks, or TLS that does not come about, is the sender's to notice.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func act(_ action: MLLPExchange.Action, _ context: ChannelHandlerContext) {
        guard isActive else { return }
        switch action {
        case .take(let message):
            wait(context)
            let (take, channel) = (actions.take, context.channel)
            let answer = context.eventLoop.makePromise(of: MLLPAnswer.self)
            answer.completeWithTask { await take(message, channel) }
            answer.futureResult.assumeIsolated().whenSuccess { self.send($0, context) }
        case .refuse(let refusal): send(actions.refuse(refusal), context)
        case .close: context.close(promise: nil)
        case .wait:
            wait(context)
            if isReadHeld, exchange.phase != .inHand {
                isReadHeld = false
                context.read()
            }
        }
    }

    private func send(_ answer: MLLPAnswer, _ context: ChannelHandlerContext) {
        guard isActive else { return }
        // A sender that does not read its answers holds them in memory.
        start(nil, limits.frame, context)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess {
            self.stop()
            self.act(self.exchange.answered(isLast: answer.isLast), context)
        }
        written.futureResult.assumeIsolated().whenFailure { _ in context.close(promise: nil) }
        let frame = ByteBuffer(bytes: MLLPFrames.framed(answer.bytes))
        context.writeAndFlush(wrapOutboundOut(frame), promise: written)
    }

    /// Waits for what comes next, no longer than it may take. Bytes of the same message do not start the time anew.
    private func wait(_ context: ChannelHandlerContext) {
        let phase = exchange.phase
        guard isProven else { return }
        guard timer?.phase != phase else { return }
        switch phase {
        case .betweenMessages: start(phase, limits.idle, context)
        case .inFrame: start(phase, limits.frame, context)
        // A request has a time limit of its own. One that stands here without a phase is that of an answer on its way.
        case .inHand: if timer?.phase != nil { stop() }
        }
    }

    private func start(_ phase: MLLPExchange.Phase?, _ limit: TimeAmount, _ context: ChannelHandlerContext) {
        stop()
        let task = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { context.close(promise: nil) }
        timer = (phase, task)
    }

    private func stop() {
        timer?.task.cancel()
        timer = nil
    }

    private func enter(_ context: ChannelHandlerContext) {
        guard !isActive else { return }
        isActive = true
        switch room.enter(context.channel, isProven: isProven) {
        case .taken(let closing): closing?.close(promise: nil)
        case .full:
            context.close(promise: nil)
            return
        }
        if isProven { wait(context) } else { start(nil, limits.frame, context) }
    }

    private func leave(_ context: ChannelHandlerContext) {
        stop()
        guard isActive else { return }
        isActive = false
        room.leave(context.channel)
    }
}
