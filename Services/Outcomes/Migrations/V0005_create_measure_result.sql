-- What a measure said, with everybody who was counted, left out or not yet observed, so that any number that was ever
-- shown can be explained. A result as of a named instant is kept; of results as of "now" the latest of each period is.

create table outcome.measure_result (
    agency_id uuid not null,
    measure_result_id uuid not null,
    measure text not null,
    definition_version integer not null,
    period_from date not null,
    period_to date not null,
    as_of timestamptz not null,
    is_pinned boolean not null,
    source_tier text not null,
    run_at timestamptz not null,
    run_by text not null,
    result jsonb not null,
    constraint measure_result_pkey primary key (agency_id, measure_result_id),
    constraint measure_result_period check (period_from <= period_to)
);

create unique index measure_result_latest
    on outcome.measure_result (agency_id, measure, definition_version, period_from, period_to)
    where not is_pinned;
create unique index measure_result_pinned
    on outcome.measure_result (agency_id, measure, definition_version, period_from, period_to, as_of)
    where is_pinned;

select handrail.protect_table('outcome.measure_result', 'outcomes', 'select, insert, update');
