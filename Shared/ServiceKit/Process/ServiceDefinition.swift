internal import Logging
public import ServiceLifecycle

/// What makes a service: returned by the `build` closure that ``ServiceMain/run(_:build:)`` calls.
public struct ServiceDefinition: Sendable {
    public var routes: Routes
    /// The document served at `/openapi.json`.
    public var openAPI: [UInt8]
    /// Message consumers, tickers, senders: run beside the API, stopped before the pool.
    public var loops: [any Service]
    /// Asked by `/health/ready`, beside the pool and the schema, which are always asked.
    public var readiness: [ReadinessCheck]

    public init(
        routes: Routes,
        openAPI: [UInt8],
        loops: [any Service] = [],
        readiness: [ReadinessCheck] = []
    ) {
        self.routes = routes
        self.openAPI = openAPI
        self.loops = loops
        self.readiness = readiness
    }
}

/// One thing that must be well before a process takes requests.
public struct ReadinessCheck: Sendable {
    /// `pool`, `schema`, `partitions`: shown to operators.
    public let name: String
    /// Nil when well; otherwise a short reason without personal data.
    public let failure: @Sendable () async -> String?

    public init(_ name: String, failure: @escaping @Sendable () async -> String?) {
        self.name = name
        self.failure = failure
    }
}
