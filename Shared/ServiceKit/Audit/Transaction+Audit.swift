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
    }

    /// Appends what a message handler or loop did.
    public func audit(_ record: AuditRecord, by actor: AuditActor) {
        append(record, by: actor, denied: nil)
    }

    /// Appends a refusal; only for the transaction that is made for it.
    func auditDenial(_ request: DeniedRequest, of principal: Principal) {
        let actor = AuditActor(
            agencyID: principal.agencyID, subject: principal.subject, role: principal.role,
            partnerID: principal.partnerID, operationID: request.operationID ?? "", dataClasses: request.dataClasses,
            requestID: request.requestID
        )
        let record = AuditRecord(
            .read, participantIDs: request.denial.participantIDs, purpose: request.denial.purpose
        )
        append(record, by: actor, denied: request.denial.reason)
    }

    private func append(_ record: AuditRecord, by actor: AuditActor, denied reason: Denial.Reason?) {
        let classes = record.dataClasses ?? actor.dataClasses
        enqueue(
            AuditStatements.append,
            actor.agencyID,
            UUID(version7At: WallClock.system.now(), random: .random(in: .min ... .max), .random(in: .min ... .max)),
            actor.subject,
            actor.role.rawValue,
            actor.partnerID,
            record.onBehalfOf,
            reason == nil ? record.action.rawValue : "refused",
            actor.operationID,
            reason == nil ? "allow" : "deny",
            reason?.rawValue,
            record.purpose.rawValue,
            classes.map(\.rawValue).sorted(),
            record.participantIDs,
            record.consentID,
            record.ruleVersion,
            record.breakGlass,
            actor.requestID
        )
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
