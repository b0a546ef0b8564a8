internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

// What the agency's own people ask most often. Whom a restriction keeps from whoever asks is left out: of a single one the
// handler then asks the long way. Each is one statement that also writes its audit row, so that nothing is
// read without being on record, and that whoever asks at the same moment shares the round trip and the commit. Run again
// where its answer was lost: better twice on record than not answered.
extension Statement {
    /// One referral, with the audit row of the reading.
    static let readReferral = Statement(
        "referral.read",
        """
        with found as materialized (
          select referral_id, participant_id
          from referral.referral
          where agency_id = $1 and referral_id = $2
            and participant_id <> all (array(
              select person.participant_id
              from restriction_terms as k
              cross join lateral unnest(referral.participant_group($1, k.participant_id)) as person (participant_id)
              where k.agency_id = $1 and k.recipient_kind = 'person' and k.recipient = $4 and k.ended_at is null))
        ), audited as (
          insert into audit_event
            (agency_id, at, audit_id, subject, role, partner_id, action, operation_id, decision, purpose, data_classes,
             participant_ids, rule_version, break_glass, request_id)
          select $1, clock_timestamp(), $3, $4, $5, $6, 'read', $7, 'allow', $8, $9, array[participant_id], $10, false,
            $11
          from found
        )
        select r.referral_id, r.version, r.participant_id, r.engagement_id, r.partner_id, r.client_id, r.setting,
          r.priority, r.programme, r.languages, r.peer_gender_wish, r.takes_medication, r.callback, r.status,
          r.business_status, r.status_reason, r.cancelled_by_sender, r.closing_reason, r.received_at, r.accepted_at,
          r.closed_at, r.changed_at, r.business_changed_at, r.shown_version, r.shown_status, r.shown_business,
          r.shown_at, p.data_key, r.known_as_id, r.release_on, r.completed_at
        from referral.referral as r
        join referral.participant as p on p.agency_id = r.agency_id and p.participant_id = r.participant_id
        where r.agency_id = $1 and r.referral_id = (select referral_id from found)
        """
    )

    /// A page of the agency's referrals, the latest first, with the audit row of the search.
    static let listReferrals = Statement(
        "referral.list",
        """
        with page as materialized (
          select referral_id, participant_id
          from referral.referral
          where agency_id = $1 and referral_id < $2
            and participant_id <> all (array(
              select person.participant_id
              from restriction_terms as k
              cross join lateral unnest(referral.participant_group($1, k.participant_id)) as person (participant_id)
              where k.agency_id = $1 and k.recipient_kind = 'person' and k.recipient = $5 and k.ended_at is null
                and (k.data_classes = '{}' or k.data_classes && '{presence,referral}')))
          order by referral_id desc
          limit $3
        ), audited as (
          insert into audit_event
            (agency_id, at, audit_id, subject, role, partner_id, action, operation_id, decision, purpose, data_classes,
             participant_ids, rule_version, break_glass, request_id)
          select $1, clock_timestamp(), $4, $5, $6, $7, 'search', $8, 'allow', $9, $10,
            coalesce(array_agg(distinct participant_id order by participant_id), '{}'), $11, false, $12
          from page
        )
        select r.referral_id, r.version, r.participant_id, r.engagement_id, r.partner_id, r.client_id, r.setting,
          r.priority, r.programme, r.languages, r.peer_gender_wish, r.takes_medication, r.callback, r.status,
          r.business_status, r.status_reason, r.cancelled_by_sender, r.closing_reason, r.received_at, r.accepted_at,
          r.closed_at, r.changed_at, r.business_changed_at, r.shown_version, r.shown_status, r.shown_business,
          r.shown_at, p.data_key, r.known_as_id, r.release_on, r.completed_at
        from referral.referral as r
        join referral.participant as p on p.agency_id = r.agency_id and p.participant_id = r.participant_id
        where r.agency_id = $1 and r.referral_id = any(array(select referral_id from page))
        order by r.referral_id desc
        """
    )

    /// The same of one status.
    static let listReferralsByStatus = Statement(
        "referral.list_by_status",
        """
        with page as materialized (
          select referral_id, participant_id
          from referral.referral
          where agency_id = $1 and status = $2 and referral_id < $3
            and participant_id <> all (array(
              select person.participant_id
              from restriction_terms as k
              cross join lateral unnest(referral.participant_group($1, k.participant_id)) as person (participant_id)
              where k.agency_id = $1 and k.recipient_kind = 'person' and k.recipient = $6 and k.ended_at is null
                and (k.data_classes = '{}' or k.data_classes && '{presence,referral}')))
          order by referral_id desc
          limit $4
        ), audited as (
          insert into audit_event
            (agency_id, at, audit_id, subject, role, partner_id, action, operation_id, decision, purpose, data_classes,
             participant_ids, rule_version, break_glass, request_id)
          select $1, clock_timestamp(), $5, $6, $7, $8, 'search', $9, 'allow', $10, $11,
            coalesce(array_agg(distinct participant_id order by participant_id), '{}'), $12, false, $13
          from page
        )
        select r.referral_id, r.version, r.participant_id, r.engagement_id, r.partner_id, r.client_id, r.setting,
          r.priority, r.programme, r.languages, r.peer_gender_wish, r.takes_medication, r.callback, r.status,
          r.business_status, r.status_reason, r.cancelled_by_sender, r.closing_reason, r.received_at, r.accepted_at,
          r.closed_at, r.changed_at, r.business_changed_at, r.shown_version, r.shown_status, r.shown_business,
          r.shown_at, p.data_key, r.known_as_id, r.release_on, r.completed_at
        from referral.referral as r
        join referral.participant as p on p.agency_id = r.agency_id and p.participant_id = r.participant_id
        where r.agency_id = $1 and r.referral_id = any(array(select referral_id from page))
        order by r.referral_id desc
        """
    )
}

extension Store {
    /// The referral, or nil when there is none in this agency; then nothing was read, and there is no audit row.
    func read(
        _ id: ReferralID, in agency: AgencyID, recording audit: AuditBeside, from pool: Pool,
        by deadline: ContinuousClock.Instant?
    ) async throws -> StoredReferral? {
        try await pool.batch(
            .readReferral, agency, id, audit.auditID, audit.subject, audit.role, audit.partnerID,
            audit.operationID, audit.purpose, audit.dataClasses, audit.ruleVersion, audit.requestID,
            in: .agency(agency), ifLost: .repeatIt, by: deadline
        ).first.map { try read($0, in: agency) }
    }

    /// A page of the agency's referrals, of one status or of all, the latest first.
    func list(
        _ status: ReferralStatus?, page: ListPage, in agency: AgencyID, recording audit: AuditBeside, from pool: Pool,
        by deadline: ContinuousClock.Instant?
    ) async throws -> [StoredReferral] {
        let before = page.before ?? .last
        let rows =
            if let status {
                try await pool.batch(
                    .listReferralsByStatus, agency, status, before, page.limit, audit.auditID,
                    audit.subject, audit.role, audit.partnerID, audit.operationID, audit.purpose, audit.dataClasses,
                    audit.ruleVersion, audit.requestID, in: .agency(agency), ifLost: .repeatIt, by: deadline
                )
            } else {
                try await pool.batch(
                    .listReferrals, agency, before, page.limit, audit.auditID, audit.subject,
                    audit.role, audit.partnerID, audit.operationID, audit.purpose, audit.dataClasses, audit.ruleVersion,
                    audit.requestID, in: .agency(agency), ifLost: .repeatIt, by: deadline
                )
            }
        return try rows.map { try read($0, in: agency) }
    }
}
