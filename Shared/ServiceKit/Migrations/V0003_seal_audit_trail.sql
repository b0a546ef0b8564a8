-- The audit trail keeps itself: partitions are made ahead by the running services, and what was appended is soon sealed
-- into a chain of hashes, so that a changed or removed row shows, whoever changed it.
--
-- A chain in the request's own transaction would put every write of a service in one queue. A seal therefore covers
-- all rows of the transactions that have ended since the last one: those with an xid below the oldest one still
-- running, of which no more rows can appear.

-- Schemas that were made before get what new ones get.
alter function handrail.create_service_schema(text, text) rename to create_service_tables;

create function handrail.add_audit_seals(schema_name text, service text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    -- Sealing reads by xid across agencies: the one index of this table that agency_id does not lead.
    execute format('create index audit_event_xid on %I.audit_event (xid)', schema_name);
    execute format('create policy sealing on %I.audit_event for select to handrail_owner using (true)', schema_name);
    execute format(
        $table$
        create table %I.audit_seal (
            seal_number bigint not null,
            from_xid xid8 not null,
            to_xid xid8 not null,
            row_count bigint not null,
            previous_hash bytea not null,
            hash bytea not null,
            sealed_at timestamptz not null default now(),
            constraint audit_seal_pkey primary key (seal_number),
            constraint audit_seal_range check (from_xid < to_xid),
            constraint audit_seal_hash_length check (octet_length(hash) = 32 and octet_length(previous_hash) = 32)
        )
        $table$,
        schema_name
    );
    execute format('comment on table %I.audit_seal is ''Hashes only: no agency, no person.''', schema_name);
    execute format('alter table %I.audit_seal owner to handrail_owner', schema_name);
    execute format('alter table %I.audit_seal enable row level security', schema_name);
    execute format('alter table %I.audit_seal force row level security', schema_name);
    execute format('create policy sealing on %I.audit_seal to handrail_owner using (true) with check (true)', schema_name);
    execute format('create policy worker on %I.audit_seal for select to %I using (true)', schema_name, service || '_worker');
    execute format('grant select on %I.audit_seal to %I', schema_name, service || '_worker');
    execute format(
        'create trigger refuse_change before update or delete on %I.audit_seal '
        'for each row execute function handrail.refuse_change()', schema_name
    );
    execute format(
        'create trigger refuse_truncate before truncate on %I.audit_seal execute function handrail.refuse_change()',
        schema_name
    );
end
$function$;

create function handrail.create_service_schema(schema_name text, service text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform handrail.create_service_tables(schema_name, service);
    perform handrail.add_audit_seals(schema_name, service);
end
$function$;

do $existing$
declare
    existing record;
begin
    for existing in
        select schema_name, service
        from (
            values ('referral', 'referrals'), ('matching', 'peer_matching'), ('scheduling', 'scheduling'),
                ('outcome', 'outcomes')
        ) as known (schema_name, service)
        where to_regclass(schema_name || '.audit_event') is not null
    loop
        perform handrail.add_audit_seals(existing.schema_name, existing.service);
    end loop;
end
$existing$;

-- The hash over the rows of a range of transactions, bound to the seal before it. Rows are taken in the order of their
-- key, as PostgreSQL writes them under fixed settings.
create function handrail.audit_hash(
    schema_name text, from_xid xid8, to_xid xid8, previous_hash bytea, out row_count bigint, out hash bytea
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $function$
begin
    execute format(
        $query$
        select
            count(*),
            sha256(
                $3 || coalesce(
                    string_agg(sha256(convert_to(e::text, 'UTF8')), ''::bytea order by e.agency_id, e.at, e.audit_id),
                    ''::bytea
                )
            )
        from %I.audit_event as e
        where e.xid >= $1 and e.xid < $2
        $query$,
        schema_name
    )
    into row_count, hash
    using from_xid, to_xid, previous_hash;
end
$function$;

-- Seals what was appended since the last seal; returns how many rows. One at a time: another caller returns at once.
-- Called by the worker login, which may not read the audit trail itself, hence security definer.
create function handrail.seal_audit(schema_name text) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    last_number bigint;
    last_hash bytea;
    sealed_to xid8;
    seal_to xid8;
    sealed record;
begin
    if to_regclass(format('%I.audit_seal', schema_name)) is null
        or not pg_try_advisory_xact_lock(hashtextextended('handrail.seal_audit ' || schema_name, 0))
    then
        return 0;
    end if;
    execute format(
        'select seal_number, hash, to_xid from %I.audit_seal order by seal_number desc limit 1', schema_name
    )
    into last_number, last_hash, sealed_to;
    last_number := coalesce(last_number, 0);
    last_hash := coalesce(last_hash, sha256(convert_to(schema_name, 'UTF8')));
    sealed_to := coalesce(sealed_to, '0'::xid8);
    -- Taken before the rows are read: what had ended by then is seen by the statement that follows.
    seal_to := pg_snapshot_xmin(pg_current_snapshot());
    if seal_to <= sealed_to then
        return 0;
    end if;
    sealed := handrail.audit_hash(schema_name, sealed_to, seal_to, last_hash);
    if sealed.row_count = 0 then
        return 0;
    end if;
    execute format(
        'insert into %I.audit_seal (seal_number, from_xid, to_xid, row_count, previous_hash, hash) '
        'values ($1, $2, $3, $4, $5, $6)', schema_name
    )
    using last_number + 1, sealed_to, seal_to, sealed.row_count, last_hash, sealed.hash;
    return sealed.row_count;
end
$function$;

-- The seals that no longer hold: their rows were changed, removed or added to, or the chain itself was. None is good.
-- Seals of partitions that were dropped after their retention no longer hold either, and come first.
create function handrail.broken_audit_seals(schema_name text) returns setof bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    seal record;
    expected_previous bytea := sha256(convert_to(schema_name, 'UTF8'));
    found record;
begin
    for seal in
        execute format(
            'select seal_number, from_xid, to_xid, row_count, previous_hash, hash from %I.audit_seal order by seal_number',
            schema_name
        )
    loop
        found := handrail.audit_hash(schema_name, seal.from_xid, seal.to_xid, seal.previous_hash);
        if found.hash <> seal.hash or found.row_count <> seal.row_count or seal.previous_hash <> expected_previous then
            return next seal.seal_number;
        end if;
        expected_previous := seal.hash;
    end loop;
end
$function$;

-- Makes the partitions of the coming year in every schema that has an audit trail; returns how many. Called by the
-- services as they run, which may not make tables themselves, hence security definer.
create function handrail.keep_audit_partitions() returns integer
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $function$
declare
    trail record;
    made integer := 0;
begin
    perform pg_advisory_xact_lock(hashtextextended('handrail.keep_audit_partitions', 0));
    for trail in
        select relnamespace::regnamespace::text as schema_name
        from pg_class
        where relname = 'audit_event' and relkind = 'p' and relowner = 'handrail_owner'::regrole
        order by relnamespace
    loop
        made := made + handrail.add_audit_partitions(trail.schema_name, 12);
    end loop;
    return made;
end
$function$;

revoke all on function handrail.create_service_schema(text, text) from public;
revoke all on function handrail.add_audit_seals(text, text) from public;
revoke all on function handrail.audit_hash(text, xid8, xid8, bytea) from public;
revoke all on function handrail.seal_audit(text) from public;
revoke all on function handrail.broken_audit_seals(text) from public;
revoke all on function handrail.keep_audit_partitions() from public;
grant execute on function handrail.seal_audit(text) to handrail_worker;
grant execute on function handrail.keep_audit_partitions() to handrail_worker;
