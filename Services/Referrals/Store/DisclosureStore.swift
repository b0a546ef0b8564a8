internal import Confidentiality
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

extension Statement {
    static let insertDisclosure = Statement(
        "disclosure.insert",
        """
        insert into referral.disclosure
          (agency_id, disclosure_id, participant_id, at, disclosed_by, recipient_partner_id, recipient, data_classes,
           purpose, basis, consent_id, emergency_id, notice_version, operation_id, request_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """
    )

    static let keepDisclosure = Statement(
        "disclosure.keep",
        """
        insert into referral.disclosure
          (agency_id, disclosure_id, participant_id, at, disclosed_by, recipient_partner_id, data_classes, purpose, basis,
           consent_id, notice_version, operation_id, request_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict (agency_id, disclosure_id) do nothing
        """
    )
}

/// By what something was told, as the accounting names it.
struct TellingOperation: Hashable, Sendable {
    /// The subject of a token, or the program.
    let by: String
    let operationID: String
    let requestID: String
}

extension Store {
    /// Accounts for what a partner was told, where it was a disclosure: the row goes out with the answer's transaction.
    ///
    /// - Parameters:
    ///   - partner: the organisation; nil where it is none of the agency's partners.
    ///   - recipient: who received it there.
    func account(
        _ permit: Permit, about participant: ParticipantID, to partner: PartnerID?, recipient: String? = nil,
        _ operation: TellingOperation, in work: Work
    ) {
        guard permit.isDisclosure else { return }
        let basis = permit.consentID != nil ? "consent" : permit.emergencyID != nil ? "emergency" : "care"
        work.tx.enqueue(
            .insertDisclosure, work.agencyID, ids.new(DisclosureID.self), participant, work.now, operation.by, partner,
            recipient, permit.classes.map(\.rawValue).sorted(), permit.purpose.rawValue, basis, permit.consentID,
            permit.emergencyID, RedisclosureNotice.version, operation.operationID, operation.requestID
        )
    }

    /// Accounts for what another service has told. It has happened, so nothing that has changed since is looked at.
    func account(for event: DisclosureMade, in work: Work) async throws {
        try await work.tx.execute(
            .keepDisclosure, work.agencyID, event.disclosureID, event.participantID, event.disclosedAt,
            event.disclosedBy, event.recipientID, event.classes.map(\.text).sorted(), event.purpose.text,
            event.consentID == nil ? "care" : "consent", event.consentID, event.noticeVersion, event.operationID,
            work.headers.requestID ?? ""
        )
    }
}

extension Store {
    /// Puts on record what the sender of a referral was told of it, and accounts for it where it was a disclosure.
    ///
    /// - Throws: 404 for a referral without a sender: nobody outside may be told of it.
    func record(
        _ taken: TakenIn, told action: AuditRecord.Action, _ context: APIContext, in work: Work
    ) throws(Problem) {
        let referral = taken.stored.referral
        guard let permit = taken.permit, let partner = referral.partnerID else {
            throw .notFound.denying(Denial(.relationship, participantIDs: [referral.participantID]))
        }
        try work.tx.audit(
            AuditRecord(action, under: permit, participantIDs: [referral.participantID], onBehalfOf: partner), context)
        account(permit, about: referral.participantID, to: partner, try context.tellingOperation, in: work)
    }

    /// The same for a page of what a partner sent: one audit row, and one row of the accounting for each person.
    func record(
        _ all: [TakenIn], toldTo partner: PartnerID, _ context: APIContext, in work: Work
    ) throws(Problem) {
        var permits: [ParticipantID: Permit] = [:]
        for taken in all {
            guard let permit = taken.permit else { continue }
            permits[taken.stored.referral.participantID] = permit
        }
        try work.tx.audit(AuditRecord(listing: permits, onBehalfOf: partner), context)
        for (participant, permit) in permits.sorted(by: { $0.key < $1.key }) {
            account(permit, about: participant, to: partner, try context.tellingOperation, in: work)
        }
    }
}

extension APIContext {
    /// This request, as the accounting names it.
    var tellingOperation: TellingOperation {
        get throws(Problem) {
            TellingOperation(
                by: try principal.subject, operationID: route?.operationID ?? "", requestID: requestID)
        }
    }
}
