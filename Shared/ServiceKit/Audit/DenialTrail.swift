internal import Confidentiality
public import Models
internal import NIOCore

/// A refused request as the audit trail keeps it.
public struct DeniedRequest: Sendable {
    /// Why, and whom it was about.
    public let denial: Denial
    /// Nil where the token did not verify: then nothing is known that an audit row could belong to.
    public let principal: Principal?
    /// The declared operation; nil where no route matched.
    public let operationID: String?
    /// What the operation would have disclosed.
    public let dataClasses: Set<DataClass>
    /// The version of the rules that refused.
    public let ruleVersion: String
    /// To find the request in the logs.
    public let requestID: String
    /// The caller's network address, only to bound how many rows one address can cause. Never stored or logged.
    let address: String?

    init(denial: Denial, context: APIContext) {
        self.denial = denial
        principal = denial.principal ?? context.authenticated
        operationID = context.route?.operationID
        dataClasses = context.route?.discloses ?? []
        ruleVersion = context.access?.rules.version ?? ""
        requestID = context.requestID
        address = context.address
    }
}

/// Where denials are written: a transaction of their own, because the refused one rolls back.
public struct DenialTrail: Sendable {
    let record: @Sendable (DeniedRequest) async -> Void

    public init(_ record: @escaping @Sendable (DeniedRequest) async -> Void) {
        self.record = record
    }
}
