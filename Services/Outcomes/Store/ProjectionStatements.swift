internal import Postgres

enum ProjectionStatements {
    static let referralAccepted = Statement(
        "referral.accepted",
        """
        insert into outcome.referral (
            agency_id, referral_id, participant_id, setting, priority, programme, partner_id, received_at, accepted_at,
            accepted_version
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (agency_id, referral_id) do update
        set participant_id = excluded.participant_id,
            setting = excluded.setting,
            priority = excluded.priority,
            programme = excluded.programme,
            partner_id = excluded.partner_id,
            received_at = excluded.received_at,
            accepted_at = excluded.accepted_at,
            accepted_version = excluded.accepted_version
        where coalesce(referral.accepted_version, -1) < excluded.accepted_version
        """
    )

    static let referralCancelled = Statement(
        "referral.cancelled",
        """
        insert into outcome.referral (agency_id, referral_id, participant_id, cancelled_at, cancelled_version)
        values ($1, $2, $3, $4, $5)
        on conflict (agency_id, referral_id) do update
        set cancelled_at = excluded.cancelled_at, cancelled_version = excluded.cancelled_version
        where coalesce(referral.cancelled_version, -1) < excluded.cancelled_version
        """
    )

    static let referralClosed = Statement(
        "referral.closed",
        """
        insert into outcome.referral (
            agency_id, referral_id, participant_id, closed_at, closing_reason, closed_version
        )
        values ($1, $2, $3, $4, $5, $6)
        on conflict (agency_id, referral_id) do update
        set closed_at = excluded.closed_at,
            closing_reason = excluded.closing_reason,
            closed_version = excluded.closed_version
        where coalesce(referral.closed_version, -1) < excluded.closed_version
        """
    )

    static let match = Statement(
        "match.accepted",
        """
        insert into outcome.match (
            agency_id, match_id, referral_id, participant_id, peer_id, kind, accepted_at, version
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (agency_id, match_id, referral_id) do update
        set participant_id = excluded.participant_id,
            peer_id = excluded.peer_id,
            kind = excluded.kind,
            accepted_at = excluded.accepted_at,
            version = excluded.version
        where match.version < excluded.version
        """
    )

    // A missing instant loses against any other in least().
    static let dispatch = Statement(
        "dispatch.progressed",
        """
        insert into outcome.dispatch (
            agency_id, match_id, referral_id, participant_id, offered_at, acknowledged_at, escalated_at, arrived_at,
            ended_at, outcome, ended_version
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (agency_id, match_id, referral_id) do update
        set offered_at = least(dispatch.offered_at, excluded.offered_at),
            acknowledged_at = least(dispatch.acknowledged_at, excluded.acknowledged_at),
            escalated_at = least(dispatch.escalated_at, excluded.escalated_at),
            arrived_at = least(dispatch.arrived_at, excluded.arrived_at),
            ended_at = case
                when excluded.ended_version > coalesce(dispatch.ended_version, -1) then excluded.ended_at
                else dispatch.ended_at
            end,
            outcome = case
                when excluded.ended_version > coalesce(dispatch.ended_version, -1) then excluded.outcome
                else dispatch.outcome
            end,
            ended_version = greatest(dispatch.ended_version, excluded.ended_version)
        """
    )

    static let planStarted = Statement(
        "plan.started",
        """
        insert into outcome.plan (
            agency_id, plan_id, referral_id, participant_id, peer_id, programme, programme_version, started_on,
            started_at, started_version
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (agency_id, plan_id) do update
        set participant_id = excluded.participant_id,
            peer_id = excluded.peer_id,
            programme = excluded.programme,
            programme_version = excluded.programme_version,
            started_on = excluded.started_on,
            started_at = excluded.started_at,
            started_version = excluded.started_version
        where coalesce(plan.started_version, -1) < excluded.started_version
        """
    )

    static let planPhase = Statement(
        "plan.phase_changed",
        """
        insert into outcome.plan (
            agency_id, plan_id, referral_id, participant_id, phase, phase_changed_at, phase_version
        )
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (agency_id, plan_id) do update
        set phase = excluded.phase,
            phase_changed_at = excluded.phase_changed_at,
            phase_version = excluded.phase_version
        where coalesce(plan.phase_version, -1) < excluded.phase_version
        """
    )

    static let contact = Statement(
        "contact.recorded",
        """
        insert into outcome.contact (
            agency_id, contact_id, plan_id, referral_id, participant_id, peer_id, mode, outcome, due_at, occurred_at,
            recorded_at, version
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (agency_id, contact_id) do update
        set plan_id = excluded.plan_id,
            referral_id = excluded.referral_id,
            participant_id = excluded.participant_id,
            peer_id = excluded.peer_id,
            mode = excluded.mode,
            outcome = excluded.outcome,
            due_at = excluded.due_at,
            occurred_at = excluded.occurred_at,
            recorded_at = excluded.recorded_at,
            version = excluded.version
        where contact.version < excluded.version
        """
    )

    static let overdueContact = Statement(
        "contact.overdue",
        """
        insert into outcome.overdue_contact (agency_id, plan_id, sequence, participant_id, due_at)
        values ($1, $2, $3, $4, $5)
        on conflict (agency_id, plan_id, sequence) do nothing
        """
    )
}
