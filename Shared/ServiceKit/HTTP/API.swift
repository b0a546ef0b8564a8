public import CoreMetrics
public import Hummingbird
public import Logging

/// The routes of a service as a responder, with everything that stands in front of them.
///
/// A service's tests use it in process: `Application(responder: API(…).responder)` and `app.test(.router)`.
public struct API: Sendable {
    private let service: String
    private let definition: ServiceDefinition
    private let pipeline: Pipeline

    /// - Parameters:
    ///   - service: `peer-matching`, the prefix of metrics.
    ///   - definition: the routes and the OpenAPI document.
    ///   - metrics: where requests are counted.
    ///   - rehearses: whether requests say what time it is, see ``WallClock/rehearsal``.
    public init(
        service: String,
        _ definition: ServiceDefinition,
        gate: Gate,
        logger: Logger,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        rehearses: Bool = false
    ) {
        self.service = service
        self.definition = definition
        pipeline = Pipeline(
            gate: gate,
            logger: logger,
            measurements: RequestMeasurements(service: service, factory: metrics),
            renderers: definition.routes.renderers,
            problemOf: definition.routes.problemOf,
            rehearses: rehearses
        )
    }

    /// The responder of the API's port. `/openapi.json` is added; HEAD goes with every GET.
    public var responder: RouterResponder<APIContext> {
        let router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
        var methods: [String: Set<HTTPRequest.Method>] = [:]
        for entry in definition.routes.entries + [openAPI] {
            let inserted = methods[entry.route.template, default: []].insert(entry.route.method).inserted
            precondition(inserted, "\(entry.route.method) \(entry.route.template) is declared twice")
            register(entry, on: router)
        }
        for (template, declared) in methods {
            let allowed = declared.contains(.get) ? declared.union([.head]) : declared
            for method in Self.refusable.subtracting(allowed) {
                refuse(method, template, allowed: Array(allowed), on: router)
            }
        }
        // Middleware holds for what is added after it: here only for the answer to paths that no route matches.
        router.add(middleware: Unmatched(pipeline: pipeline))
        return router.buildResponder()
    }

    private static let refusable: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]

    private func register(_ entry: Routes.Entry, on router: Router<APIContext>) {
        router.on(RouterPath(entry.route.template), method: entry.route.method) { [pipeline] request, context in
            await pipeline.respond(to: request, context, route: entry.route, handle: entry.handle)
        }
    }

    private func refuse(
        _ method: HTTPRequest.Method,
        _ template: String,
        allowed: [HTTPRequest.Method],
        on router: Router<APIContext>
    ) {
        router.on(RouterPath(template), method: method) { [pipeline] request, context in
            await pipeline.respond(to: request, context, route: nil) { _, _ in
                throw Problem.methodNotAllowed(allowed: allowed)
            }
        }
    }

    private var openAPI: Routes.Entry {
        let document = ByteBuffer(bytes: definition.openAPI)
        return Routes.Entry(route: .openAPI) { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json", .cacheControl: "public, max-age=300"],
                body: ResponseBody(byteBuffer: document)
            )
        }
    }
}

extension Route {
    /// Where each service serves its own description.
    static let openAPI = Route(.get, "/openapi.json", "openAPI", "This description.", access: .open, discloses: [])
}

/// Answers what no route matches, in the same way as everything else.
private struct Unmatched: RouterMiddleware {
    let pipeline: Pipeline

    func handle(
        _ request: Request,
        context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        await pipeline.respond(to: request, context, route: nil) { _, _ in throw Problem.notFound }
    }
}
