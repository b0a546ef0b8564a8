internal import Confidentiality
internal import CoreMetrics
internal import Hummingbird
internal import Logging
internal import MessageTable
internal import Models
internal import Postgres
internal import ServiceLifecycle
internal import UnixSignals

/// One running service: pools, message loops, the API, the operator's port, and the order in which they stop.
struct ServiceProcess {
    let name: String
    let settings: ServiceSettings
    let metrics: PrometheusRegistry

    func run(
        _ build: @Sendable (ServiceEnvironment) async throws -> ServiceDefinition
    ) async -> ServiceMain.Exit {
        let logger = Logger(label: name)
        let reactor = Reactor()
        do {
            let environment = environment(reactor, logger, try .builtIn())
            // While a past is rehearsed, its agency is made through the services themselves.
            if !rehearses, await AgencyDirectory.isEmpty(environment.database.workers) == true {
                logger.critical("no agency is configured: handrail agency add says how")
                return .wrongSettings
            }
            let definition = try await build(environment)
            let group = ServiceGroup(
                configuration: .init(
                    services: try services(definition, environment, reactor),
                    gracefulShutdownSignals: [.sigterm, .sigint],
                    logger: logger
                )
            )
            logger.info(
                "starting", metadata: ["listen": "\(settings.listen)", "operator": "\(settings.operatorListen)"])
            try await group.run()
            logger.info("stopped")
            return .success
        } catch let mistakes as ServiceSettings.Mistakes {
            logger.critical("cannot run", metadata: ["error": "\(mistakes)"])
            return .wrongSettings
        } catch {
            // The error's own text may come from anywhere; ours are safe, the type of others says enough.
            let reason = (error as? PostgresError)?.description ?? "\(type(of: error))"
            logger.critical("cannot run", metadata: ["error": "\(reason)"])
            return .unavailable
        }
    }

    private var rehearses: Bool { settings.clockSource == .rehearsal }

    private func environment(_ reactor: Reactor, _ logger: Logger, _ rules: AccessRules) -> ServiceEnvironment {
        PoolMetricsHelp.describe(in: metrics)
        func pool(_ name: String, _ connection: ConnectionSettings) -> Pool {
            var configuration = Pool.Configuration(connection)
            configuration.name = name
            configuration.metrics = metrics
            configuration.maximumConnections = settings.databaseConnections
            // The first request after a quiet hour need not wait for a handshake.
            configuration.minimumConnections = 1
            return Pool(configuration, reactor: reactor, logger: logger)
        }
        let clock: WallClock =
            switch settings.clockSource {
            case .system: .system
            case .rehearsal: .rehearsal
            }
        return ServiceEnvironment(
            name: name,
            settings: settings,
            database: Database(
                pool: pool("requests", settings.database), workers: pool("workers", settings.workerDatabase)),
            logger: logger,
            metrics: metrics,
            clock: clock,
            ids: .version7(clock: clock),
            rules: rules
        )
    }

    /// In the order of starting; they stop in the opposite order, each after the one behind it.
    private func services(
        _ definition: ServiceDefinition,
        _ environment: ServiceEnvironment,
        _ reactor: Reactor
    ) throws -> [ServiceGroupConfiguration.ServiceConfiguration] {
        let (database, logger) = (environment.database, environment.logger)
        let health = Health(checks: checks(definition, environment))
        let operators = Listeners(tls: settings.tls, logger: logger)
        let listeners = Listeners(tls: settings.tls, clientAuthority: settings.clientAuthority, logger: logger)
        let api = API(
            service: name, definition, gate: gate(definition, environment), logger: logger, metrics: metrics,
            rehearses: rehearses)
        let operatorAPI = OperatorAPI(health: health, metrics: metrics)
        let services: [any Service] =
            [
                PoolCloser(database: database, logger: logger),
                try operators.application(operatorAPI.responder, on: settings.operatorListen),
                AuditUpkeep(
                    service: name, workers: database.workers, key: settings.auditKey,
                    headsFile: settings.auditHeadsFile,
                    metrics: metrics, logger: logger),
                IdempotencyPurge(workers: database.workers, clock: environment.clock, logger: logger),
                messageLoops(definition, environment, reactor),
            ] + definition.loops + definition.doors.map { $0(api.sideDoor(logger)) } + [
                try listeners.application(api.responder, on: settings.listen, whenListening: health.started),
                Drain(health: health, pause: settings.drainPause, logger: logger),
            ]
        // While stopping, each ends by itself; only an end that nobody asked for ends the process.
        return services.map { service in
            .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)
        }
    }

    private func messageLoops(
        _ definition: ServiceDefinition,
        _ environment: ServiceEnvironment,
        _ reactor: Reactor
    ) -> MessageLoops {
        MessageLoops(
            .init(
                servicePool: environment.database.pool,
                workerPool: environment.database.workers,
                listener: Listener(settings.workerDatabase, reactor: reactor, logger: environment.logger),
                groups: definition.groups,
                send: rehearses ? nil : definition.send,
                promotes: !rehearses,
                clock: environment.clock,
                ids: environment.ids,
                metrics: environment.metrics,
                logger: environment.logger
            )
        )
    }

    private func checks(_ definition: ServiceDefinition, _ environment: ServiceEnvironment) -> [ReadinessCheck] {
        let database = environment.database
        let needed = [PlatformMigrations.all, MessageTableMigrations.all] + definition.migrations
        return [
            .pool("pool", database.pool), .pool("worker pool", database.workers),
            .schema(needed, database.pool), .auditPartitions(database.pool, clock: environment.clock),
            .messagePartitions(database.pool, clock: environment.clock),
        ] + definition.readiness
    }

    private func gate(_ definition: ServiceDefinition, _ environment: ServiceEnvironment) -> Gate {
        let loader = KeySetLoader()
        let own = definition.issuer
        // The service's own keys come first: no setting can put others in their place.
        let issuers =
            (own.map { [TokenIssuer(issuer: $0.issuer, agencies: .all, roles: $0.roles)] } ?? [])
            + settings.issuers.filter { $0.issuer != own?.issuer }
        let verifier = TokenVerifier(
            // Tokens are of today, also where a past is rehearsed.
            service: name, issuers: issuers, clock: .system, logger: environment.logger
        ) { issuer in
            if let own, issuer.issuer == own.issuer { return own.keySet }
            return try await loader.load(issuer)
        }
        return Gate(
            authenticator: verifier.authenticator,
            agencies: .postgres(environment.database.pool),
            rules: environment.rules,
            limiter: RateLimiter(settings.rateLimit),
            fingerprint: BodyFingerprint(key: settings.idempotencyKey),
            denials: .postgres(environment.database.pool, ids: environment.ids, logger: environment.logger),
            timeLimit: settings.requestTimeLimit,
            certificates: settings.clientCertificates,
            callers: settings.callers
        )
    }
}
