internal import MessageTable
internal import Models
internal import SchedulingDomain
internal import SchedulingMigrations
internal import ServiceKit

/// Puts the service together from what its process gives it.
///
/// - Throws: ``ProgrammeFlaw`` where a built-in programme is wrong: such a process must not start.
@Sendable func build(_ environment: ServiceEnvironment) async throws -> ServiceDefinition {
    let catalogue = try ProgrammeCatalogue.builtIn()
    let api = SchedulingAPI(
        database: environment.database, clock: environment.clock, ids: environment.ids, catalogue: catalogue
    )
    return ServiceDefinition(
        routes: api.routes,
        openAPI: schedulingDocument,
        groups: [SchedulingMessages.group(ids: environment.ids, catalogue: catalogue)],
        migrations: [SchedulingMigrations.all]
    )
}

/// The API's description, as it is served.
let schedulingDocument = PackageResources.openapi_json
