internal import HL7v2

/// The messages of one connection: one in hand at a time, in the order in which they came.
///
/// A pure state machine: the channel's handler tells it what happened and does what it says.
struct MLLPExchange: Sendable {
    /// What is to be done next.
    enum Action: Hashable, Sendable {
        /// Handle a message; nothing more is read until its answer has left.
        case take([UInt8])
        /// Say why the connection is of no use any more; it is closed when that has left.
        case refuse(Refusal)
        case close
        /// Nothing, until something happens.
        case wait
    }

    /// Why a connection ends that the sender would have kept. Nothing of what it sent last was stored.
    enum Refusal: String, Hashable, Sendable {
        case tooLong, cut

        /// A sentence for the sender.
        var text: String {
            switch self {
            case .tooLong: "the message is too long; nothing of it was stored, and the connection is closed"
            case .cut:
                "a message began before the one before it had ended; neither was stored, and the connection is closed"
            }
        }
    }

    /// What the other side, or we, owe; each is waited for as long as it may take.
    enum Phase: Hashable, Sendable {
        case betweenMessages
        /// A message has begun; the number tells it from the next one.
        case inFrame(Int)
        /// An answer is being made, or on its way.
        case inHand
    }

    private var frames: MLLPFrames
    private var pending: [MLLPFrames.Event] = []
    private var isBusy = false
    private var taken = 0
    /// Nothing more comes: what came is still answered.
    private var isFinished = false
    /// Nothing more is begun.
    private var isStopping = false

    init(limit: Int = HL7Limits().bytes) {
        frames = MLLPFrames(limit: limit)
    }

    var phase: Phase {
        if isBusy { return .inHand }
        return frames.isInFrame ? .inFrame(taken) : .betweenMessages
    }

    mutating func received(_ bytes: some Sequence<UInt8>) -> Action {
        pending += frames.received(bytes)
        return next()
    }

    /// The answer has left.
    ///
    /// - Parameter isLast: whether the connection ends with it.
    mutating func answered(isLast: Bool = false) -> Action {
        isBusy = false
        isStopping = isStopping || isLast
        return next()
    }

    /// The sender sends no more. A message without its end is as good as never sent.
    mutating func finished() -> Action {
        isFinished = true
        return next()
    }

    /// We stop: the message in hand is answered, no other is begun. Its sender sends it again.
    mutating func stop() -> Action {
        isStopping = true
        return next()
    }

    private mutating func next() -> Action {
        if isBusy { return .wait }
        if isStopping { return .close }
        guard !pending.isEmpty else { return isFinished ? .close : .wait }
        isBusy = true
        taken += 1
        switch pending.removeFirst() {
        case .message(let bytes): return .take(bytes)
        case .cut: return refuse(.cut)
        case .tooLong: return refuse(.tooLong)
        }
    }

    private mutating func refuse(_ refusal: Refusal) -> Action {
        isStopping = true
        return .refuse(refusal)
    }
}
