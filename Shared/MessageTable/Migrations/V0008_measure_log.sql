-- as-migrator
-- What the services measure of the log, and what an operator asks. Cheap: it is asked every few seconds by every process.

-- Somebody must be able to see when other sessions' transactions began, and no service may. The owner may, which nobody
-- can log in as, and tells no more than an age. Where the migrator may not grant it, the age stays unknown.
do $see$
begin
    if not pg_has_role('handrail_owner', 'pg_read_all_stats', 'member') then
        grant pg_read_all_stats to handrail_owner;
    end if;
exception
    when insufficient_privilege or internal_error or unique_violation then null;
end
$see$;

set local role handrail_owner;

-- The age in seconds of the oldest transaction that holds something back: vacuum in this database, or ticks, which
-- remember the transactions of all databases that are in progress. 0 without one; null where that cannot be seen.
create function message_table.oldest_transaction_seconds() returns double precision
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $function$
    select case when pg_has_role(current_user, 'pg_read_all_stats', 'usage') then
        coalesce(extract(epoch from clock_timestamp() - least(
            (
                select min(a.xact_start)
                from pg_stat_activity a
                where a.pid <> pg_backend_pid() and a.backend_type <> 'autovacuum worker'
                    and (a.backend_xid is not null or a.backend_xmin is not null and a.datname = current_database())
            ),
            (select min(p.prepared) from pg_prepared_xacts p)
        )), 0)::double precision
    end
$function$;

-- For how long the oldest committed message has waited for a tick, in seconds; 0 when none does. It asks what an idle
-- tick asks, with the same plan.
create function message_table.unticked_seconds() returns double precision
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set plan_cache_mode = force_generic_plan
as $function$
declare
    prev message_table.tick;
    since timestamptz;
begin
    select * into prev from message_table.tick order by tick_id desc limit 1;
    select min(first.occurred_at) into since
    from (
        select one.occurred_at
        from unnest('{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}'::smallint[]) s (slot)
        cross join lateral (
            select m.occurred_at
            from message_table.message m
            where m.slot = s.slot and m.xid >= pg_snapshot_xmax(prev.snap)
                and m.occurred_at >= prev.at - interval '2 days'
            order by m.xid, m.id
            limit 1
        ) one
        union all
        select one.occurred_at
        from pg_snapshot_xip(prev.snap) late (xid)
        cross join unnest('{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}'::smallint[]) s (slot)
        cross join lateral (
            select m.occurred_at
            from message_table.message m
            where m.slot = s.slot and m.xid = late.xid
            order by m.id
            limit 1
        ) one
    ) first;
    return coalesce(greatest(0, extract(epoch from clock_timestamp() - since)), 0);
end
$function$;

-- How many messages a group has not passed, counted up to so many in each slot. A window that is handled in part counts
-- whole: to leave out what is done of it one would have to read it.
create function message_table.messages_behind(of_group text, most integer) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set plan_cache_mode = force_generic_plan
as $function$
declare
    reached record;
    found_here bigint;
    total bigint := 0;
begin
    for reached in
        select s.slot::smallint as slot, t.snap, t.at
        from generate_series(0, 15) s (slot)
        left join lateral (
            select c.lo_tick
            from message_table.checkpoint c
            where c.grp = of_group and c.slot = s.slot
            order by c.step desc
            limit 1
        ) last on true
        -- A slot without a checkpoint begins at the oldest tick.
        cross join lateral (
            select k.snap, k.at
            from message_table.tick k
            where k.tick_id >= coalesce(last.lo_tick, 0)
            order by k.tick_id
            limit 1
        ) t
    loop
        select count(*) into found_here
        from (
            select from (
                select
                from message_table.message m
                where m.slot = reached.slot and m.xid >= pg_snapshot_xmax(reached.snap)
                    and m.occurred_at >= reached.at - interval '2 days'
                order by m.xid, m.id
                limit most
            ) later
            union all
            select
            from pg_snapshot_xip(reached.snap) late (xid)
            cross join lateral (
                select
                from message_table.message m
                where m.slot = reached.slot and m.xid = late.xid
                order by m.id
                limit most
            ) one
            limit most
        ) behind;
        total := total + found_here;
    end loop;
    return total;
end
$function$;

revoke all on function message_table.oldest_transaction_seconds() from public;
revoke all on function message_table.unticked_seconds() from public;
revoke all on function message_table.messages_behind(text, integer) from public;
grant execute on function message_table.oldest_transaction_seconds() to handrail_worker;
grant execute on function message_table.unticked_seconds() to handrail_worker;
grant execute on function message_table.messages_behind(text, integer) to handrail_worker;
