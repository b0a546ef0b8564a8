public import Models

/// Whom an audit row names: a request's principal, or the suite itself where a message caused the work.
public struct AuditActor: Sendable {
    let agencyID: AgencyID
    let subject: String
    let role: Role
    let partnerID: PartnerID?
    let operationID: String
    let requestID: String

    /// The suite acting on a message or on its own.
    ///
    /// - Parameters:
    ///   - operationID: what was done, in the form of an operation: `disclosePresence`.
    ///   - requestID: of the request that the message came from, where there is one.
    public static func system(
        _ agencyID: AgencyID,
        service: String,
        operationID: String,
        requestID: String? = nil
    ) -> AuditActor {
        AuditActor(
            agencyID: agencyID, subject: service, role: .service, partnerID: nil, operationID: operationID,
            requestID: requestID ?? ""
        )
    }
}

extension APIContext {
    /// The principal of this request as the audit trail names it.
    ///
    /// - Throws: 401 on an open route.
    public var auditActor: AuditActor {
        get throws(Problem) {
            let principal = try principal
            return AuditActor(
                agencyID: principal.agencyID, subject: principal.subject, role: principal.role,
                partnerID: principal.partnerID, operationID: route?.operationID ?? "",
                requestID: requestID
            )
        }
    }
}
