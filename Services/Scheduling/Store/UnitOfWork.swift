internal import MessageTable
internal import Models
internal import Postgres
internal import SchedulingDomain

/// One transaction of one agency, with what a change needs besides: the time, new ids, the programmes, and who acts.
///
/// Requests and message handlers change things through it alike, so that a plan that a message starts and one that a
/// person starts are the same.
struct UnitOfWork: Sendable {
    let transaction: Transaction
    let agencyID: AgencyID
    let headers: MessageHeaders
    let now: Instant
    let ids: IDSource
    let catalogue: ProgrammeCatalogue
    /// The token's subject, or the message's topic.
    let actor: String

    /// Says what happened, in this transaction.
    func publish(_ event: some Event) throws {
        try transaction.publish(event, agency: agencyID, headers: headers)
    }

    /// The model that a plan began with.
    ///
    /// - Throws: ``StoreRefusal/unknownModel`` where this version of the program lacks it: it was started by a newer one.
    func model(of plan: ContactPlan) throws(StoreRefusal) -> ProgrammeModel {
        guard let model = catalogue.model(plan.programme, version: plan.programmeVersion) else { throw .unknownModel }
        return model
    }
}

/// What the store refuses before any rule is asked.
enum StoreRefusal: Error, Hashable, CustomStringConvertible {
    /// Nothing of that id in this agency.
    case missing
    /// Somebody else changed it since it was read.
    case stale
    /// A plan of a programme version that this program does not have.
    case unknownModel
    /// The agency's time zone is none that this system has rules for.
    case unknownZone

    var description: String {
        switch self {
        case .missing: "nothing of that id"
        case .stale: "changed since it was read"
        case .unknownModel: "programme version unknown to this program"
        case .unknownZone: "the agency's time zone is unknown to this system"
        }
    }
}
