internal import Confidentiality
internal import NIOConcurrencyHelpers

/// By what the requests of a process are decided: the rules, and the law of the request's agency.
struct Access: Sendable {
    let rules: AccessRules
    var law: AgencyLaw?
    /// Counts the audit rows of a request: each is made of a permit, and an answer about people without one does not go out.
    let audited = AuditedRows()
}

/// How many audit rows one request has written.
final class AuditedRows: Sendable {
    private let count = NIOLockedValueBox(0)

    func add() { count.withLockedValue { $0 += 1 } }

    var isEmpty: Bool { count.withLockedValue { $0 == 0 } }
}
