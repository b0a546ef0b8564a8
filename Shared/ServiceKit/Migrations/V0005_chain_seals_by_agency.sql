-- Each agency has a chain of seals of its own: it can be shown to one agency, and kept by it, without a word of another.
-- A seal also keeps a mark of each row, so that the row which was changed, removed or slipped in can be named.
--
-- The seals of the one chain that there was are made anew: the first seal of each agency covers all of its rows so far.

create function handrail.chain_audit_seals(schema_name text, service text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    execute format('drop table %I.audit_seal', schema_name);
    execute format(
        $table$
        create table %I.audit_seal (
            agency_id uuid not null,
            seal_number bigint not null,
            from_xid xid8 not null,
            to_xid xid8 not null,
            row_count bigint not null,
            row_marks bytea not null,
            previous_hash bytea not null,
            hash bytea not null,
            sealed_at timestamptz not null default now(),
            constraint audit_seal_pkey primary key (agency_id, seal_number),
            constraint audit_seal_range check (from_xid < to_xid),
            constraint audit_seal_marks_length check (octet_length(row_marks) = 8 * row_count),
            constraint audit_seal_hash_length check (octet_length(hash) = 32 and octet_length(previous_hash) = 32)
        )
        $table$,
        schema_name
    );
    execute format(
        'comment on table %I.audit_seal is ''Hashes only: no person. row_marks: the first 8 bytes of the hash of each row, '
        'in the order of at and audit_id.''', schema_name);
    execute format('create index audit_seal_to_xid on %I.audit_seal (to_xid)', schema_name);
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

create or replace function handrail.create_service_schema(schema_name text, service text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    perform handrail.create_service_tables(schema_name, service);
    perform handrail.add_audit_seals(schema_name, service);
    perform handrail.drop_idempotency_version(schema_name);
    perform handrail.chain_audit_seals(schema_name, service);
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
        where to_regclass(schema_name || '.audit_seal') is not null
    loop
        perform handrail.chain_audit_seals(existing.schema_name, existing.service);
    end loop;
end
$existing$;

drop function handrail.broken_audit_seals(text);
drop function handrail.audit_hash(text, xid8, xid8, bytea);

-- The rows that a range of transactions has appended, with the hash of each, as PostgreSQL writes them under fixed
-- settings.
create function handrail.audit_row_hashes(schema_name text, from_xid xid8, to_xid xid8)
returns table (agency_id uuid, at timestamptz, audit_id uuid, row_hash bytea)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $function$
begin
    return query execute format(
        'select e.agency_id, e.at, e.audit_id, sha256(convert_to(e::text, ''UTF8'')) '
        'from %I.audit_event as e where e.xid >= $1 and e.xid < $2', schema_name)
        using from_xid, to_xid;
end
$function$;

-- What the first seal of an agency follows on.
create function handrail.audit_chain_start(schema_name text, agency_id uuid) returns bytea
language sql immutable
set search_path = pg_catalog, pg_temp
as $function$
    select sha256(convert_to(schema_name || ' ' || agency_id, 'UTF8'))
$function$;

-- A seal's hash: what it follows on, its number and range, and the rows.
create function handrail.audit_seal_hash(
    previous_hash bytea, seal_number bigint, from_xid xid8, to_xid xid8, row_hashes bytea
) returns bytea
language sql immutable
set search_path = pg_catalog, pg_temp
as $function$
    select sha256(
        previous_hash || convert_to(format('%s %s %s ', seal_number, from_xid, to_xid), 'UTF8') || row_hashes)
$function$;

-- Seals what was appended since the last seal, for each agency; returns how many rows. One at a time: another caller
-- returns at once. Called by the worker login, which may not read the audit trail itself, hence security definer.
create or replace function handrail.seal_audit(schema_name text) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
    sealed_to xid8;
    seal_to xid8;
    sealed bigint;
begin
    if to_regclass(format('%I.audit_seal', schema_name)) is null
        or not pg_try_advisory_xact_lock(hashtextextended('handrail.seal_audit ' || schema_name, 0))
    then
        return 0;
    end if;
    execute format('select to_xid from %I.audit_seal order by to_xid desc limit 1', schema_name) into sealed_to;
    sealed_to := coalesce(sealed_to, '0'::xid8);
    -- Taken before the rows are read: what had ended by then is seen by the statement that follows.
    seal_to := pg_snapshot_xmin(pg_current_snapshot());
    if seal_to <= sealed_to then
        return 0;
    end if;
    -- An agency's range begins where its last seal ended, so that its chain has no gap; between there and the last seal
    -- of the others it had no rows.
    execute format(
        $query$
        with added as (
            select agency_id, count(*) as row_count, string_agg(row_hash, ''::bytea order by at, audit_id) as row_hashes,
                string_agg(substring(row_hash for 8), ''::bytea order by at, audit_id) as row_marks
            from handrail.audit_row_hashes(%1$L, $1, $2)
            group by agency_id
        ), sealed as (
            insert into %1$I.audit_seal
                (agency_id, seal_number, from_xid, to_xid, row_count, row_marks, previous_hash, hash)
            select a.agency_id, n.seal_number, n.from_xid, $2, a.row_count, a.row_marks, n.previous_hash,
                handrail.audit_seal_hash(n.previous_hash, n.seal_number, n.from_xid, $2, a.row_hashes)
            from added as a
            left join lateral (
                select seal_number, to_xid, hash
                from %1$I.audit_seal
                where agency_id = a.agency_id
                order by seal_number desc
                limit 1
            ) as l on true
            cross join lateral (
                select coalesce(l.seal_number, 0) + 1 as seal_number, coalesce(l.to_xid, '0'::xid8) as from_xid,
                    coalesce(l.hash, handrail.audit_chain_start(%1$L, a.agency_id)) as previous_hash
            ) as n
            returning row_count
        )
        select coalesce(sum(row_count), 0) from sealed
        $query$,
        schema_name
    )
    into sealed
    using sealed_to, seal_to;
    return sealed;
end
$function$;

-- The first thing wrong with one seal's rows, as they are now; all null where they are as they were sealed.
--   altered    the row at this key is not the one that was sealed
--   inserted   the row at this key was not there when it was sealed
--   missing    a row behind this key (null: in front of all) is gone
create function handrail.audit_row_fault(
    stored_marks bytea, row_hashes bytea[], row_ats timestamptz[], row_ids uuid[],
    out fault text, out at timestamptz, out audit_id uuid
)
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $function$
declare
    stored integer := octet_length(stored_marks) / 8;
    present integer := coalesce(cardinality(row_hashes), 0);
    place integer := 1;
begin
    while place <= least(stored, present)
        and substring(stored_marks from 8 * place - 7 for 8) = substring(row_hashes[place] for 8)
    loop
        place := place + 1;
    end loop;
    if place > stored and place > present then
        return;
    end if;
    fault := case when present > stored then 'inserted' when present < stored then 'missing' else 'altered' end;
    if fault = 'missing' then
        place := place - 1;
    end if;
    at := row_ats[place];
    audit_id := row_ids[place];
end
$function$;

-- What is wrong with the audit trail of one service, of each seal the first thing; no rows where all of it holds. Run as
-- the owner of the tables.
--   altered, inserted, missing   see audit_row_fault; inserted without a seal: a row that pretends to be older than
--                                the last seal
--   seal-altered                 the seal itself was changed, or does not follow on the one before it
--   seal-missing                 the one with this number is gone
create function handrail.audit_faults(schema_name text)
returns table (agency_id uuid, seal_number bigint, fault text, at timestamptz, audit_id uuid)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    seal record;
    agency uuid;
    expected_number bigint;
    expected_from xid8;
    expected_previous bytea;
    found record;
begin
    for seal in
        execute format(
            'select s.agency_id, s.seal_number, s.from_xid, s.to_xid, s.row_marks, s.previous_hash, s.hash '
            'from %I.audit_seal as s order by s.agency_id, s.seal_number', schema_name)
    loop
        if agency is distinct from seal.agency_id then
            agency := seal.agency_id;
            expected_number := 1;
            expected_from := '0'::xid8;
            expected_previous := handrail.audit_chain_start(schema_name, agency);
        end if;
        agency_id := agency;
        at := null;
        audit_id := null;
        if seal.seal_number <> expected_number then
            seal_number := expected_number;
            fault := 'seal-missing';
            return next;
        end if;
        seal_number := seal.seal_number;
        select array_agg(r.row_hash order by r.at, r.audit_id) as hashes, array_agg(r.at order by r.at, r.audit_id) as ats,
            array_agg(r.audit_id order by r.at, r.audit_id) as ids,
            coalesce(string_agg(r.row_hash, ''::bytea order by r.at, r.audit_id), ''::bytea) as joined
        into found
        from handrail.audit_row_hashes(schema_name, seal.from_xid, seal.to_xid) as r
        where r.agency_id = agency;
        select f.fault, f.at, f.audit_id
        into fault, at, audit_id
        from handrail.audit_row_fault(seal.row_marks, found.hashes, found.ats, found.ids) as f;
        if fault is null and (
            seal.hash <> handrail.audit_seal_hash(
                seal.previous_hash, seal.seal_number, seal.from_xid, seal.to_xid, found.joined)
            or seal.seal_number = expected_number
                and (seal.previous_hash <> expected_previous or seal.from_xid <> expected_from)
        ) then
            fault := 'seal-altered';
        end if;
        if fault is not null then
            return next;
        end if;
        expected_number := seal.seal_number + 1;
        expected_from := seal.to_xid;
        expected_previous := seal.hash;
    end loop;
    -- Behind the last seal of its agency, and yet from before the last seal of all.
    return query execute format(
        $query$
        select e.agency_id, null::bigint, 'inserted', e.at, e.audit_id
        from (select to_xid from %1$I.audit_seal order by to_xid desc limit 1) as last
        join %1$I.audit_event as e on e.xid < last.to_xid
        left join (select s.agency_id, max(s.to_xid) as to_xid from %1$I.audit_seal as s group by s.agency_id) as own
            on own.agency_id = e.agency_id
        where e.xid >= coalesce(own.to_xid, '0'::xid8)
        order by e.agency_id, e.at, e.audit_id
        $query$,
        schema_name);
end
$function$;

revoke all on function handrail.chain_audit_seals(text, text) from public;
revoke all on function handrail.audit_row_hashes(text, xid8, xid8) from public;
revoke all on function handrail.audit_chain_start(text, uuid) from public;
revoke all on function handrail.audit_seal_hash(bytea, bigint, xid8, xid8, bytea) from public;
revoke all on function handrail.audit_row_fault(bytea, bytea[], timestamptz[], uuid[]) from public;
revoke all on function handrail.audit_faults(text) from public;
