internal import Postgres

extension Statement {
    /// What is known of each of these referrals now.
    static let listBedsideVisits = Statement(
        "bedside_visit.list",
        """
        select distinct on (referral_id) referral_id, version, overdose_at, arrived_in_hospital_at, naloxone_by,
          minutes_at_bedside, medication_started, naloxone_kit_given, disposition, next_contact_on,
          status_at_eight_weeks, status_at_eight_weeks_at, recorded_at, recorded_by
        from referral.bedside_visit
        where agency_id = $1 and referral_id = any($2)
        order by referral_id, version desc
        """
    )

    static let insertBedsideVisit = Statement(
        "bedside_visit.insert",
        """
        insert into referral.bedside_visit
          (agency_id, referral_id, version, overdose_at, arrived_in_hospital_at, naloxone_by, minutes_at_bedside,
           medication_started, naloxone_kit_given, disposition, next_contact_on, status_at_eight_weeks,
           status_at_eight_weeks_at, recorded_at, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """
    )

    /// When a peer came to the bedside, and when the visit ended, as peer matching reported it: of each engagement the
    /// first visit.
    static let listDispatchVisits = Statement(
        "dispatch_step.list_visits",
        """
        select distinct on (a.engagement_id) a.engagement_id, a.at as arrived_at, e.at as ended_at
        from referral.dispatch_step as a
        left join referral.dispatch_step as e
          on e.agency_id = $1 and e.match_id = a.match_id and e.step = 'ended'
        where a.agency_id = $1 and a.engagement_id = any($2) and a.step = 'arrived'
        order by a.engagement_id, a.at, e.at
        """
    )

    /// Whether somebody still has to ask how the person is after eight weeks: nil while it is not known.
    static let settleEightWeeks = Statement(
        "referral.settle_eight_weeks",
        """
        update referral.referral
        set eight_weeks_settled_at = $3
        where agency_id = $1 and referral_id = $2
        """
    )

    /// Of somebody who was erased nobody asks any more.
    static let settleEightWeeksOfParticipant = Statement(
        "referral.settle_eight_weeks_of_participant",
        """
        update referral.referral
        set eight_weeks_settled_at = $3
        where agency_id = $1 and participant_id = $2 and eight_weeks_settled_at is null
        """
    )
}
