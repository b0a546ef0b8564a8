-- Transaction ids belong to a cluster. A database that was dumped and restored into another one brings ids along that
-- mean nothing there: messages would be lost or come twice, without a word. So the log knows which cluster its ids are
-- of; in another one no tick is written until an operator has it rebased (`handrail messages rebase`). A standby that
-- takes over and a restored base backup are the same cluster; after pg_upgrade it is another one, and rebasing changes
-- nothing but that.
create table message_table.home (
    system_identifier bigint not null
);

alter table message_table.home enable row level security;
alter table message_table.home force row level security;
create policy worker on message_table.home for select to handrail_worker using (true);
create policy rebase on message_table.home to handrail_owner using (true) with check (true);
grant select on message_table.home to handrail_worker;

insert into message_table.home (system_identifier) select system_identifier from pg_control_system();

create policy rebase on message_table.member for select to handrail_owner using (true);
create policy rebase on message_table.message for update to handrail_owner using (true) with check (true);

-- Asked by the ticker, and by each group when it renews its lease: old windows would find what is published here, by
-- chance of its ids, and hand it out before the rebase does.
create function message_table.refuse_abroad() returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $function$
begin
    if (select system_identifier from message_table.home) <> (select system_identifier from pg_control_system()) then
        raise exception 'the log comes from another cluster: run handrail messages rebase';
    end if;
end
$function$;

-- As before, but asks first where it is.
create or replace function message_table.tick() returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set plan_cache_mode = force_generic_plan
as $function$
declare
    prev message_table.tick;
    now_snap pg_snapshot;
    written bigint;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('message_table.tick', 0)) then
        return null;
    end if;
    perform message_table.refuse_abroad();
    select * into prev from message_table.tick order by tick_id desc limit 1;
    if clock_timestamp() < prev.at - interval '1 day' then
        raise exception 'the clock is more than a day behind the last tick';
    end if;
    now_snap := pg_current_snapshot();
    -- The first message of each slot that is new, in the index's own order.
    if not exists (
            select from unnest('{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}'::smallint[]) s (slot)
            cross join lateral (
                select from message_table.message m
                where m.slot = s.slot
                    and m.xid >= pg_snapshot_xmax(prev.snap) and m.xid < pg_snapshot_xmax(now_snap)
                    and pg_visible_in_snapshot(m.xid, now_snap) and m.occurred_at >= prev.at - interval '2 days'
                order by m.xid, m.id
                limit 1
            ) one)
        and not exists (
            select from pg_snapshot_xip(prev.snap) late (xid)
            cross join unnest('{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}'::smallint[]) s (slot)
            cross join lateral (
                select from message_table.message m
                where m.slot = s.slot and m.xid = late.xid
                order by m.id
                limit 1
            ) one
            where pg_visible_in_snapshot(late.xid, now_snap)) then
        return null;
    end if;
    insert into message_table.tick (snap, at) values (now_snap, greatest(clock_timestamp(), prev.at))
    returning tick_id into written;
    perform pg_notify('message_table', written::text);
    return written;
end
$function$;

-- Writes the log's history in this cluster's transaction ids, so that everything a group had not handled comes to it
-- exactly once, in order, and nothing else does. Run as the owner, before the services start. Returns how many messages
-- it rewrote.
--
-- Of all ticks only those matter at which some group stands: at its last checkpoint, or at either end of the window it
-- is half through. With the oldest and the newest one these are the boundaries; the others go. A message that is visible
-- at a boundary, but not at the one before it, gets the id of its place between them, and the boundaries' snapshots
-- become the numbers between the ids:
--
--     messages   base       base + 1       base + 2
--     snapshots       < base + 1    < base + 2
--
-- All are below every id that is still running or to come, so whatever is published later is in later windows.
-- Checkpoints stay as they are: their ticks still say the same.
create function message_table.rebase() returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    here constant bigint := (select system_identifier from pg_control_system());
    is_abroad constant boolean := here <> (select system_identifier from message_table.home);
    ids bigint[];
    snaps pg_snapshot[];
    restored_by text[];
    base bigint;
    rewritten bigint;
begin
    lock table message_table.message, message_table.tick, message_table.checkpoint, message_table.home
        in share row exclusive mode;
    if exists (select from message_table.member where renewed_at > clock_timestamp() - interval '10 seconds') then
        raise exception 'groups are active: stop the services first' using errcode = 'object_in_use';
    end if;

    select array_agg(t.tick_id order by t.tick_id), array_agg(t.snap order by t.tick_id) into ids, snaps
    from message_table.tick t
    where t.tick_id in (
        select min(tick_id) from message_table.tick
        union
        select max(tick_id) from message_table.tick
        union
        select unnest(array[last.lo_tick, last.hi_tick])
        from (
            select distinct on (grp, slot) lo_tick, hi_tick
            from message_table.checkpoint
            order by grp, slot, step desc
        ) last
    );

    base := pg_snapshot_xmin(pg_current_snapshot())::text::bigint - cardinality(ids) - 2;
    if base < 3 then
        raise exception 'the cluster is too young, or something in it is too old: end long transactions and try again'
            using errcode = 'object_not_in_prerequisite_state';
    end if;

    -- Messages that were published here before the rebase are new to everybody, whatever their ids look like: each was
    -- written by the transaction that it names, while a restore writes messages of many transactions in its own.
    select coalesce(array_agg(distinct w.writer), '{}') into restored_by
    from (
        select m.xmin::text as writer
        from message_table.message m
        group by m.tableoid, m.xmin::text
        having min(m.xid::text::numeric) <> max(m.xid::text::numeric)
    ) w;

    update message_table.message m
    set xid = (base + p.place)::text::xid8
    from (
        select i.occurred_at, i.id, case
                when is_abroad and i.xmin::text = (i.xid::text::numeric % 4294967296)::text
                    and i.xmin::text <> all (restored_by) then cardinality(ids)
                when pg_visible_in_snapshot(i.xid, snaps[1]) then 0
                else (select count(*) from unnest(snaps) s where not pg_visible_in_snapshot(i.xid, s))
            end as place
        from message_table.message i
    ) p
    where m.occurred_at = p.occurred_at and m.id = p.id and not (p.place = 0 and m.xid <= base::text::xid8);
    get diagnostics rewritten = row_count;

    for boundary in 1..cardinality(ids) loop
        update message_table.tick
        set snap = format('%1$s:%1$s:', base + boundary)::pg_snapshot
        where tick_id = ids[boundary];
    end loop;
    delete from message_table.tick where tick_id <> all (ids);
    update message_table.home set system_identifier = here;
    return rewritten;
end
$function$;

revoke all on function message_table.refuse_abroad() from public;
revoke all on function message_table.rebase() from public;
grant execute on function message_table.refuse_abroad() to handrail_worker;
