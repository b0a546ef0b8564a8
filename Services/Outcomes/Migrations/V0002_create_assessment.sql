-- Answered instruments. The answers are kept as they were given, one row an item, whatever the score says; a score is
-- there, or the reason why not.

create table outcome.assessment (
    agency_id uuid not null,
    assessment_id uuid not null,
    participant_id uuid not null,
    instrument text not null,
    instrument_version integer not null,
    language text not null,
    mode text not null,
    answered_at timestamptz not null,
    answered_on date not null,
    recorded_at timestamptz not null,
    recorded_by text not null,
    score_algorithm text not null,
    score_algorithm_version integer not null,
    score integer,
    score_absence text,
    is_prorated boolean not null,
    missing_items text[] not null,
    band text,
    cut_offs text[] not null,
    version integer not null,
    constraint assessment_pkey primary key (agency_id, assessment_id),
    constraint assessment_mode_known check (mode in ('self', 'interview')),
    constraint assessment_score_or_reason check ((score is null) = (score_absence is not null)),
    constraint assessment_band_needs_score check (band is null or score is not null),
    constraint assessment_not_from_future check (answered_at <= recorded_at)
);

create index assessment_by_participant on outcome.assessment (agency_id, participant_id, answered_at, assessment_id);

select handrail.protect_table('outcome.assessment', 'outcomes', 'select, insert');

create table outcome.assessment_answer (
    agency_id uuid not null,
    assessment_id uuid not null,
    item text not null,
    position integer not null,
    value integer,
    code text,
    missing text,
    constraint assessment_answer_pkey primary key (agency_id, assessment_id, item),
    constraint assessment_answer_assessment_fkey foreign key (agency_id, assessment_id)
        references outcome.assessment (agency_id, assessment_id),
    constraint assessment_answer_value_or_reason check ((value is null) = (missing is not null)),
    constraint assessment_answer_code_needs_value check (code is null or value is not null),
    constraint assessment_answer_missing_known check (missing in ('declined', 'does-not-know', 'not-asked'))
);

select handrail.protect_table('outcome.assessment_answer', 'outcomes', 'select, insert');

-- What a supervisor must do the same day because of an answer. It cannot be closed without saying what was done.
create table outcome.safety_task (
    agency_id uuid not null,
    safety_task_id uuid not null,
    participant_id uuid not null,
    assessment_id uuid not null,
    alert text not null,
    opened_at timestamptz not null,
    due_at timestamptz not null,
    status text not null,
    disposition text,
    closed_by text,
    closed_at timestamptz,
    version integer not null,
    constraint safety_task_pkey primary key (agency_id, safety_task_id),
    constraint safety_task_once_per_alert unique (agency_id, assessment_id, alert),
    constraint safety_task_assessment_fkey foreign key (agency_id, assessment_id)
        references outcome.assessment (agency_id, assessment_id),
    constraint safety_task_status_known check (status in ('open', 'closed')),
    constraint safety_task_disposition_known check (
        disposition in (
            'spoken-with-safe-today', 'connected-to-988', 'assessed-by-clinician', 'safety-plan-made',
            'emergency-services-called', 'already-in-care', 'not-reached-escalated', 'entered-in-error'
        )
    ),
    constraint safety_task_closed_with_disposition check (
        (status = 'closed') = (disposition is not null)
        and (status = 'closed') = (closed_by is not null)
        and (status = 'closed') = (closed_at is not null)
    ),
    constraint safety_task_due_after_opening check (due_at > opened_at)
);

create index safety_task_by_status on outcome.safety_task (agency_id, status, due_at, safety_task_id);

select handrail.protect_table(
    'outcome.safety_task', 'outcomes', 'select, insert, update (status, disposition, closed_by, closed_at, version)'
);
