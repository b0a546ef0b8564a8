internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import ReferralsMigrations
internal import ServiceKit

/// The settings of this service beside those that all have.
let ownSettings: [SettingReference] =
    [
        SettingReference(
            "HANDRAIL_REFERRALS_KEY_RING_FILE",
            "JSON file with the keys that wrap participants' data keys, and which is current"
        ),
        SettingReference(
            "HANDRAIL_REFERRALS_BLIND_INDEX_KEYS_FILE",
            "JSON file with the keys of the digests by which people are found"
        ),
    ] + PartnerDoor.settings

/// Wires the service: what it answers, what it listens to, what it sends, and the schema that it needs.
///
/// - Throws: ``VaultError`` when a key file is missing or malformed: without keys nothing is taken in; ``PartnerDoor/Mistake``.
@Sendable
func build(_ environment: ServiceEnvironment) async throws -> ServiceDefinition {
    let vault = try Vault(
        ring: KeyRing(json: environment.settings.secret("HANDRAIL_REFERRALS_KEY_RING_FILE") ?? []),
        indexKeys: BlindIndexKeys(json: environment.settings.secret("HANDRAIL_REFERRALS_BLIND_INDEX_KEYS_FILE") ?? [])
    )
    let store = Store(vault: vault, ids: environment.ids)
    let allowsLocal = environment.settings.deployment == .local
    let api = ReferralsAPI(
        database: environment.database, store: store, clock: environment.clock, allowsLocal: allowsLocal
    )
    let webhooks = WebhookSender(
        pool: environment.database.pool, store: store, clock: environment.clock,
        post: HTTPPoster(allowsLocal: allowsLocal, logger: environment.logger).post
    )
    let door = try PartnerDoor(environment, store: store)
    var routes = api.routes
    door.add(to: &routes)
    return ServiceDefinition(
        routes: routes,
        openAPI: PackageResources.openapi_json,
        groups: [ReferralsGroup(store: store).group],
        send: webhooks.send,
        migrations: [ReferralsMigrations.all],
        issuer: door.issuer
    )
}
