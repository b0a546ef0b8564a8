public import MessageTable
public import Models
public import Postgres
public import ServiceLifecycle

/// What makes a service: returned by the `build` closure that ``ServiceMain/run(_:settings:build:)`` calls.
public struct ServiceDefinition: Sendable {
    public var routes: Routes
    /// The document served at `/openapi.json`.
    public var openAPI: [UInt8]
    /// What the service does when messages arrive.
    public var groups: [ConsumerGroup]
    /// Sends outside effects; nil in a service that has none.
    public var send: (@Sendable (DeliveryAttempt) async -> DeliveryResult)?
    /// Further loops: run beside the API, stopped after it and before the pools are closed.
    public var loops: [any Service]
    /// Listeners of other protocols than HTTP, each made with its way into the API; they stop as the API does, before the
    /// loops and the pools.
    public var doors: [@Sendable (SideDoor) -> any Service]
    /// The schema that this program needs: the process is not ready while one of them is missing.
    public var migrations: [MigrationSet]
    /// Asked by `/health/ready`, beside the pools, the schema and the partitions, which are always asked.
    public var readiness: [ReadinessCheck]
    /// The issuer that the service itself is, where it is one: its tokens are accepted beside those of the settings.
    public var issuer: OwnIssuer?

    public init(
        routes: Routes,
        openAPI: [UInt8],
        groups: [ConsumerGroup] = [],
        send: (@Sendable (DeliveryAttempt) async -> DeliveryResult)? = nil,
        loops: [any Service] = [],
        doors: [@Sendable (SideDoor) -> any Service] = [],
        migrations: [MigrationSet] = [],
        readiness: [ReadinessCheck] = [],
        issuer: OwnIssuer? = nil
    ) {
        self.routes = routes
        self.openAPI = openAPI
        self.groups = groups
        self.send = send
        self.loops = loops
        self.doors = doors
        self.migrations = migrations
        self.readiness = readiness
        self.issuer = issuer
    }
}

/// A service that gives tokens for itself.
public struct OwnIssuer: Sendable {
    /// Equal to the token's `iss`.
    public var issuer: String
    /// The roles that its tokens may give; their `aud` is the service's name or `handrail`.
    public var roles: Set<Role>
    /// Its public keys, a JSON Web Key Set.
    public var keySet: [UInt8]

    public init(issuer: String, roles: Set<Role>, keySet: [UInt8]) {
        self.issuer = issuer
        self.roles = roles
        self.keySet = keySet
    }
}
