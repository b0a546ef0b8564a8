internal import Postgres

enum MeasureStatements {
    static let journeysByReceipt = Statement(
        "measure.journeys_by_receipt",
        """
        select
            referral_id, participant_id, programme, received_at, accepted_at, accepted_on, dispatched_at,
            acknowledged_at, arrived_at, bedside_ended_at, bedside_outcome, cancelled_at, cancelled_on, closed_at,
            closing_reason, died_at, died_on
        from outcome.referral_journey
        where agency_id = $1 and received_at >= $2 and received_at < $3
        """
    )

    static let journeysByAcceptance = Statement(
        "measure.journeys_by_acceptance",
        """
        select
            referral_id, participant_id, programme, received_at, accepted_at, accepted_on, dispatched_at,
            acknowledged_at, arrived_at, bedside_ended_at, bedside_outcome, cancelled_at, cancelled_on, closed_at,
            closing_reason, died_at, died_on
        from outcome.referral_journey
        where agency_id = $1 and accepted_at >= $2 and accepted_at < $3
        """
    )

    // Each is wanted with all ids of the person.
    static let contactsOfParticipants = Statement(
        "measure.contacts_of_participants",
        """
        select
            wanted.participant_id, contact.outcome, contact.occurred_at,
            (contact.occurred_at at time zone
                coalesce((select time_zone from handrail.agency where agency_id = $1), 'UTC'))::date
        from unnest($2::uuid[]) as wanted (participant_id)
        cross join lateral outcome.participant_ids($1, wanted.participant_id) as person (participant_id)
        join outcome.contact
            on contact.agency_id = $1
            and contact.participant_id = person.participant_id
            and contact.occurred_at >= $3
        """
    )

    static let plannedContacts = Statement(
        "measure.planned_contacts",
        """
        with planned as (
            select plan_id, due_at, participant_id
            from outcome.contact
            where agency_id = $1 and due_at >= $2 and due_at < $3 and plan_id is not null
            union
            select plan_id, due_at, participant_id
            from outcome.overdue_contact
            where agency_id = $1 and due_at >= $2 and due_at < $3
        )
        select
            planned.plan_id, planned.due_at,
            (
                select phase_changed_at
                from outcome.plan
                where agency_id = $1 and plan_id = planned.plan_id and phase = 'closed'
            ),
            (
                select min(least(
                    (
                        select min(occurred_at)
                        from outcome.timeline_event
                        where agency_id = $1 and participant_id = person.participant_id and kind = 'died'
                    ),
                    (
                        select min(closed_at)
                        from outcome.referral
                        where agency_id = $1 and participant_id = person.participant_id and closing_reason = 'died'
                    )
                ))
                from outcome.participant_ids($1, planned.participant_id) as person (participant_id)
            ),
            contact.outcome, contact.occurred_at,
            (contact.occurred_at at time zone
                coalesce((select time_zone from handrail.agency where agency_id = $1), 'UTC'))::date
        from planned
        left join outcome.contact
            on contact.agency_id = $1
            and contact.plan_id = planned.plan_id
            and contact.due_at = planned.due_at
        order by planned.plan_id, planned.due_at
        """
    )

    static let saveLatest = Statement(
        "measure_result.save_latest",
        """
        insert into outcome.measure_result (
            agency_id, measure_result_id, measure, definition_version, period_from, period_to, as_of, is_pinned,
            source_tier, run_at, run_by, result
        )
        values ($1, $2, $3, $4, $5, $6, $7, false, $8, $9, $10, $11)
        on conflict (agency_id, measure, definition_version, period_from, period_to) where not is_pinned do update
        set as_of = excluded.as_of, run_at = excluded.run_at, run_by = excluded.run_by, result = excluded.result
        """
    )

    static let savePinned = Statement(
        "measure_result.save_pinned",
        """
        insert into outcome.measure_result (
            agency_id, measure_result_id, measure, definition_version, period_from, period_to, as_of, is_pinned,
            source_tier, run_at, run_by, result
        )
        values ($1, $2, $3, $4, $5, $6, $7, true, $8, $9, $10, $11)
        on conflict (agency_id, measure, definition_version, period_from, period_to, as_of) where is_pinned do update
        set run_at = excluded.run_at, run_by = excluded.run_by, result = excluded.result
        """
    )
}
