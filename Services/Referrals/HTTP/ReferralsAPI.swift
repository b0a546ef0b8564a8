internal import Hummingbird
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// The JSON API under `/v1`: referrals, participants, consents, partners.
struct ReferralsAPI: Sendable {
    let database: Database
    let store: Store
    let clock: WallClock
    /// Types of residences, reasons, priorities, and the words for them.
    let residences: ResidencePolicy
    /// Whether partners may be at http addresses and on this host: only where things are tried out.
    var allowsLocal = false
    /// How often one caller may declare an emergency: a hospital has several in a night, a guesser hundreds.
    let emergencies = RateLimiter(.init(burst: 10, perMinute: 1))
    /// What makes the passwords of accounts slow to guess.
    var hasher = PasswordHasher()
    /// Accounts are of today, also where a past is rehearsed.
    var accountClock = WallClock.system

    var routes: Routes {
        var routes = Routes()
        add(to: &routes)
        routes.mapErrors(ReferralProblems.problem)
        return routes
    }

    func add(to routes: inout Routes) {
        addIntake(to: &routes)
        addSheets(to: &routes)
        addSuggestions(to: &routes)
        addHookFeedback(to: &routes)
        addReading(to: &routes)
        addOverdue(to: &routes)
        addBedside(to: &routes)
        addEightWeeks(to: &routes)
        addReach(to: &routes)
        addDecisions(to: &routes)
        addCompletion(to: &routes)
        addParticipants(to: &routes)
        addIdentityReviews(to: &routes)
        addMerges(to: &routes)
        addConsents(to: &routes)
        addPartners(to: &routes)
        addAnnouncing(to: &routes)
        addOutsideServers(to: &routes)
        addOnward(to: &routes)
        addCapacity(to: &routes)
        addKeys(to: &routes)
        addConsentNews(to: &routes)
        addEmergencies(to: &routes)
        addDesks(to: &routes)
        addRequests(to: &routes)
        addDisclosures(to: &routes)
        addOwnRecord(to: &routes)
        addErasure(to: &routes)
        addAccounts(to: &routes)
        addDirectoryFeeds(to: &routes)
        addDirectorySearch(to: &routes)
        addDirectoryExport(to: &routes)
        addDirectoryFlags(to: &routes)
        addResidences(to: &routes)
        addBeds(to: &routes)
        addPlacements(to: &routes)
        addNeeds(to: &routes)
        addLinkages(to: &routes)
        addCoverages(to: &routes)
        addNaloxone(to: &routes)
        addFunds(to: &routes)
        addSpendings(to: &routes)
    }

    /// Runs a request in one transaction of its agency, again where it met another one.
    func inWork(
        _ context: APIContext, _ body: @Sendable (Work) async throws -> Response
    ) async throws -> Response {
        try await database.pool.work(
            for: context.agencyID, headers: context.messageHeaders, clock: clock, by: context.deadline, body
        )
    }
}

/// Who calls: a partner sees what it sent, under its own ids; the agency's people see the agency's.
enum Caller: Sendable {
    case partner(PartnerID, client: String)
    case staff(String)

    /// - Throws: 403 for a partner's token that does not say which partner it is.
    init(_ principal: Principal) throws(Problem) {
        switch principal.role {
        case .partner:
            guard let partnerID = principal.partnerID else { throw Problem.forbidden.denying(Denial(.role)) }
            self = .partner(partnerID, client: principal.subject)
        default: self = .staff(principal.subject)
        }
    }

    /// As a side of a referral.
    var actor: Referral.Actor {
        switch self {
        case .partner(_, let client): .init(.requester, client)
        case .staff(let subject): .init(.performer, subject)
        }
    }
}

extension Route.Access {
    /// Those who keep the agency's work moving.
    static let office = Route.Access.roles(.coordinator, .supervisor)
    static let officeAndPartners = Route.Access.roles(.coordinator, .supervisor, .partner)
    static let operators = Route.Access.roles(.operator)
}
