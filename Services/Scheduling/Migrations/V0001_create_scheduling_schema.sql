-- The schema of scheduling: contact plans, what they want and what took place, appointments, and when peers work. No
-- identity of anybody is in it, only ids.

select handrail.create_service_schema('scheduling', 'scheduling');

create table scheduling.plan (
    agency_id uuid not null,
    plan_id uuid not null,
    participant_id uuid not null,
    referral_id uuid not null,
    peer_id uuid not null,
    -- The match that started it; null for a plan that was started by hand or that continues another.
    match_id uuid,
    programme text not null,
    programme_version integer not null,
    option text not null,
    time_zone text not null,
    status text not null,
    phase text not null,
    started_at timestamptz not null,
    begun_at timestamptz,
    closed_at timestamptz,
    closure_reason text,
    closing jsonb,
    follows_plan_id uuid,
    continued_at timestamptz,
    version integer not null,
    constraint plan_pkey primary key (agency_id, plan_id),
    constraint plan_agency_fkey foreign key (agency_id) references handrail.agency (agency_id),
    constraint plan_follows_fkey foreign key (agency_id, follows_plan_id)
        references scheduling.plan (agency_id, plan_id),
    constraint plan_follows_once unique (agency_id, follows_plan_id),
    constraint plan_status_check check (status in ('preparing', 'active', 'closed')),
    constraint plan_closed_check check (
        (status = 'closed') = (closed_at is not null) and (status = 'closed') = (closure_reason is not null)
        and (status = 'closed') = (phase = 'closed')
    ),
    constraint plan_closure_reason_check check (
        closure_reason in (
            'completed', 'died', 'moved', 'withdrew', 'reincarcerated', 'lost', 'cancelled', 'superseded'
        )
    ),
    constraint plan_version_check check (version > 0)
);
-- Two referrals of one person that are matched at once find one plan: the second insert waits for the first.
create unique index plan_one_live_per_programme on scheduling.plan (agency_id, participant_id, programme)
    where status in ('preparing', 'active');
create index plan_participant on scheduling.plan (agency_id, participant_id, started_at, plan_id);
create index plan_peer on scheduling.plan (agency_id, peer_id, started_at, plan_id);
create index plan_started on scheduling.plan (agency_id, started_at, plan_id);
select handrail.protect_table('scheduling.plan', 'scheduling', 'select, insert, update');

-- What scheduling knows of a referral from its messages, and the plan that it led to.
create table scheduling.referral_match (
    agency_id uuid not null,
    referral_id uuid not null,
    participant_id uuid not null,
    match_id uuid,
    peer_id uuid,
    match_version integer,
    kind text,
    setting text,
    programme text,
    plan_id uuid,
    accepted_at timestamptz,
    arrived_at timestamptz,
    cancelled_at timestamptz,
    closed_at timestamptz,
    closing_reason text,
    constraint referral_match_pkey primary key (agency_id, referral_id),
    constraint referral_match_plan_fkey foreign key (agency_id, plan_id)
        references scheduling.plan (agency_id, plan_id),
    constraint referral_match_kind_check check (kind in ('dispatch', 'proposal'))
);
create index referral_match_plan on scheduling.referral_match (agency_id, plan_id);
create index referral_match_participant on scheduling.referral_match (agency_id, participant_id);
select handrail.protect_table('scheduling.referral_match', 'scheduling', 'select, insert, update');

create table scheduling.plan_phase (
    agency_id uuid not null,
    plan_id uuid not null,
    phase text not null,
    position smallint not null,
    starts_on date not null,
    -- The first day after it; null while a preparation is open-ended.
    ends_on date,
    entered_at timestamptz,
    left_at timestamptz,
    focus_areas text[] not null,
    review jsonb,
    override_by text,
    override_reason text,
    constraint plan_phase_pkey primary key (agency_id, plan_id, phase),
    constraint plan_phase_plan_fkey foreign key (agency_id, plan_id) references scheduling.plan (agency_id, plan_id),
    constraint plan_phase_dates_check check (starts_on <= ends_on),
    constraint plan_phase_override_check check ((override_by is null) = (override_reason is null))
);
select handrail.protect_table('scheduling.plan_phase', 'scheduling', 'select, insert, update');

