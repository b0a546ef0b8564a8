public import Confidentiality
public import FoundationEssentials
public import Models

/// What an audit row takes from its request, for a statement that reads and writes the row itself: one round trip, and
/// nothing is read without being on record.
///
/// The statement inserts into `audit_event` the agency, these values in their columns, its own `action`, `decision`
/// (`'allow'`), `break_glass` (false) and the `participant_ids` that it reads. It has no consent and nobody on whose
/// behalf: where there is one, see ``Postgres/Transaction/audit(_:_:)``.
public struct AuditBeside: Sendable {
    public let auditID: UUID
    public let subject: String
    public let role: String
    public let partnerID: PartnerID?
    public let operationID: String
    public let purpose: String
    public let dataClasses: [String]
    public let ruleVersion: String
    public let requestID: String
}

extension APIContext {
    /// The values of one audit row for this request.
    ///
    /// - Parameter permit: under which the statement reads.
    /// - Throws: 401 on an open route.
    public func auditBeside(under permit: Permit) throws(Problem) -> AuditBeside {
        let actor = try auditActor
        access?.audited.add()
        return AuditBeside(
            auditID: UUID(
                version7At: WallClock.system.now(), random: .random(in: .min ... .max), .random(in: .min ... .max)),
            subject: actor.subject, role: actor.role.rawValue, partnerID: actor.partnerID,
            operationID: actor.operationID, purpose: permit.purpose.rawValue,
            dataClasses: permit.classes.map(\.rawValue).sorted(), ruleVersion: permit.ruleVersion,
            requestID: actor.requestID)
    }
}
