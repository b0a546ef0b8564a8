internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import SchedulingDomain
internal import ServiceKit

/// The service's API under `/v1`: plans, contacts, appointments, availability.
struct SchedulingAPI: Sendable {
    let database: Database
    let clock: WallClock
    let ids: IDSource
    let catalogue: ProgrammeCatalogue

    /// Every route with its handler.
    var routes: Routes {
        var routes = Routes()
        addPlans(to: &routes)
        addPlanChanges(to: &routes)
        addContacts(to: &routes)
        addAppointments(to: &routes)
        addAvailability(to: &routes)
        routes.mapErrors(SchedulingProblems.problem)
        return routes
    }

    /// Runs a request's body in one transaction of its agency.
    func transaction<T: Sendable>(
        _ context: APIContext, _ body: @Sendable (UnitOfWork, Reach) async throws -> T
    ) async throws -> T {
        let principal = try context.principal
        let reach = try Reach(of: principal)
        let headers = context.messageHeaders
        let (clock, ids, catalogue) = (clock, ids, catalogue)
        return try await database.transaction(context) { transaction in
            let work = UnitOfWork(
                transaction: transaction, agencyID: principal.agencyID, headers: headers, now: clock.now(), ids: ids,
                catalogue: catalogue, actor: principal.subject
            )
            return try await body(work, try await reach.person(in: work))
        }
    }
}

extension Route.Access {
    /// Those who keep an agency's work moving.
    static let office = Route.Access.roles(.coordinator, .supervisor)
    /// Those who work with participants.
    static let staff = Route.Access.roles(.coordinator, .supervisor, .peer)
    /// Those, and participants for what is their own.
    static let staffAndParticipants = Route.Access.roles(.coordinator, .supervisor, .peer, .participant)
}