create table scheduling.planned_contact (
    agency_id uuid not null,
    plan_id uuid not null,
    sequence integer not null,
    -- The plan's peer, here as well so that a peer's due list is one range of one index.
    peer_id uuid not null,
    phase text not null,
    purpose text not null,
    due_on date not null,
    due_from timestamptz not null,
    due_until timestamptz not null,
    status text not null,
    met_by uuid,
    constraint planned_contact_pkey primary key (agency_id, plan_id, sequence),
    constraint planned_contact_plan_fkey foreign key (agency_id, plan_id)
        references scheduling.plan (agency_id, plan_id),
    constraint planned_contact_sequence_check check (sequence > 0),
    constraint planned_contact_window_check check (due_from < due_until),
    constraint planned_contact_status_check check (status in ('planned', 'met', 'met-late', 'missed', 'withdrawn')),
    constraint planned_contact_met_check check ((status in ('met', 'met-late')) = (met_by is not null))
);
create index planned_contact_peer_owed on scheduling.planned_contact
    (agency_id, peer_id, due_until, plan_id, sequence)
    where status in ('planned', 'missed');
create index planned_contact_owed on scheduling.planned_contact (agency_id, due_until, plan_id, sequence)
    where status in ('planned', 'missed');
select handrail.protect_table('scheduling.planned_contact', 'scheduling', 'select, insert, update');

create table scheduling.outreach (
    agency_id uuid not null,
    plan_id uuid not null,
    -- The planned contact that was missed first.
    sequence integer not null,
    opened_at timestamptz not null,
    due_at timestamptz not null,
    status text not null,
    attempts integer not null,
    channels text[] not null,
    ended_at timestamptz,
    constraint outreach_pkey primary key (agency_id, plan_id, sequence),
    constraint outreach_contact_fkey foreign key (agency_id, plan_id, sequence)
        references scheduling.planned_contact (agency_id, plan_id, sequence),
    constraint outreach_status_check check (status in ('attempting', 'locating', 'reached', 'stopped')),
    constraint outreach_ended_check check ((status in ('reached', 'stopped')) = (ended_at is not null)),
    constraint outreach_attempts_check check (attempts >= 0)
);
create unique index outreach_one_live_per_plan on scheduling.outreach (agency_id, plan_id)
    where status in ('attempting', 'locating');
select handrail.protect_table('scheduling.outreach', 'scheduling', 'select, insert, update');

create table scheduling.appointment (
    agency_id uuid not null,
    appointment_id uuid not null,
    participant_id uuid not null,
    peer_id uuid not null,
    plan_id uuid,
    sequence integer,
    referral_id uuid,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    mode text not null,
    place text,
    status text not null,
    cancellation_reason text,
    booked_at timestamptz not null,
    changed_at timestamptz not null,
    version integer not null,
    constraint appointment_pkey primary key (agency_id, appointment_id),
    constraint appointment_agency_fkey foreign key (agency_id) references handrail.agency (agency_id),
    constraint appointment_plan_fkey foreign key (agency_id, plan_id) references scheduling.plan (agency_id, plan_id),
    constraint appointment_sequence_check check (sequence is null or plan_id is not null),
    constraint appointment_length_check check (
        starts_at + interval '5 minutes' <= ends_at and ends_at <= starts_at + interval '8 hours'
    ),
    -- The codes of FHIR R4 that are used here.
    constraint appointment_status_check check (status in ('booked', 'arrived', 'fulfilled', 'cancelled', 'noshow')),
    constraint appointment_mode_check check (mode in ('in-person', 'phone', 'video', 'text', 'bedside')),
    constraint appointment_reason_check check ((status = 'cancelled') = (cancellation_reason is not null)),
    -- Nobody can be in two places: PostgreSQL itself refuses the second booking, however many processes book.
    constraint appointment_peer_once exclude using gist (
        agency_id with =, peer_id with =, tstzrange(starts_at, ends_at) with &&
    ) where (status in ('booked', 'arrived')),
    constraint appointment_participant_once exclude using gist (
        agency_id with =, participant_id with =, tstzrange(starts_at, ends_at) with &&
    ) where (status in ('booked', 'arrived'))
);
-- A message that is handled again finds the appointment that it booked.
create unique index appointment_one_live_per_planned on scheduling.appointment (agency_id, plan_id, sequence)
    where status in ('booked', 'arrived') and sequence is not null;
-- An appointment lasts eight hours at most, so what touches a time began within the eight hours before it.
create index appointment_peer_start on scheduling.appointment (agency_id, peer_id, starts_at, appointment_id);
create index appointment_participant_start on scheduling.appointment
    (agency_id, participant_id, starts_at, appointment_id);
