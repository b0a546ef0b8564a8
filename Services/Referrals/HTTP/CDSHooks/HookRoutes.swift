internal import CoreMetrics
internal import HTTPTypes
internal import Hummingbird
internal import JSON
internal import Metrics
internal import Models
internal import NIOCore
internal import ReferralsDomain
internal import ReferralsSettings
internal import ServiceKit

/// The door for EHRs that ask while somebody works in them (CDS Hooks 2.0).
///
/// Nothing about anybody is looked up to answer: the card follows from what the EHR sent, so that no answer can tell whether
/// a person is known here.
struct HookRoutes: Sendable {
    let publicURL: String
    let endpoint: TokenEndpoint
    let database: Database
    let store: Store
    let clock: WallClock
    let rules: OverdoseRules
    /// Whose pages in browsers may call.
    var origins = WebOrigins()
    var metrics: any MetricsFactory = NOOPMetricsHandler.instance
    /// How often one address may fail to be a client.
    var limiter = AttemptLimiter()

    func add(to routes: inout Routes) {
        let services = Response.json(description, mediaType: "application/json", cache: "public, max-age=300")
        add(
            Route(
                .get, HookService.path, "listHookServices", "The services for EHRs (CDS Hooks).", access: .open,
                discloses: []), to: &routes
        ) { _, _ in services }
        add(
            Route(
                .post, "\(HookService.path)/{service}", "callHookService",
                "Whether a visit looks like an overdose: a card that says to call a peer.", access: .open,
                discloses: []), to: &routes
        ) { request, context in
            let service = try Self.service(context)
            _ = try await client(request, context, at: "\(HookService.path)/\(service.rawValue)")
            return try call(service, context)
        }
        add(
            Route(
                .post, "\(HookService.path)/{service}/feedback", "takeHookFeedback", "What became of cards.",
                access: .open, discloses: [], bodyLimit: 1 << 16), to: &routes
        ) { request, context in
            let service = try Self.service(context)
            let client = try await client(request, context, at: "\(HookService.path)/\(service.rawValue)/feedback")
            let feedback = try HookFeedback(context.body.readableBytesView)
            try await database.pool.work(for: client.agencyID, clock: clock, by: context.deadline) { work in
                try await store.note(feedback, of: service, from: client.partnerID, in: work)
            }
            return Response.json([:], mediaType: "application/json")
        }
        // A page must be able to read why it is refused, too.
        routes.renderProblems(under: HookService.path) { problem, request, context in
            var response = problem.response(requestID: context.requestID)
            origins.admit(request, to: &response)
            return response
        }
    }

    /// A route, and what browsers ask before they let a page call it.
    private func add(_ route: Route, to routes: inout Routes, _ handle: @escaping Routes.Handler) {
        routes.add(route) { request, context in
            var response = try await handle(request, context)
            origins.admit(request, to: &response)
            return response
        }
        routes.add(
            Route(
                .options, route.template, "\(route.operationID)Preflight",
                "Whether a page in a browser may call this (CORS).", access: .open, discloses: [])
        ) { request, _ in origins.preflight(request, for: route.method) }
    }

    private func call(_ service: HookService, _ context: APIContext) throws(Problem) -> Response {
        let request = try HookRequest(context.body.readableBytesView, for: service, rules)
        let signs = rules.signs(of: request.visit)
        Counter(
            label: "referrals_hook_calls_total",
            dimensions: [("hook", service.hook), ("outcome", signs.isEmpty ? "none" : "card")], factory: metrics
        ).increment()
        let card = HookCard(request: request, signs: signs, ids: store.ids, now: clock.now())
        return Response.json(["cards": signs.isEmpty ? [] : [card.json]], mediaType: "application/json")
    }

    private static func service(_ context: APIContext) throws(Problem) -> HookService {
        guard let service = HookService(rawValue: try context.parameter("service", as: String.self)) else {
            throw .notFound
        }
        return service
    }

    /// Who calls: a registered client, by a JWT that it signed for exactly this address, and uses once.
    ///
    /// - Throws: 401, without saying why.
    private func client(
        _ request: Request, _ context: APIContext, at path: String
    ) async throws -> ClientRegistry.Client {
        try limiter.take(for: context)
        do {
            let parts = request.headers[.authorization]?.split(separator: " ", maxSplits: 1) ?? []
            guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                throw Problem.unauthenticated.denying(Denial(.noToken))
            }
            let client = try await endpoint.hookClient(String(parts[1]), at: publicURL + path)
            limiter.giveBack(for: context)
            return client
        } catch is TokenRefusal {
            throw Problem.unauthenticated.denying(Denial(.invalidToken))
        } catch let problem as Problem {
            throw problem
        } catch {
            // Our own failure is not the caller's.
            limiter.giveBack(for: context)
            throw error
        }
    }

    private var description: JSONValue {
        let services = HookService.allCases.map { service -> JSONValue in
            [
                "id": .string(service.rawValue), "hook": .string(service.hook), "title": .string(service.title),
                "description": .string(
                    "Says to call a peer where a visit to the emergency department looks like an overdose, and drafts the "
                        + "referral. It answers from what is sent along, and keeps nothing of it."),
                "prefetch": .object(
                    JSONObject(service.prefetch.map { ($0.name, JSONValue.string($0.query)) })),
                "usageRequirements":
                    "prefetch.encounter must be sent along; the JWT's iss is the id of a registered client.",
            ]
        }
        return ["services": .array(services)]
    }
}

extension TokenEndpoint {
    /// The client that signed a JWT for an endpoint (CDS Hooks 2.0, trusting CDS clients). Each is good once.
    ///
    /// - Throws: ``TokenRefusal``; what the database throws.
    func hookClient(_ text: String, at url: String) async throws -> ClientRegistry.Client {
        let assertion = try ClientAssertion(text, needsSubject: false)
        guard let client = try await client(assertion.issuer), try await isSigned(assertion, by: client) else {
            throw TokenRefusal.unknownClient
        }
        let now = clock.now()
        try assertion.check(audiences: [url], now: now)
        let gone = assertion.expiresAt + ClientAssertion.leeway + .seconds(1)
        guard try await use(assertion.id, client, gone, now) else {
            throw TokenRefusal(.invalidClient, "This jti was used before.")
        }
        return client
    }
}
