internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// What becomes of a request's body that is still arriving when its answer is written.
///
/// A client may send the whole body before it reads. Closing the connection under it loses the answer (TCP resets what
/// is unread), not reading leaves both waiting for each other; so the rest is taken and dropped, within bounds, and the
/// connection ends then, or goes on with the next request where neither side wants it closed.
struct UnreadBody: Sendable {
    /// Bytes that are dropped for one answer before the connection is cut.
    static let most = 32 << 20

    enum PartAction: Hashable, Sendable {
        case pass, drop, cut
    }

    enum EndAction: Hashable, Sendable {
        /// The request was read before it was answered, or the next one is already here.
        case goOn
        /// Take and drop what still comes.
        case drain
        case close
    }

    /// Requests whose head has come and whose answer is not complete.
    private var unanswered = 0
    private var isArriving = false
    private var isLast = false
    private var isDraining = false
    private var dropped = 0

    /// A part of a request arrives.
    mutating func received(_ part: HTTPRequestPart) -> PartAction {
        // What follows an answer that says close is not answered any more (RFC 9112 §9.6).
        if isLast, !isArriving { return .drop }
        switch part {
        case .head:
            unanswered += 1
            isArriving = true
            return .pass
        case .body(let bytes):
            guard isDraining else { return .pass }
            dropped += bytes.readableBytes
            return dropped > Self.most ? .cut : .drop
        case .end:
            isArriving = false
            guard isDraining else { return .pass }
            isDraining = false
            return isLast ? .cut : .pass
        }
    }

    /// The head of an answer is written.
    mutating func answering(_ answer: HTTPResponse) {
        if answer.headerFields[.connection]?.lowercased() == "close" { isLast = true }
    }

    /// The end of an answer is written.
    mutating func answered() -> EndAction {
        unanswered -= 1
        // Of requests sent one behind the other, only the last can still be arriving.
        isDraining = isArriving && unanswered == 0
        dropped = 0
        if isDraining { return .drain }
        return isLast ? .close : .goOn
    }
}
