internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Models
internal import NIOCore
internal import Postgres

/// The way of every request: identified, admitted, handled, answered, counted and logged; errors become problems here
/// and nowhere else.
struct Pipeline: Sendable {
    let gate: Gate
    let logger: Logger
    let measurements: RequestMeasurements
    let renderers: [(prefix: String, render: Routes.ProblemRenderer)]
    let problemOf: @Sendable (any Error) -> Problem?
    /// Whether requests say what time it is.
    let rehearses: Bool

    /// Answers a request; never throws.
    func respond(
        to request: Request,
        _ context: APIContext,
        route: Route?,
        handle: @Sendable (Request, APIContext) async throws -> Response
    ) async -> Response {
        guard rehearses, let text = request.headers[.rehearsedAt] else {
            return await answer(request, context, route, handle)
        }
        guard let time = Instant(text) else {
            return await answer(request, context, route) { _, _ in
                throw Problem.badRequest("\(HTTPField.Name.rehearsedAt) must be an RFC 3339 date and time.")
            }
        }
        return await RehearsedTime.$now.withValue(time) {
            var response = await answer(request, context, route, handle)
            // So that the caller knows that the time was taken, and not passed over.
            response.headers[.rehearsedAt] = time.description
            return response
        }
    }

    private func answer(
        _ request: Request,
        _ context: APIContext,
        _ route: Route?,
        _ handle: @Sendable (Request, APIContext) async throws -> Response
    ) async -> Response {
        let start = ContinuousClock.now
        var context = context
        context.deadline = start + gate.timeLimit
        identify(request, route, &context)
        var response: Response
        var failure: Problem?
        do {
            if let route { try await gate.admit(request, route, &context) }
            response = try await handle(request, context)
            if let fault = context.undecided(response) { throw fault }
        } catch {
            let problem = self.problem(of: error, context)
            if let denial = problem.denial { measurements.record(denial) }
            await gate.recordDenial(problem, context)
            response = render(problem, request, context)
            failure = problem
        }
        response.headers[.requestID] = context.requestID
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        gate.limiter.describe(context.allowance, in: &response.headers)
        let elapsed = ContinuousClock.now - start
        measurements.record(route, request.method, status: response.status.code, elapsed)
        log(response, failure, elapsed, request.method, context)
        return response
    }

    private func identify(_ request: Request, _ route: Route?, _ context: inout APIContext) {
        context.route = route
        context.requestID = RequestIdentity.accepted(request.headers[.requestID]) ?? RequestIdentity.new()
        context.trace = request.headers[.traceparent].flatMap(Traceparent.init)?.child ?? Traceparent()
        context.logger[metadataKey: "request_id"] = "\(context.requestID)"
        context.logger[metadataKey: "trace_id"] = "\(context.trace.traceID)"
    }

    /// Errors that nobody mapped are our own mistakes, and are logged here with the only text that is safe.
    private func problem(of error: any Error, _ context: APIContext) -> Problem {
        if let problem = error as? Problem { return problem }
        if let problem = problemOf(error) { return problem }
        if let problem = Problem(known: error) {
            if problem.status.code >= 500 { context.logger.warning("not answered", metadata: ["error": "\(error)"]) }
            return problem
        }
        // PostgreSQL errors of ours name statement, state and constraint, and quote nothing.
        let reason = (error as? PostgresError)?.description ?? "\(type(of: error))"
        context.logger.error("unexpected error", metadata: ["error": "\(reason)"])
        return .internalError
    }

    private func render(_ problem: Problem, _ request: Request, _ context: APIContext) -> Response {
        let path = request.uri.path
        if let (_, render) = renderers.first(where: { path.hasPrefix($0.prefix) }) {
            var response = render(problem, request, context)
            for field in problem.headers { response.headers[field.name] = field.value }
            return response
        }
        return problem.response(requestID: context.requestID)
    }

    private func log(
        _ response: Response,
        _ failure: Problem?,
        _ elapsed: Duration,
        _ method: HTTPRequest.Method,
        _ context: APIContext
    ) {
        // The template, never the path or the query: those carry ids, and may carry anything a caller puts there.
        var metadata: Logger.Metadata = [
            "route": "\(context.route?.template ?? "unmatched")",
            "method": "\(context.route == nil ? "other" : method.rawValue)",
            "status": "\(response.status.code)",
            "duration_ms": "\(elapsed.microseconds / 1000)",
        ]
        if let failure { metadata["problem"] = "\(failure.type)" }
        if let agencyID = context.authenticated?.agencyID { metadata["agency_id"] = "\(agencyID)" }
        context.logger.info("answered", metadata: metadata)
    }
}

/// Request ids: the caller's where a machine drew it, so that one id follows a request through every system.
///
/// It is logged and stored, and goes out with messages. A name, a record number or a telephone number that a client sends
/// in its place must not: a UUID or other hexadecimal digits, more of them than any such number has.
enum RequestIdentity {
    static func accepted(_ text: String?) -> String? {
        guard let text, text.utf8.count <= 64,
            text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || Character(UnicodeScalar($0)).isHexDigit }),
            text.utf8.count(where: { $0 != UInt8(ascii: "-") }) >= 20
        else { return nil }
        return text
    }

    static func new() -> String {
        Hexadecimal.encode(.random(in: .min ... .max), .random(in: .min ... .max))
    }
}
