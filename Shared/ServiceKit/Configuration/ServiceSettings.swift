internal import Configuration
internal import Logging
public import Postgres

/// The validated settings of one service process, read from environment variables; see ``reference``.
///
/// Reading fails closed: nothing that protects people's data has a default that leaves it out.
public struct ServiceSettings: Sendable {
    /// Where the process runs: decides what may be left out.
    public enum Deployment: String, CaseIterable, Sendable {
        case local, production
    }

    /// Where a process takes the present from.
    enum ClockSource: String, CaseIterable, Sendable {
        /// The computer's clock.
        case system
        /// Whoever asks says what time it is, and nothing happens by itself: `handrail demo` makes an agency's past so.
        case rehearsal
    }

    /// How listeners beyond loopback are protected.
    enum TLSPolicy: Hashable, Sendable {
        case none
        case terminatedUpstream
        case files(certificate: String, privateKey: String)
    }

    /// `HANDRAIL_ENV`.
    public let deployment: Deployment
    /// `HANDRAIL_CLOCK`.
    let clockSource: ClockSource
    /// Where the API listens.
    public let listen: ListenAddress
    /// Where `/health` and `/metrics` listen.
    public let operatorListen: ListenAddress
    /// The service's login, for requests and handlers.
    public let database: ConnectionSettings
    /// The worker login, for loops.
    public let workerDatabase: ConnectionSettings
    let databaseConnections: Int
    let issuers: [TokenIssuer]
    let idempotencyKey: [UInt8]
    /// Signs the seals of the audit trail; nil where none is set, which only a local deployment may do.
    let auditKey: AuditKey?
    /// Where heads of the audit trail are appended, besides the log.
    let auditHeadsFile: String?
    let tls: TLSPolicy
    /// `HANDRAIL_TLS_CLIENT_CA_FILE`.
    let clientAuthority: String?
    /// Where clients' certificates are found; nil where none is asked for.
    public let clientCertificates: ClientCertificateSource?
    /// `HANDRAIL_CALLER_ADDRESS_HEADER`.
    let callers: CallerAddressSource
    let rateLimit: RateLimiter.Limit
    let logLevel: Logger.Level
    /// How long a process keeps answering after SIGTERM while it says that it is not ready.
    let drainPause: Duration
    /// How long a request may take.
    let requestTimeLimit: Duration
    /// The service's own settings, by variable name.
    private let own: [String: String]
    private let ownSecrets: [String: [UInt8]]

    /// A setting of the service's own, as it was declared to ``ServiceMain``; nil where it is absent. Of one that names
    /// a file this is the path, for a service that reads it again while it runs.
    public subscript(name: String) -> String? { own[name] }

    /// The content of the file that a setting of the service's own names (`…_FILE`); nil where it is absent.
    public func secret(_ name: String) -> [UInt8]? { ownSecrets[name] }

    /// Everything that is wrong with the environment, one sentence each.
    public struct Mistakes: Error, Hashable, CustomStringConvertible {
        /// Each names the variable; none quotes a value.
        public let sentences: [String]

        public init(sentences: [String]) {
            self.sentences = sentences
        }

        public var description: String { sentences.joined(separator: "; ") }
    }

    /// Reads the settings of `service` from this process's environment.
    ///
    /// - Parameter own: the service's own settings; those that end in `_FILE` are read as secrets.
    /// - Throws: ``Mistakes`` with all that is wrong at once.
    public static func read(service: String, own: [SettingReference] = []) throws -> ServiceSettings {
        try ServiceSettings(service: service, own: own, ConfigReader(provider: EnvironmentVariablesProvider()))
    }

    /// Reads the settings from the given variables, for tests.
    public static func read(
        service: String,
        own: [SettingReference] = [],
        variables: [String: String]
    ) throws -> ServiceSettings {
        let provider = EnvironmentVariablesProvider(environmentVariables: variables)
        return try ServiceSettings(service: service, own: own, ConfigReader(provider: provider))
    }

