internal import Postgres

enum TimelineStatements {
    static let upsert = Statement(
        "timeline_event.upsert",
        """
        insert into outcome.timeline_event (
            agency_id, event_id, participant_id, kind, occurred_at, occurred_on, precision, source_tier, referral_id,
            detail, source_key, source_version, recorded_at
        )
        values (
            $1, $2, $3, $4, $5,
            ($5::timestamptz at time zone
                coalesce((select time_zone from handrail.agency where agency_id = $1), 'UTC'))::date,
            'instant', 'own-record', $6, $7, $8, $9, $10
        )
        on conflict (agency_id, source_key) do update
        set kind = excluded.kind,
            participant_id = excluded.participant_id,
            occurred_at = excluded.occurred_at,
            occurred_on = excluded.occurred_on,
            referral_id = excluded.referral_id,
            detail = excluded.detail,
            source_version = excluded.source_version,
            recorded_at = excluded.recorded_at
        where timeline_event.source_version < excluded.source_version
        """
    )

    static let insertReported = Statement(
        "timeline_event.insert_reported",
        """
        insert into outcome.timeline_event (
            agency_id, event_id, participant_id, kind, occurred_at, occurred_on, precision, source_tier, detail,
            recorded_at, recorded_by
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """
    )

    static let find = Statement(
        "timeline_event.find",
        """
        select event_id, participant_id, kind, occurred_at, occurred_on, precision, source_tier, referral_id, detail
        from outcome.timeline_event
        where agency_id = $1 and event_id = $2
        """
    )

    static let list = Statement(
        "timeline_event.list",
        """
        select event_id, participant_id, kind, occurred_at, occurred_on, precision, source_tier, referral_id, detail
        from outcome.timeline_event
        where agency_id = $1 and participant_id = any ((select outcome.participant_group($1, $2))::uuid[])
            and (occurred_at, event_id) < ($3, $4)
        order by occurred_at desc, event_id desc
        limit $5
        """
    )

    static let milestones = Statement(
        "timeline_event.milestones",
        """
        select event_id, participant_id, kind, occurred_at, occurred_on, precision, source_tier, referral_id, detail
        from outcome.timeline_event
        where agency_id = $1 and participant_id = any ((select outcome.participant_group($1, $2))::uuid[])
            and kind = any ($3)
        order by occurred_at, event_id
        """
    )
}
