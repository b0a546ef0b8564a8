-- What a tick and a window read depended on what the planner believed of a table that nobody had analysed yet: while a
-- partition was small it chose an index by time, or the slots alone, kept that plan, and then read the whole day at each
-- idle tick (2,700 pages of 100,000 messages, four times a second). Now each slot, and each transaction that was in
-- progress at the tick before, is asked for in the order of the one index that can answer, and sorting is forbidden:
-- no other plan is left. The only sort is the last one of a window.
--
-- Without statistics the planner also takes a window for so large that it compiles the plan first, which took 50 to
-- 450 ms for a window of 0.3 ms: hence no JIT.
--
-- The clock is looked at first: messages of a clock that is days behind are where no window looks, so that there was
-- nothing new and no alarm.
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

create or replace function message_table.window_messages(
    slots smallint[], lo bigint, hi bigint, after bigint, max_rows integer
)
returns setof message_table.message
language plpgsql stable rows 100
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set plan_cache_mode = force_generic_plan
as $function$
declare
    a message_table.tick;
    b message_table.tick;
begin
    select * into strict a from message_table.tick where tick_id = lo;
    select * into strict b from message_table.tick where tick_id = hi;
    return query
        select * from (
            select one.*
            from unnest(slots) s (slot)
            cross join lateral (
                select * from message_table.message m
                where m.slot = s.slot and m.id > after
                    and m.xid >= pg_snapshot_xmax(a.snap) and m.xid < pg_snapshot_xmax(b.snap)
                    and pg_visible_in_snapshot(m.xid, b.snap) and m.occurred_at >= a.at - interval '2 days'
                order by m.xid, m.id
                offset 0
            ) one
            union all
            select one.*
            from pg_snapshot_xip(a.snap) late (xid)
            cross join unnest(slots) s (slot)
            cross join lateral (
                select * from message_table.message m
                where m.slot = s.slot and m.xid = late.xid and m.id > after
                order by m.id
                offset 0
            ) one
            where pg_visible_in_snapshot(late.xid, b.snap)
        ) w
        order by id
        limit max_rows;
end
$function$;
