internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import ReferralsDomain
internal import ReferralsMigrations
internal import ReferralsSettings
internal import ServiceKit

/// Wires the service: what it answers, what it listens to, what it sends, and the schema that it needs.
///
/// - Throws: `KeyFileError` when a key file is missing or malformed: without keys nothing is taken in; ``PartnerDoor/Mistake``,
///   ``SMTPClient/Mistake``.
@Sendable
func build(_ environment: ServiceEnvironment) async throws -> ServiceDefinition {
    let ringFile = environment.settings[ReferralsSettings.keyRing]
    let ring = KeyRing(
        try KeyRingFile(json: environment.settings.secret(ReferralsSettings.keyRing) ?? []),
        content: ringFile.map { path in
            { @Sendable in Array(try Data(contentsOf: URL(filePath: path))) }
        }
    )
    let vault = try Vault(
        ring: ring,
        indexKeys: BlindIndexKeys(IndexKeysFile(json: environment.settings.secret(ReferralsSettings.indexKeys) ?? []))
    )
    let times: ResponseTimes =
        if let file = environment.settings.secret(ReferralsSettings.responseTimes) {
            try ResponseTimes(json: file)
        } else {
            try .standard()
        }
    let mailServer = try SMTPClient.set(by: environment.settings, logger: environment.logger)
    let store = Store(
        vault: vault, ids: environment.ids, rules: environment.rules, matching: try .standard(), times: times,
        linkages: try .standard(), bedside: try .standard(), hasMailServer: mailServer != nil)
    let allowsLocal = environment.settings.deployment == .local
    let hasher = PasswordHasher()
    let api = ReferralsAPI(
        database: environment.database, store: store, clock: environment.clock, residences: try .standard(),
        allowsLocal: allowsLocal, hasher: hasher
    )
    let door = try PartnerDoor(environment, store: store, rules: .standard())
    let poster = HTTPPoster(allowsLocal: allowsLocal, logger: environment.logger)
    let webhooks = WebhookSender(
        pool: environment.database.pool, store: store, clock: environment.clock, baseURL: door.baseURL,
        post: poster.post
    )
    let mails = mailServer.map { server in
        MailSender(
            pool: environment.database.pool, store: store, clock: environment.clock, publicURL: door.publicURL,
            logger: environment.logger, deliver: server.send)
    }
    let onward = OnwardSender(
        pool: environment.database.pool, store: store, clock: environment.clock, baseURL: door.baseURL,
        exchange: poster.exchange
    )
    let outside = OutsideWorker(
        pool: environment.database.pool, store: store, clock: environment.clock, exchange: poster.exchange
    )
    let keeping = KeptUpkeep(pool: environment.database.pool, store: store, clock: environment.clock)
    var routes = api.routes
    AccountRoutes(
        database: environment.database, store: store, tokens: door.tokens, hasher: hasher, clock: .system
    ).add(to: &routes)
    door.add(to: &routes)
    let mllp = try MLLPDoor.listeners(environment)
    return ServiceDefinition(
        routes: routes,
        openAPI: PackageResources.openapi_json,
        groups: [ReferralsGroup(store: store).group],
        send: { attempt in
            if let kind = OnwardWord.Kind(rawValue: attempt.kind) { return await onward.send(attempt, kind) }
            if let kind = OutsideWord.Kind(rawValue: attempt.kind) { return await outside.send(attempt, kind) }
            if attempt.kind == MailWord.kind {
                return await mails?.send(attempt) ?? .withdrawn("no mail server is set any more")
            }
            if attempt.kind == KeptWord.kind { return await keeping.forget(attempt) }
            return await webhooks.send(attempt)
        },
        loops: [KeyRingWatch(ring: ring, logger: environment.logger)],
        doors: mllp.doors,
        migrations: [ReferralsMigrations.all],
        readiness: mllp.readiness,
        issuer: door.issuer
    )
}