create index appointment_start on scheduling.appointment (agency_id, starts_at, appointment_id);
select handrail.protect_table('scheduling.appointment', 'scheduling', 'select, insert, update');

create table scheduling.contact (
    agency_id uuid not null,
    contact_id uuid not null,
    plan_id uuid,
    referral_id uuid,
    participant_id uuid not null,
    peer_id uuid not null,
    appointment_id uuid,
    -- The dispatch that it ended; a bedside contact is recorded once.
    match_id uuid,
    mode text not null,
    outcome text not null,
    place text,
    with_supports boolean not null,
    minutes smallint,
    support_types text[] not null,
    note text,
    due_at timestamptz,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    recorded_by text not null,
    version integer not null,
    constraint contact_pkey primary key (agency_id, contact_id),
    constraint contact_agency_fkey foreign key (agency_id) references handrail.agency (agency_id),
    constraint contact_plan_fkey foreign key (agency_id, plan_id) references scheduling.plan (agency_id, plan_id),
    constraint contact_appointment_fkey foreign key (agency_id, appointment_id)
        references scheduling.appointment (agency_id, appointment_id),
    constraint contact_match_once unique (agency_id, match_id),
    constraint contact_mode_check check (mode in ('bedside', 'in-person', 'phone', 'video', 'text')),
    constraint contact_outcome_check check (
        outcome in ('reached', 'not-reached', 'left-message', 'no-show', 'declined')
    ),
    constraint contact_minutes_check check (minutes between 0 and 1440),
    constraint contact_note_length check (char_length(note) <= 4000)
);
create index contact_plan on scheduling.contact (agency_id, plan_id, occurred_at);
create index contact_participant on scheduling.contact (agency_id, participant_id, occurred_at, contact_id);
select handrail.protect_table('scheduling.contact', 'scheduling', 'select, insert');

create table scheduling.recurrence (
    agency_id uuid not null,
    plan_id uuid not null,
    occurred_on date not null,
    contacts_added integer not null,
    recorded_at timestamptz not null,
    recorded_by text not null,
    constraint recurrence_pkey primary key (agency_id, plan_id, occurred_on),
    constraint recurrence_plan_fkey foreign key (agency_id, plan_id) references scheduling.plan (agency_id, plan_id)
);
select handrail.protect_table('scheduling.recurrence', 'scheduling', 'select, insert');

create table scheduling.availability (
    agency_id uuid not null,
    peer_id uuid not null,
    time_zone text not null,
    version integer not null,
    changed_at timestamptz not null,
    constraint availability_pkey primary key (agency_id, peer_id),
    constraint availability_agency_fkey foreign key (agency_id) references handrail.agency (agency_id)
);
select handrail.protect_table('scheduling.availability', 'scheduling', 'select, insert, update');

create table scheduling.availability_rule (
    agency_id uuid not null,
    peer_id uuid not null,
    position smallint not null,
    -- As ISO 8601 counts: Monday is 1.
    weekday smallint not null,
    from_minute smallint not null,
    -- At or before from_minute: a time of the next day.
    until_minute smallint not null,
    effective_from date not null,
    effective_until date,
    constraint availability_rule_pkey primary key (agency_id, peer_id, position),
    constraint availability_rule_availability_fkey foreign key (agency_id, peer_id)
        references scheduling.availability (agency_id, peer_id),
    constraint availability_rule_weekday_check check (weekday between 1 and 7),
    constraint availability_rule_minutes_check check (
        from_minute between 0 and 1439 and until_minute between 0 and 1440
    ),
    constraint availability_rule_dates_check check (effective_from <= effective_until)
);
select handrail.protect_table('scheduling.availability_rule', 'scheduling', 'select, insert, delete');

create table scheduling.absence (
    agency_id uuid not null,
    peer_id uuid not null,
    position smallint not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    reason text not null,
    constraint absence_pkey primary key (agency_id, peer_id, position),
    constraint absence_availability_fkey foreign key (agency_id, peer_id)
        references scheduling.availability (agency_id, peer_id),
    constraint absence_time_check check (starts_at < ends_at),
    constraint absence_reason_check check (
        reason in ('leave', 'sick', 'training', 'supervision', 'relief', 'other')
    )
);
select handrail.protect_table('scheduling.absence', 'scheduling', 'select, insert, delete');
