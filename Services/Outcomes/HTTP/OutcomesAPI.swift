internal import Hummingbird
internal import MessageTable
internal import Models
internal import OutcomesDomain
internal import Postgres
internal import ServiceKit

/// The service's API under `/v1`: instruments, assessments, safety tasks, timelines, measures,
/// and reports for organisations outside.
struct OutcomesAPI: Sendable {
    let database: Database
    let clock: WallClock
    let ids: IDSource
    let instruments: InstrumentCatalogue
    let schedule: AssessmentSchedule
    let measures: MeasureCatalogue

    /// - Throws: ``DomainDataError`` where a data file that is built in is not what it must be.
    init(database: Database, clock: WallClock, ids: IDSource) throws {
        self.database = database
        self.clock = clock
        self.ids = ids
        instruments = try InstrumentCatalogue.builtIn()
        schedule = try AssessmentSchedule.builtIn()
        measures = try MeasureCatalogue.builtIn()
    }

    /// Every route with its handler.
    var routes: Routes {
        var routes = Routes()
        addInstruments(to: &routes)
        addAssessments(to: &routes)
        addSafetyTasks(to: &routes)
        addTimelines(to: &routes)
        addMeasures(to: &routes)
        addProgressReports(to: &routes)
        routes.mapErrors(OutcomesProblems.problem)
        return routes
    }

    /// Runs a request's body in one transaction of its agency.
    func transaction<T: Sendable>(
        _ context: APIContext, _ body: @Sendable (UnitOfWork) async throws -> T
    ) async throws -> T {
        let principal = try context.principal
        let headers = MessageHeaders(
            traceparent: context.trace.description, requestID: context.requestID, actor: principal.subject
        )
        let (clock, ids) = (clock, ids)
        return try await database.transaction(context) { transaction in
            try await body(
                UnitOfWork(
                    transaction: transaction, agencyID: principal.agencyID, headers: headers, now: clock.now(),
                    ids: ids, actor: principal.subject
                )
            )
        }
    }
}

extension Route.Access {
    /// Those who answer for the work.
    static let supervisors = Route.Access.roles(.supervisor)
    /// Those who keep an agency's work moving.
    static let office = Route.Access.roles(.coordinator, .supervisor)
    /// Those who work with participants.
    static let staff = Route.Access.roles(.coordinator, .supervisor, .peer)
    /// Those, and participants for what is their own.
    static let staffAndParticipants = Route.Access.roles(.coordinator, .supervisor, .peer, .participant)
}
