-- The log's old end. Checkpoints that have successors go after two days; ticks, and the day's partition of messages with
-- them, after 30 days, or as many as the database says:
--
--     alter database handrail set handrail.message_days_kept = '60'
--
-- never fewer than 3, and only when every group is past them. A group that has left for good therefore keeps everything
-- from its last checkpoint on, until an operator has it forgotten (`handrail messages forget`): nobody else can know
-- whether it comes back.

-- What runs as the owner reads these, under row-level security that binds the owner too.
create policy trim on message_table.message for select to handrail_owner using (true);
create policy trim on message_table.checkpoint for select to handrail_owner using (true);
create policy trim on message_table.parked for select to handrail_owner using (true);

create function message_table.days_kept() returns integer
language sql stable
set search_path = pg_catalog, pg_temp
return greatest(3, coalesce(nullif(current_setting('handrail.message_days_kept', true), '')::integer, 30));

-- Each group with the tick that its slot furthest behind has reached. Walks from group to group and looks at the last
-- checkpoint of each slot: `select distinct` would read the whole table.
create function message_table.groups_reached() returns table (grp text, tick_id bigint)
language sql stable
set search_path = pg_catalog, pg_temp
as $function$
    with recursive known (grp) as (
        (select c.grp from message_table.checkpoint c order by c.grp limit 1)
        union all
        select (select c.grp from message_table.checkpoint c where c.grp > k.grp order by c.grp limit 1)
        from known k
        where k.grp is not null
    )
    -- A slot without a checkpoint begins at the oldest tick.
    select k.grp, min(coalesce(last.lo_tick, (select min(t.tick_id) from message_table.tick t)))
    from known k
    cross join generate_series(0, 15) s (slot)
    left join lateral (
        select c.lo_tick
        from message_table.checkpoint c
        where c.grp = k.grp and c.slot = s.slot
        order by c.step desc
        limit 1
    ) last on true
    where k.grp is not null
    group by k.grp
$function$;

-- Deletes old checkpoints and ticks, at most so many of each group's slot and so many ticks; returns how many rows. One
-- at a time: another caller returns at once.
--
-- A checkpoint's key is the fence against an owner who has been overtaken, so it stays for two days: an owner may write
-- the next one for a day after it has read the last (`checkpoint.write`), and by then finds its number taken.
create function message_table.trim(max_rows integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    checkpoints integer;
    ticks integer;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('message_table.trim', 0)) then
        return 0;
    end if;
    delete from message_table.checkpoint c
    using message_table.groups_reached() g
    cross join generate_series(0, 15) s (slot)
    cross join lateral (
        select l.step
        from message_table.checkpoint l
        where l.grp = g.grp and l.slot = s.slot
        order by l.step desc
        limit 1
    ) last
    cross join lateral (
        select o.step, o.at
        from message_table.checkpoint o
        where o.grp = g.grp and o.slot = s.slot
        order by o.step
        limit max_rows
    ) old
    where c.grp = g.grp and c.slot = s.slot and c.step = old.step
        and old.step < last.step and old.at < clock_timestamp() - interval '2 days';
    get diagnostics checkpoints = row_count;

    delete from message_table.tick t
    using (
        select o.tick_id, o.at
        from message_table.tick o
        where o.tick_id < (select max(m.tick_id) from message_table.tick m)
        order by o.tick_id
        limit max_rows
    ) old
    where t.tick_id = old.tick_id
        and old.at < clock_timestamp() - make_interval(days => message_table.days_kept())
        and old.tick_id < (select coalesce(min(g.tick_id), old.tick_id + 1) from message_table.groups_reached() g);
    get diagnostics ticks = row_count;
    return checkpoints + ticks;
end
$function$;

-- Drops the oldest partition if it is old enough and nobody needs it: every group has handled its messages, and none of
-- them is parked or dead. Says which one it looked at and, where it stays, the group that holds it; nothing at all where
-- none is old enough. The services may not drop tables themselves, hence security definer.
--
-- Dropping waits for every open transaction that has touched the message table, and publishers wait behind it, so it
-- gives up after 100 ms and is called again later. `detach … concurrently` would let publishers pass, but cannot run in
-- a function, and services own nothing; a publisher that waits 100 ms at most, some times a day, is the better price
-- than a command with the owner's rights that has to be run every night.
create function message_table.drop_old_partition(out partition_name text, out held_by text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $function$
declare
    from_at timestamptz;
    to_at timestamptz;
    reached record;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('message_table.trim', 0)) then
        return;
    end if;
    select c.relname into partition_name
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'message_table.message'::regclass
    order by c.relname
    limit 1;
    from_at := to_date(right(partition_name, 10), 'YYYY_MM_DD')::timestamp at time zone 'UTC';
    to_at := (to_date(right(partition_name, 10), 'YYYY_MM_DD') + 1)::timestamp at time zone 'UTC';
    if to_at > clock_timestamp() - make_interval(days => message_table.days_kept()) then
        partition_name := null;
        return;
    end if;
    for reached in
        select g.grp, t.snap
        from message_table.groups_reached() g
        left join message_table.tick t on t.tick_id = g.tick_id
        order by g.grp
    loop
        if reached.snap is null or exists (
                select from unnest('{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}'::smallint[]) s (slot)
                cross join lateral (
                    select from message_table.message m
                    where m.occurred_at >= from_at and m.occurred_at < to_at
                        and m.slot = s.slot and m.xid >= pg_snapshot_xmax(reached.snap)
                    order by m.xid, m.id
                    limit 1
                ) one)
            or exists (
                select from pg_snapshot_xip(reached.snap) late (xid)
                cross join unnest('{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}'::smallint[]) s (slot)
                cross join lateral (
                    select from message_table.message m
                    where m.occurred_at >= from_at and m.occurred_at < to_at and m.slot = s.slot and m.xid = late.xid
                    order by m.id
                    limit 1
                ) one) then
            held_by := reached.grp;
            return;
        end if;
    end loop;
    -- After the groups: who has parked a message meanwhile had not passed it before.
    select p.grp into held_by
    from message_table.parked p
    where p.occurred_at >= from_at and p.occurred_at < to_at
    order by p.grp
    limit 1;
    if held_by is null then
        execute format('drop table message_table.%I', partition_name);
    end if;
end
$function$;

revoke all on function message_table.days_kept() from public;
revoke all on function message_table.groups_reached() from public;
revoke all on function message_table.trim(integer) from public;
revoke all on function message_table.drop_old_partition() from public;
grant execute on function message_table.days_kept() to handrail_worker;
grant execute on function message_table.groups_reached() to handrail_worker;
grant execute on function message_table.trim(integer) to handrail_worker;
grant execute on function message_table.drop_old_partition() to handrail_worker;
