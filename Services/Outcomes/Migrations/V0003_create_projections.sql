-- What the other services told by message, as far as timelines and measures need it. Messages of different aggregates
-- come in any order, so no row refers to another by foreign key, and each group of columns has the version of the
-- message that wrote it: an older message never overwrites a newer one, and a late one still fills what it knows.

create table outcome.referral (
    agency_id uuid not null,
    referral_id uuid not null,
    participant_id uuid not null,
    setting text,
    priority text,
    programme text,
    partner_id uuid,
    received_at timestamptz,
    accepted_at timestamptz,
    accepted_version integer,
    cancelled_at timestamptz,
    cancelled_version integer,
    closed_at timestamptz,
    closing_reason text,
    closed_version integer,
    constraint referral_pkey primary key (agency_id, referral_id),
    constraint referral_accepted_whole check (
        (accepted_at is null) = (accepted_version is null) and (accepted_at is null) = (received_at is null)
    ),
    constraint referral_cancelled_whole check ((cancelled_at is null) = (cancelled_version is null)),
    constraint referral_closed_whole check (
        (closed_at is null) = (closed_version is null) and (closed_at is null) = (closing_reason is null)
    )
);

create index referral_by_participant on outcome.referral (agency_id, participant_id, accepted_at);
create index referral_by_acceptance on outcome.referral (agency_id, accepted_at);
create index referral_by_receipt on outcome.referral (agency_id, received_at);

select handrail.protect_table('outcome.referral', 'outcomes', 'select, insert, update');

create table outcome.match (
    agency_id uuid not null,
    match_id uuid not null,
    referral_id uuid not null,
    participant_id uuid not null,
    peer_id uuid not null,
    kind text not null,
    accepted_at timestamptz not null,
    version integer not null,
    -- One match may serve two referrals of one person.
    constraint match_pkey primary key (agency_id, match_id, referral_id)
);

create index match_by_participant on outcome.match (agency_id, participant_id, accepted_at);
create index match_by_referral on outcome.match (agency_id, referral_id);

select handrail.protect_table('outcome.match', 'outcomes', 'select, insert, update');

-- The first instant of each step of a dispatch. Taking the least is right in whatever order the steps arrive.
create table outcome.dispatch (
    agency_id uuid not null,
    match_id uuid not null,
    referral_id uuid not null,
    participant_id uuid not null,
    offered_at timestamptz,
    acknowledged_at timestamptz,
    escalated_at timestamptz,
    arrived_at timestamptz,
    ended_at timestamptz,
    outcome text,
    ended_version integer,
    constraint dispatch_pkey primary key (agency_id, match_id, referral_id),
    constraint dispatch_end_whole check ((ended_at is null) = (ended_version is null))
);

create index dispatch_by_referral on outcome.dispatch (agency_id, referral_id);

select handrail.protect_table('outcome.dispatch', 'outcomes', 'select, insert, update');

create table outcome.plan (
    agency_id uuid not null,
    plan_id uuid not null,
    referral_id uuid not null,
    participant_id uuid not null,
    peer_id uuid,
    programme text,
    programme_version integer,
    started_on date,
    started_at timestamptz,
    started_version integer,
    phase text,
    phase_changed_at timestamptz,
    phase_version integer,
    constraint plan_pkey primary key (agency_id, plan_id),
    constraint plan_started_whole check (
        (started_on is null) = (started_version is null) and (started_at is null) = (started_version is null)
    ),
    constraint plan_phase_whole check (
        (phase is null) = (phase_version is null) and (phase_changed_at is null) = (phase_version is null)
    )
);

create index plan_by_participant on outcome.plan (agency_id, participant_id, started_on);

select handrail.protect_table('outcome.plan', 'outcomes', 'select, insert, update');

create table outcome.contact (
    agency_id uuid not null,
    contact_id uuid not null,
    plan_id uuid,
    referral_id uuid,
    participant_id uuid not null,
    peer_id uuid not null,
    mode text not null,
    outcome text not null,
    due_at timestamptz,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    version integer not null,
    constraint contact_pkey primary key (agency_id, contact_id)
);

create index contact_by_participant on outcome.contact (agency_id, participant_id, occurred_at);
create index contact_by_due on outcome.contact (agency_id, due_at) where due_at is not null;

select handrail.protect_table('outcome.contact', 'outcomes', 'select, insert, update');

-- Planned contacts whose window passed: without them a contact that nobody attempted would be missing from the
-- denominator of contacts in time.
create table outcome.overdue_contact (
    agency_id uuid not null,
    plan_id uuid not null,
    sequence integer not null,
    participant_id uuid not null,
    due_at timestamptz not null,
    constraint overdue_contact_pkey primary key (agency_id, plan_id, sequence)
);

create index overdue_contact_by_due on outcome.overdue_contact (agency_id, due_at);

select handrail.protect_table('outcome.overdue_contact', 'outcomes', 'select, insert, update');
