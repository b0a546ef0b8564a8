internal import Confidentiality
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain

/// One row of the accounting, with the name of the organisation that received.
struct StoredDisclosure: Sendable {
    let disclosureID: DisclosureID
    let at: Instant
    let disclosedBy: String
    let partnerID: PartnerID?
    let partnerName: String?
    let partnerKind: Partner.Kind?
    let recipient: String?
    let dataClasses: [String]
    let purpose: String
    let basis: String
    let consentID: ConsentID?
    let emergencyID: EmergencyID?
    let noticeVersion: String?
}

extension Statement {
    static let listDisclosures = Statement(
        "disclosure.list",
        """
        select d.disclosure_id, d.at, d.disclosed_by, d.recipient_partner_id, p.name, p.kind, d.recipient,
          d.data_classes, d.purpose, d.basis, d.consent_id, d.emergency_id, d.notice_version
        from referral.disclosure as d
        left join referral.partner as p on p.agency_id = d.agency_id and p.partner_id = d.recipient_partner_id
        where d.agency_id = $1 and d.participant_id = any($2) and d.at >= $3 and (d.at, d.disclosure_id) > ($4, $5)
        order by d.at, d.disclosure_id
        limit $6
        """
    )
}

extension Store {
    /// What was told of a person to others since an instant, the oldest first.
    func disclosures(
        of person: PersonIDs, since: Instant, after position: (Instant, DisclosureID), limit: Int,
        in work: Work
    ) async throws -> [StoredDisclosure] {
        try await work.tx.query(
            .listDisclosures, work.agencyID, person.all, since, position.0, position.1, limit
        ).map { row in
            let decoded = try row.decode(
                (
                    DisclosureID, Instant, String, PartnerID?, String?, Partner.Kind?, String?, [String], String,
                    String,
                    ConsentID?, EmergencyID?, String?
                ).self)
            return StoredDisclosure(
                disclosureID: decoded.0, at: decoded.1, disclosedBy: decoded.2, partnerID: decoded.3,
                partnerName: decoded.4, partnerKind: decoded.5, recipient: decoded.6, dataClasses: decoded.7,
                purpose: decoded.8, basis: decoded.9, consentID: decoded.10, emergencyID: decoded.11,
                noticeVersion: decoded.12)
        }
    }

    /// Enters a disclosure that a person made: by letter, by telephone, on an order of a court.
    func enter(
        _ disclosure: EnteredDisclosure, as id: DisclosureID, about participant: ParticipantID, by subject: String,
        requestID: String, in work: Work
    ) {
        work.tx.enqueue(
            .insertDisclosure, work.agencyID, id, participant, disclosure.at, subject, disclosure.partnerID,
            disclosure.recipient, disclosure.classes.map(\.rawValue).sorted(), disclosure.purpose.rawValue,
            disclosure.basis.rawValue, disclosure.consentID, EmergencyID?.none,
            disclosure.basis == .consent ? RedisclosureNotice.version : nil, "enterDisclosure", requestID
        )
    }
}

/// A disclosure that a person made and enters.
struct EnteredDisclosure: Sendable {
    /// On what it rested.
    enum Basis: String, Decodable, Sendable {
        case consent
        /// A court's order (42 CFR 2.61–2.67).
        case order
        /// Another provision of the law.
        case law
    }

    var at: Instant
    var partnerID: PartnerID?
    var recipient: String?
    var classes: Set<DataClass>
    var purpose: PurposeOfUse
    var basis: Basis
    var consentID: ConsentID?
}
