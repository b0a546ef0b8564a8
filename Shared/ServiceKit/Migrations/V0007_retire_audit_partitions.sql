-- The audit trail is kept for six years or longer, and dropped a month at a time. What was dropped leaves a row, so that
-- the seals of those rows still hold, and rows that were removed otherwise still show.

create function handrail.add_audit_retirements(schema_name text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    execute format(
        $table$
        create table %I.audit_retirement (
            agency_id uuid not null,
            month date not null,
            row_count bigint not null,
            last_seal bigint not null,
            part_seals bigint[] not null,
            part_hashes bytea[] not null,
            retired_at timestamptz not null default now(),
            retired_by text not null,
            constraint audit_retirement_pkey primary key (agency_id, month),
            constraint audit_retirement_whole_month check (month = date_trunc('month', month)),
            constraint audit_retirement_parts check (cardinality(part_seals) = cardinality(part_hashes))
        )
        $table$,
        schema_name
    );
    execute format(
        'comment on table %I.audit_retirement is ''What was dropped of an agency after its time. last_seal: this seal and '
        'those before it have no rows left. part_seals: later ones that lost some, with the hashes of those rows.''',
        schema_name);
    execute format('alter table %I.audit_retirement owner to handrail_owner', schema_name);
    execute format('alter table %I.audit_retirement enable row level security', schema_name);
    execute format('alter table %I.audit_retirement force row level security', schema_name);
    execute format(
        'create policy retiring on %I.audit_retirement to handrail_owner using (true) with check (true)', schema_name);
    execute format(
        'create trigger refuse_change before update or delete on %I.audit_retirement '
        'for each row execute function handrail.refuse_change()', schema_name
    );
    execute format(
        'create trigger refuse_truncate before truncate on %I.audit_retirement execute function handrail.refuse_change()',
        schema_name
    );
end
$function$;

create or replace function handrail.create_service_schema(schema_name text, service text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform handrail.create_service_tables(schema_name, service);
    perform handrail.add_audit_seals(schema_name, service);
    perform handrail.drop_idempotency_version(schema_name);
    perform handrail.chain_audit_seals(schema_name, service);
    perform handrail.add_audit_signatures(schema_name, service);
    perform handrail.add_audit_retirements(schema_name);
end
$function$;

do $existing$
declare
    existing text;
begin
    foreach existing in array array['referral', 'matching', 'scheduling', 'outcome'] loop
        if to_regclass(existing || '.audit_seal') is not null then
            perform handrail.add_audit_retirements(existing);
        end if;
    end loop;
end
$existing$;

-- The oldest months of a schema's audit trail that are older than so many years, or than a date, whichever is less.
create function handrail.audit_months_to_retire(schema_name text, years bigint, before date) returns setof date
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
    -- Materialized: only names of partitions end in a month.
    with partition as materialized (
        select c.relname
        from pg_inherits as i
        join pg_class as c on c.oid = i.inhrelid
        where i.inhparent = to_regclass(format('%I.audit_event', schema_name))
    ), dated as (
        select to_date(right(relname, 7), 'YYYY_MM') as month
        from partition
    )
    select month
    from dated
    where month + interval '1 month' <= (now() at time zone 'UTC') - make_interval(years => greatest(years, 6)::integer)
        and month + interval '1 month' <= before
    order by month
$function$;

-- Drops one month of a schema's audit trail; returns how many rows. Run as the owner of the tables, never by a service.
-- Refused (object_not_in_prerequisite_state) where it is not the oldest, not old enough, or not wholly sealed.
create function handrail.retire_audit_month(schema_name text, month date, years bigint, retired_by text)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
-- Hashes are of rows as they are written under these.
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set lock_timeout = '5s'
as $function$
declare
    month_start constant timestamptz := month::timestamp at time zone 'UTC';
    month_end constant timestamptz := (month + interval '1 month') at time zone 'UTC';
    is_sealed boolean;
    retired bigint;
begin
    if month is distinct from (
        select m from handrail.audit_months_to_retire(schema_name, years, 'infinity') as m order by m limit 1)
    then
        raise exception 'the month % is not the oldest of %, or not older than % years', month, schema_name,
            greatest(years, 6) using errcode = 'object_not_in_prerequisite_state';
    end if;
    -- No seal is made meanwhile.
    perform pg_advisory_xact_lock(hashtextextended('handrail.seal_audit ' || schema_name, 0));
    execute format(
        $query$
        select not exists (
            select
            from %1$I.audit_event
            where at >= $1 and at < $2
                and xid >= coalesce((select to_xid from %1$I.audit_seal order by to_xid desc limit 1), '0'::xid8))
        $query$,
        schema_name
    )
    into is_sealed
    using month_start, month_end;
    if not is_sealed then
        raise exception 'the month % of % is not wholly sealed', month, schema_name
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    -- A seal's rows are in the order of their time: those of the oldest month come first in it.
    execute format(
        $query$
        with retired as (
            select agency_id, count(*) as row_count
            from %1$I.audit_event
            where at >= $1 and at < $2
            group by agency_id
        ), recorded as (
            insert into %1$I.audit_retirement
                (agency_id, month, row_count, last_seal, part_seals, part_hashes, retired_by)
            select r.agency_id, $3, r.row_count, l.last_seal, p.seals, p.hashes, $4
            from retired as r
            left join lateral (
                select e.xid
                from %1$I.audit_event as e
                where e.agency_id = r.agency_id and e.at >= $2
                order by e.xid
                limit 1
            ) as kept on true
            cross join lateral (
                select coalesce(
                    (
                        select s.seal_number - 1
                        from %1$I.audit_seal as s
                        where s.agency_id = r.agency_id and s.to_xid > kept.xid
                        order by s.to_xid
                        limit 1
                    ),
                    (select max(s.seal_number) from %1$I.audit_seal as s where s.agency_id = r.agency_id)
                ) as last_seal
            ) as l
            cross join lateral (
                select coalesce(array_agg(part.seal_number order by part.seal_number), '{}') as seals,
                    coalesce(array_agg(part.hashes order by part.seal_number), '{}') as hashes
                from (
                    select s.seal_number,
                        string_agg(sha256(convert_to(e::text, 'UTF8')), ''::bytea order by e.at, e.audit_id) as hashes
                    from %1$I.audit_event as e
                    cross join lateral (
                        select s.seal_number
                        from %1$I.audit_seal as s
                        where s.agency_id = e.agency_id and s.to_xid > e.xid
                        order by s.to_xid
                        limit 1
                    ) as s
                    where e.agency_id = r.agency_id and e.at >= $1 and e.at < $2
                        and e.xid >= (
                            select s.to_xid
                            from %1$I.audit_seal as s
                            where s.agency_id = r.agency_id and s.seal_number = l.last_seal
                            union all
                            select '0'::xid8 where l.last_seal = 0)
                    group by s.seal_number
                ) as part
            ) as p
            returning row_count
        )
        select coalesce(sum(row_count), 0) from recorded
        $query$,
        schema_name
    )
    into retired
    using month_start, month_end, month, retired_by;
    execute format('drop table %I.%I', schema_name, 'audit_event_' || to_char(month, 'YYYY_MM'));
    return retired;
end
$function$;

revoke all on function handrail.add_audit_retirements(text) from public;
revoke all on function handrail.audit_months_to_retire(text, bigint, date) from public;
revoke all on function handrail.retire_audit_month(text, date, bigint, text) from public;
