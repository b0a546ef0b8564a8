internal import FoundationEssentials
internal import MessageTable
internal import Models
public import Postgres

extension Transaction {
    /// Appends an allowed access or change to the audit trail, in the transaction that makes it.
    ///
    /// The row goes out together with the next statement, or with the commit, so it costs no round trip. Without it
    /// the transaction does not commit.
    ///
    /// - Throws: 401 on an open route.
    public func audit(_ record: AuditRecord, _ context: APIContext) throws(Problem) {
        audit(record, by: try context.auditActor)
        context.access?.audited.add()
    }

    /// Appends what a message handler or loop did.
    public func audit(_ record: AuditRecord, by actor: AuditActor) {
        enqueue(
            AuditStatements.append, actor.agencyID, Self.newAuditID, actor.subject, actor.role.rawValue,
            actor.partnerID,
            record.onBehalfOf, record.action.rawValue, actor.operationID, "allow", String?.none,
            record.purpose.rawValue,
            record.dataClasses.map(\.rawValue).sorted(), record.participantIDs, record.consentID, record.ruleVersion,
            record.breakGlass, actor.requestID
        )
    }

    /// Appends a refusal; only for the transaction that is made for it.
    func auditDenial(_ request: DeniedRequest, of principal: Principal) {
        let denial = request.denial
        enqueue(
            AuditStatements.append, principal.agencyID, Self.newAuditID, principal.subject, principal.role.rawValue,
            principal.partnerID, PartnerID?.none, "refused", request.operationID ?? "", "deny", denial.reason.rawValue,
            (denial.purpose ?? .treatment).rawValue, request.dataClasses.map(\.rawValue).sorted(),
            denial.participantIDs, ConsentID?.none, request.ruleVersion, false, request.requestID
        )
    }

    private static var newAuditID: UUID {
        UUID(version7At: WallClock.system.now(), random: .random(in: .min ... .max), .random(in: .min ... .max))
    }
}

/// Tables without a schema: each login's search path is its own service's schema.
enum AuditStatements {
    static let append = Statement(
        "audit.append",
        """
        insert into audit_event (
            agency_id, audit_id, subject, role, partner_id, on_behalf_of, action, operation_id, decision, reason,
            purpose, data_classes, participant_ids, consent_id, rule_version, break_glass, request_id
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        """
    )

    static let appendDeniedAccess = Statement(
        "audit.append_denied_access",
        """
        insert into denied_access (denial_id, reason, operation_id, suppressed)
        values ($1, $2, $3, $4)
        """
    )
}
