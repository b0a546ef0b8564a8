internal import MessageTable
internal import OutcomesMigrations
internal import ServiceKit

/// Puts the service together: its API, and what it does when messages arrive.
@Sendable func build(_ environment: ServiceEnvironment) async throws -> ServiceDefinition {
    let api = try OutcomesAPI(database: environment.database, clock: environment.clock, ids: environment.ids)
    return ServiceDefinition(
        routes: api.routes,
        openAPI: PackageResources.openapi_json,
        groups: [OutcomesGroup(ids: environment.ids).consumers],
        migrations: [OutcomesMigrations.all]
    )
}
