public import Hummingbird
public import MessageTable
public import Models
internal import NIOCore

/// What is known about a request besides its head: who asks, the route, the body, and how to follow it in logs.
public struct APIContext: RequestContext {
    /// What Hummingbird keeps of the request.
    public var coreContext: CoreRequestContextStorage
    /// `X-Request-Id` of the caller where it is a UUID or the like, otherwise a new one. In every log line, answer and audit row.
    public internal(set) var requestID: String
    /// The W3C trace this request belongs to.
    public internal(set) var trace: Traceparent
    /// The declared route; nil where no route matched.
    public internal(set) var route: Route?
    /// The body as received, within the route's bound; empty where there is none.
    public internal(set) var body: ByteBuffer
    /// The request's `Idempotency-Key` on routes that support one.
    public internal(set) var idempotencyKey: IdempotencyKey?
    /// When the request's time is over: what it still runs on PostgreSQL is then stopped there.
    public internal(set) var deadline: ContinuousClock.Instant?
    var authenticated: Principal?
    /// Who sends, where a ``SideDoor`` has found out by other means than a token.
    var vouchedFor: Principal?
    /// By what this request is decided; nil on open routes.
    var access: Access?
    var allowance: RateLimiter.Allowance?
    /// The caller's network address, for bounding what one address can cause; never stored or logged.
    var address: String?
    /// The connection, for the certificate that its TLS has verified.
    let channel: any Channel

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        requestID = ""
        trace = .none
        route = nil
        body = ByteBuffer()
        idempotencyKey = nil
        authenticated = nil
        vouchedFor = nil
        access = nil
        allowance = nil
        address = source.channel.remoteAddress?.ipAddress
        channel = source.channel
    }

    /// Who is asking.
    ///
    /// - Throws: 401 on an ``Route/Access/open`` route without a token; never on others.
    public var principal: Principal {
        get throws(Problem) {
            guard let authenticated else { throw .unauthenticated }
            return authenticated
        }
    }

    /// The tenant whom the request belongs to.
    public var agencyID: AgencyID {
        get throws(Problem) { try principal.agencyID }
    }

    /// The headers of messages that this request publishes.
    public var messageHeaders: MessageHeaders {
        MessageHeaders(
            traceparent: trace.description, requestID: requestID, actor: authenticated?.subject,
            rehearsedAt: RehearsedTime.now)
    }

    /// A path parameter, such as `context.parameter("peerID", as: PeerID.self)`.
    ///
    /// - Throws: 404 where the text is not of that type: such a resource cannot exist.
    public func parameter<Value: LosslessStringConvertible>(
        _ name: String,
        as: Value.Type = Value.self
    ) throws(Problem) -> Value {
        guard let value = parameters.get(name, as: Value.self) else { throw .notFound }
        return value
    }
}