    private init(service: String, own: [SettingReference], _ reader: ConfigReader) throws {
        var reader = SettingsReader(reader)
        let prefix = Self.prefix(service)
        let port = Self.ports[service] ?? 8100
        let deployment: Deployment = reader.choice("HANDRAIL_ENV") ?? .production
        self.deployment = deployment
        clockSource = reader.choice("HANDRAIL_CLOCK", default: .system) ?? .system
        if clockSource == .rehearsal, deployment != .local {
            reader.mistake("HANDRAIL_CLOCK can only be rehearsal where HANDRAIL_ENV is local")
        }
        listen = reader.address("\(prefix)_LISTEN", default: ListenAddress(host: "127.0.0.1", port: port))
        operatorListen = reader.address(
            "\(prefix)_OPERATOR_LISTEN", default: ListenAddress(host: "127.0.0.1", port: port + 1000)
        )
        let database = reader.database("\(prefix)_DATABASE", service: service, deployment)
        let worker = reader.database("\(prefix)_WORKER_DATABASE", service: "\(service)-worker", deployment)
        databaseConnections = reader.number("\(prefix)_DATABASE_CONNECTIONS", in: 1...200, default: 8)
        issuers = reader.issuers(deployment)
        idempotencyKey = reader.secret("HANDRAIL_IDEMPOTENCY_KEY_FILE", atLeast: 32) ?? []
        auditKey = reader.auditKey(deployment)
        auditHeadsFile = reader.optional("HANDRAIL_AUDIT_HEADS_FILE")
        tls = reader.tls(listeners: [("\(prefix)_LISTEN", listen), ("\(prefix)_OPERATOR_LISTEN", operatorListen)])
        (clientAuthority, clientCertificates) = reader.clientCertificates(tls)
        callers = reader.callers(tls)
        let perMinute = reader.number("HANDRAIL_RATE_LIMIT_PER_MINUTE", in: 0...10_000_000, default: 6000)
        rateLimit = perMinute == 0 ? .unlimited : .init(burst: max(20, perMinute / 10), perMinute: perMinute)
        logLevel = reader.choice("HANDRAIL_LOG_LEVEL", default: Logger.Level.info) ?? .info
        drainPause = .seconds(reader.number("HANDRAIL_DRAIN_SECONDS", in: 0...300, default: 0))
        requestTimeLimit = .seconds(reader.number("HANDRAIL_REQUEST_SECONDS", in: 1...300, default: 30))
        (self.own, ownSecrets) = reader.own(own, deployment)
        guard let database, let worker, reader.mistakes.isEmpty else { throw Mistakes(sentences: reader.mistakes) }
        self.database = database
        workerDatabase = worker
    }

    /// What the health probe needs, and nothing that it does not.
    static func probe(service: String) throws -> HealthProbe {
        var reader = SettingsReader(ConfigReader(provider: EnvironmentVariablesProvider()))
        let address = reader.address(
            "\(prefix(service))_OPERATOR_LISTEN",
            default: ListenAddress(host: "127.0.0.1", port: (ports[service] ?? 8100) + 1000)
        )
        guard reader.mistakes.isEmpty else { throw Mistakes(sentences: reader.mistakes) }
        let certificate = reader.optional("HANDRAIL_TLS_CERTIFICATE_FILE")
        let authority = reader.optional("HANDRAIL_TLS_CA_FILE") ?? certificate
        return HealthProbe(
            address: address, authorityFile: address.isLoopback ? nil : certificate.map { authority ?? $0 })
    }

    /// `HANDRAIL_PEER_MATCHING`.
    static func prefix(_ service: String) -> String {
        "HANDRAIL_" + String(service.map { $0 == "-" ? "_" : Character($0.uppercased()) })
    }

    private static let ports = [
        "console": 8100, "referrals": 8101, "peer-matching": 8102, "scheduling": 8103, "outcomes": 8104,
    ]
}
