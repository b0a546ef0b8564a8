internal import MessageTable
internal import Models
internal import SchedulingDomain
internal import SchedulingMigrations
internal import ServiceKit

/// Puts the service together from what its process gives it.
///
/// - Throws: ``ProgrammeFlaw`` where a built-in programme is wrong, ``NoTimeZones`` on a machine without time zone rules:
///   such a process must not start.
@Sendable func build(_ environment: ServiceEnvironment) async throws -> ServiceDefinition {
    guard CivilZone(identifier: "America/New_York") != nil else { throw NoTimeZones() }
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

/// The system has no time zone database (the package `tzdata`).
struct NoTimeZones: Error, CustomStringConvertible {
    var description: String { "no time zone rules in /usr/share/zoneinfo: install tzdata" }
}
