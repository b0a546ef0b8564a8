internal import MessageTable
internal import Models
internal import Postgres

/// One transaction of one agency, with what a change needs besides: the present, new ids, who acts, what to pass on.
struct UnitOfWork: Sendable {
    let transaction: Transaction
    let agencyID: AgencyID
    let headers: MessageHeaders
    let now: Instant
    let ids: IDSource
    /// The token's subject, or the message's topic.
    let actor: String

    /// Says what happened, in this transaction.
    func publish(_ event: some Event) throws {
        try transaction.publish(event, agency: agencyID, headers: headers)
    }
}

/// What the store refuses before any rule is asked.
enum StoreRefusal: Error, Hashable, CustomStringConvertible {
    /// Nothing of that id in this agency.
    case missing
    /// Somebody else changed it since it was read.
    case stale

    var description: String {
        switch self {
        case .missing: "nothing of that id"
        case .stale: "changed since it was read"
        }
    }
}
