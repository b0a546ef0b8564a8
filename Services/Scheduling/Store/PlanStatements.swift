internal import Postgres

/// The statements on plans. Row-level security confines each to the transaction's agency.
enum PlanStatements {
    static let find = Statement(
        "plan.find",
        """
        select plan_id, participant_id, referral_id, peer_id, programme, programme_version, option, time_zone, status,
            phase, started_at, begun_at, closed_at, closure_reason, closing, follows_plan_id, continued_at, version
        from scheduling.plan
        where plan_id = $1
        """
    )

    static let findForUpdate = Statement(
        "plan.find_for_update",
        """
        select plan_id, participant_id, referral_id, peer_id, programme, programme_version, option, time_zone, status,
            phase, started_at, begun_at, closed_at, closure_reason, closing, follows_plan_id, continued_at, version
        from scheduling.plan
        where plan_id = $1
        for update
        """
    )

    static let phases = Statement(
        "plan.phases",
        """
        select phase, starts_on, ends_on, entered_at, left_at, focus_areas, review, override_by, override_reason
        from scheduling.plan_phase
        where plan_id = $1
        order by position
        """
    )

    static let contacts = Statement(
        "plan.contacts",
        """
        select sequence, phase, purpose, due_on, due_from, due_until, status, met_by
        from scheduling.planned_contact
        where plan_id = $1
        order by sequence
        """
    )

    /// The outreach that was opened last.
    static let outreach = Statement(
        "plan.outreach",
        """
        select sequence, opened_at, due_at, status, attempts, channels, ended_at
        from scheduling.outreach
        where plan_id = $1
        order by opened_at desc, sequence desc
        limit 1
        """
    )

    /// No row where the participant already has a live plan of the programme, or the plan is already continued.
    static let insert = Statement(
        "plan.insert",
        """
        insert into scheduling.plan (
            agency_id, plan_id, participant_id, referral_id, peer_id, match_id, programme, programme_version, option,
            time_zone, status, phase, started_at, follows_plan_id, version
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        on conflict do nothing
        returning plan_id
        """
    )

    static let update = Statement(
        "plan.update",
        """
        update scheduling.plan
        set peer_id = $2, status = $3, phase = $4, begun_at = $5, closed_at = $6, closure_reason = $7, closing = $8,
            continued_at = $9, version = $10
        where plan_id = $1
        """
    )

    static let savePhase = Statement(
        "plan.save_phase",
        """
        insert into scheduling.plan_phase (
            agency_id, plan_id, phase, position, starts_on, ends_on, entered_at, left_at, focus_areas, review,
            override_by, override_reason
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (agency_id, plan_id, phase) do update
        set starts_on = excluded.starts_on, ends_on = excluded.ends_on, entered_at = excluded.entered_at,
            left_at = excluded.left_at, focus_areas = excluded.focus_areas, review = excluded.review,
            override_by = excluded.override_by, override_reason = excluded.override_reason
        """
    )

    static let saveContacts = Statement(
        "plan.save_contacts",
        """
        insert into scheduling.planned_contact (
            agency_id, plan_id, peer_id, sequence, phase, purpose, due_on, due_from, due_until, status, met_by
        )
        select $1, $2, $3, one.sequence, one.phase, one.purpose, one.due_on, one.due_from, one.due_until, one.status,
            one.met_by
        from unnest($4, $5, $6, $7, $8, $9, $10, $11)
            as one (sequence, phase, purpose, due_on, due_from, due_until, status, met_by)
        on conflict (agency_id, plan_id, sequence) do update
        set status = excluded.status, met_by = excluded.met_by
        """
    )

    static let reassignContacts = Statement(
        "plan.reassign_contacts",
        """
        update scheduling.planned_contact
        set peer_id = $2
        where plan_id = $1 and peer_id <> $2
        """
    )

    static let saveOutreach = Statement(
        "plan.save_outreach",
        """
        insert into scheduling.outreach (
            agency_id, plan_id, sequence, opened_at, due_at, status, attempts, channels, ended_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (agency_id, plan_id, sequence) do update
        set status = excluded.status, attempts = excluded.attempts, channels = excluded.channels,
            ended_at = excluded.ended_at
        """
    )

    static let live = Statement(
        "plan.live",
        """
        select plan_id, participant_id, match_id
        from scheduling.plan
        where participant_id = any ((select scheduling.participant_group($1, $2))::uuid[])
            and programme = $3
            and status in ('preparing', 'active')
        order by plan_id
        """
    )

    static let liveOfParticipant = Statement(
        "plan.live_of_participant",
        """
        select plan_id
        from scheduling.plan
        where participant_id = any ((select scheduling.participant_group($1, $2))::uuid[])
            and status in ('preparing', 'active')
        order by plan_id
        """
    )

    static let agencyZone = Statement("agency.time_zone", "select time_zone from handrail.agency")

    static let tally = Statement(
        "plan.tally",
        """
        select count(*) filter (where mode = 'in-person' and not with_supports),
            count(*) filter (where with_supports)
        from scheduling.contact
        where plan_id = $1 and outcome = 'reached' and occurred_at >= $2
        """
    )

    static let insertRecurrence = Statement(
        "plan.insert_recurrence",
        """
        insert into scheduling.recurrence (
            agency_id, plan_id, occurred_on, contacts_added, recorded_at, recorded_by
        )
        values ($1, $2, $3, $4, $5, $6)
        """
    )

    static let recurrenceExists = Statement(
        "plan.recurrence_exists",
        """
        select exists (select from scheduling.recurrence where plan_id = $1 and occurred_on = $2)
        """
    )
}
