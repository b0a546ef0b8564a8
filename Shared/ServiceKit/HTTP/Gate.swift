public import Confidentiality
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// What stands in front of every handler: who is asking, how often they may, what the route lets them do.
public struct Gate: Sendable {
    var authenticator: Authenticator
    var agencies: AgencyDirectory
    var rules: AccessRules
    var limiter: RateLimiter
    var fingerprint: BodyFingerprint
    var denials: DenialTrail
    /// How long a request may take: then its caller has gone, and its statements are stopped.
    var timeLimit: Duration
    /// Where the certificates are found to which tokens may be bound.
    var certificates: ClientCertificateSource?
    /// Where callers' addresses are known from.
    var callers: CallerAddressSource

    public init(
        authenticator: Authenticator,
        agencies: AgencyDirectory,
        rules: AccessRules,
        limiter: RateLimiter = RateLimiter(.unlimited),
        fingerprint: BodyFingerprint,
        denials: DenialTrail,
        timeLimit: Duration = .seconds(30),
        certificates: ClientCertificateSource? = nil,
        callers: CallerAddressSource = .connection
    ) {
        self.authenticator = authenticator
        self.agencies = agencies
        self.rules = rules
        self.limiter = limiter
        self.fingerprint = fingerprint
        self.denials = denials
        self.timeLimit = timeLimit
        self.certificates = certificates
        self.callers = callers
    }

    /// Fills the context, or throws why the request is not let through.
    func admit(_ request: Request, _ route: Route, _ context: inout APIContext) async throws {
        context.address = callers.address(request, context.address)
        if route.access != .open {
            var principal = context.vouchedFor
            if principal == nil { principal = try await authenticate(request) }
            guard let principal else { throw Problem.unauthenticated }
            try await checkBinding(of: principal, request, context)
            context.authenticated = principal
            context.logger[metadataKey: "agency_id"] = "\(principal.agencyID)"
            context.allowance = try limiter.take(for: principal)
            context.access = Access(rules: rules, law: try await agencies.law(principal.agencyID))
            guard context.access?.law != nil else {
                throw Problem.forbidden.denying(Denial(.agencyNotConfigured))
            }
            try Self.authorise(principal, route.access)
        }
        context.body = try await body(of: request, route)
        context.idempotencyKey = try idempotencyKey(request, route, context.body)
    }

    private func authenticate(_ request: Request) async throws(Problem) -> Principal {
        guard let header = request.headers[.authorization] else {
            throw Problem.unauthenticated.denying(Denial(.noToken))
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Problem.unauthenticated.denying(Denial(.invalidToken))
        }
        return try await authenticator.principal(String(parts[1]))
    }

    /// A token that is bound to a certificate is only good on a connection that has it: elsewhere it was stolen.
    private func checkBinding(of principal: Principal, _ request: Request, _ context: APIContext) async throws(Problem)
    {
        guard let certificate = principal.certificate else { return }
        guard await context.clientCertificate(request, from: certificates) == certificate else {
            var denial = Denial(.invalidToken)
            denial.principal = principal
            throw Problem.unauthenticated.denying(denial)
        }
    }

    private static func authorise(_ principal: Principal, _ access: Route.Access) throws(Problem) {
        switch access {
        case .open, .anyone: return
        case .roles(let roles, let scope):
            guard roles.contains(principal.role) else { throw Problem.forbidden.denying(Denial(.role)) }
            if let scope, !principal.scopes.contains(scope) { throw Problem.forbidden.denying(Denial(.scope)) }
        }
    }

    private func body(of request: Request, _ route: Route) async throws -> ByteBuffer {
        guard route.method != .get, route.method != .head else { return ByteBuffer() }
        if let announced = request.headers[.contentLength].flatMap({ Int($0) }), announced > route.bodyLimit {
            throw Problem.contentTooLarge(limit: route.bodyLimit)
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: route.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw Problem.contentTooLarge(limit: route.bodyLimit)
        }
        if body.readableBytes > 0 {
            let mediaType = request.headers[.contentType]?.split(separator: ";").first?
                .trimmingSpaces.lowercased()
            guard let mediaType, route.consumes.contains(mediaType) else {
                throw Problem.unsupportedMediaType(accepted: route.consumes)
            }
        }
        return body
    }

    private func idempotencyKey(_ request: Request, _ route: Route, _ body: ByteBuffer) throws(Problem)
        -> IdempotencyKey?
    {
        guard route.idempotency != .none else { return nil }
        guard let text = request.headers[.idempotencyKey] else {
            guard route.idempotency != .required else {
                throw .badRequest("Idempotency-Key is needed here: send a new one for each new thing.")
            }
            return nil
        }
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .badRequest("Idempotency-Key must be 1 to 255 visible ASCII characters.")
        }
        // The path belongs to it: the same key and body for another resource is another request.
        let request = Array(request.uri.path.utf8) + [0] + body.readableBytesView
        // Nobody keeps a client from sending a record number as the key: it is kept as a digest, as the body is.
        return IdempotencyKey(
            value: Hexadecimal.encode(fingerprint.of([0] + text.utf8)), fingerprint: fingerprint.of(request))
    }

    /// Writes the denial that a problem carries into the audit trail.
    func recordDenial(_ problem: Problem, _ context: APIContext) async {
        guard let denial = problem.denial else { return }
        await denials.record(DeniedRequest(denial: denial, context: context))
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
