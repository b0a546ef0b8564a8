internal import PeerMatchingDomain
internal import PeerMatchingMigrations
internal import ServiceKit

/// Wires the service: what it answers, what it listens to, and the schema that it needs.
///
/// - Throws: `DecodingError` when the embedded policy cannot be read, so that the process does not start without one.
@Sendable
func build(_ environment: ServiceEnvironment) async throws -> ServiceDefinition {
    _ = try Policy.standard()
    let api = MatchingAPI(database: environment.database, clock: environment.clock, ids: environment.ids)
    return ServiceDefinition(
        routes: api.routes,
        openAPI: PackageResources.openapi_json,
        groups: [PeerMatchingGroup(ids: environment.ids).group],
        migrations: [PeerMatchingMigrations.all]
    )
}
