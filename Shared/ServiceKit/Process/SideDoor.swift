public import HTTPTypes
internal import Hummingbird
public import Logging
internal import NIOConcurrencyHelpers
public import NIOCore

/// The way into the API for listeners of other protocols than HTTP: what they received goes to a route as a request does,
/// through the same rate limit, access check, audit trail and logs.
public struct SideDoor: Sendable {
    /// What a route answered.
    public struct Answer: Sendable {
        public let status: HTTPResponse.Status
        public let body: ByteBuffer
    }

    let responder: RouterResponder<APIContext>
    let logger: Logger

    /// Posts a body to a route.
    ///
    /// - Parameters:
    ///   - principal: who sends, as the listener has verified; nil is refused as a request without a token is.
    ///   - channel: the connection that it came by.
    public func post(
        _ body: ByteBuffer, to path: String, mediaType: String, as principal: Principal?, over channel: any Channel
    ) async -> Answer {
        let request = Request(
            head: HTTPRequest(
                method: .post, scheme: nil, authority: nil, path: path, headerFields: [.contentType: mediaType]),
            body: RequestBody(buffer: body))
        var context = APIContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        context.vouchedFor = principal
        // Refusals in front of the route can be answered to what was sent.
        context.body = body
        do {
            let response = try await responder.respond(to: request, context: context)
            let sink = Sink()
            try await response.body.write(sink)
            return Answer(status: response.status, body: sink.bytes.withLockedValue(\.self))
        } catch {
            // The pipeline answers whatever happens; this is the router's signature.
            return Answer(status: .internalServerError, body: ByteBuffer())
        }
    }

    /// Keeps an answer's body.
    private struct Sink: ResponseBodyWriter {
        let bytes = NIOLockedValueBox(ByteBuffer())

        func write(_ buffer: ByteBuffer) async throws {
            bytes.withLockedValue { bytes in _ = bytes.writeImmutableBuffer(buffer) }
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

extension API {
    /// A way in for a listener of another protocol.
    public func sideDoor(_ logger: Logger) -> SideDoor { SideDoor(responder: responder, logger: logger) }
}
