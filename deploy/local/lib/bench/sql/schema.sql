-- What the benchmarks write and read besides the message table, which the migrations make.
create schema bench;
grant usage on schema bench to outcomes, outcomes_worker, referrals;

-- Written by `statement insert`.
create table bench.entry (
    entry_id bigint generated always as identity,
    task     bigint not null,
    number   bigint not null,
    status   text   not null,
    note     text   not null,
    constraint entry_pkey primary key (entry_id)
);

-- Read by `statement select`.
create table bench.page (
    entry_id bigint not null,
    task     bigint not null,
    number   bigint not null,
    status   text   not null,
    note     text   not null,
    constraint page_pkey primary key (entry_id)
);
insert into bench.page select n, n % 64, n, 'requested', repeat('n', 100) from generate_series(1, 100000) as n;

-- Written by the transactions.
create table bench.business (
    business_id uuid        not null,
    number      bigint      not null,
    status      text        not null,
    note        text        not null,
    at          timestamptz not null default clock_timestamp(),
    constraint business_pkey primary key (business_id)
);
create table bench.audit (
    audit_id    bigint      generated always as identity,
    business_id uuid        not null,
    action      text        not null,
    subject     text        not null,
    at          timestamptz not null default clock_timestamp(),
    constraint audit_pkey primary key (audit_id)
);
grant select, insert on all tables in schema bench to outcomes, outcomes_worker;

-- A UUID from two numbers, for scripts of pgbench, which has none: in the order of time for each client, as version 7
-- is, so that both sides fill their indexes in the same way.
create function bench.id(client bigint, number bigint) returns uuid
language sql immutable parallel safe
return ('01900000-0000-7000-8' || lpad(to_hex(client), 3, '0') || '-' || lpad(to_hex(number), 12, '0'))::uuid;
vacuum analyze;
checkpoint;
