-- What operators did to parked messages: added, never changed.
create table message_table.intervention (
    agency_id       uuid        not null,
    intervention_id uuid        not null default gen_random_uuid(),
    at              timestamptz not null default clock_timestamp(),
    operator        text        not null, -- the operating system's account that ran the command
    verb            text        not null,
    grp             text        not null,
    key             text        not null,
    id              bigint      not null,
    constraint intervention_pkey primary key (agency_id, intervention_id),
    constraint intervention_verb_known check (verb in ('retry', 'skip', 'drop'))
);

alter table message_table.intervention enable row level security;
alter table message_table.intervention force row level security;
create policy worker on message_table.intervention to handrail_worker using (true) with check (true);
grant select, insert on message_table.intervention to handrail_worker;
