-- A person's recovery over the years: what messages tell, and what people report. Codes only, no free text.

create table outcome.timeline_event (
    agency_id uuid not null,
    event_id uuid not null,
    participant_id uuid not null,
    kind text not null,
    occurred_at timestamptz not null,
    occurred_on date not null,
    precision text not null,
    source_tier text not null,
    referral_id uuid,
    detail jsonb not null,
    -- Where it came from a message: the aggregate and what of it, so that a message that comes again changes nothing.
    source_key text,
    source_version integer,
    recorded_at timestamptz not null,
    recorded_by text,
    constraint timeline_event_pkey primary key (agency_id, event_id),
    constraint timeline_event_once_per_source unique (agency_id, source_key),
    constraint timeline_event_precision_known check (precision in ('instant', 'day', 'month', 'year')),
    constraint timeline_event_source_tier_known check (source_tier in ('A', 'B', 'C', 'own-record')),
    constraint timeline_event_origin check ((source_key is null) = (source_version is null))
);

create index timeline_event_by_participant
    on outcome.timeline_event (agency_id, participant_id, occurred_at, event_id);

select handrail.protect_table('outcome.timeline_event', 'outcomes', 'select, insert, update');
