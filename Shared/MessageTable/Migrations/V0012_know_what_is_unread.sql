-- Whom a parked message is about, so that what a service may not know of one person does not count for all others. Null
-- where the message does not say, and for what was parked before: that counts for everybody.
alter table message_table.parked add column participant_id uuid;
comment on column message_table.parked.participant_id is 'Whom the message is about; null where it does not say.';
create index parked_of_participant on message_table.parked (agency_id, grp, participant_id);

-- Whether a group knows what is binding about a participant: of these topics nothing that was published longer ago than is
-- tolerated is unread, and nothing about the participant, under any of these ids, is parked or dead. Asked in the
-- transaction of an answer, before what the group knows is read: what is handled between the two only makes it better.
--
-- It looks at the log itself, so it is true for a group that is stopped, slow, or behind in one slot, and while nobody
-- writes ticks. Ages are of PostgreSQL's clock. Where that has gone back, what was published in its future counts as old.
--
-- Cheap for a group that keeps up: between a slot's last checkpoint, which is some seconds old at most, and a tick of the
-- last seconds there is next to nothing. One with more than a thousand messages to look at in a slot is behind, and is not
-- asked further.
--
-- The request's login may not read the log, hence security definer; it learns yes or no.
create function message_table.is_up_to_date(
    of_group text, on_topics text[], about_participants uuid[], tolerated interval
)
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set plan_cache_mode = force_generic_plan
as $function$
declare
    most constant integer := 1000;
    agency constant uuid := nullif(current_setting('handrail.agency_id', true), '')::uuid;
    present constant timestamptz := clock_timestamp();
    young_since constant timestamptz := present - tolerated;
    until_xid xid8;
    reached record;
    looked_at integer;
    is_behind boolean;
begin
    if agency is null then
        return false;
    end if;

    if exists (
            select from message_table.parked p
            left join message_table.message m on m.occurred_at = p.occurred_at and m.id = p.id
            where p.agency_id = agency and p.grp = of_group and p.participant_id = any (about_participants)
                and coalesce(m.topic = any (on_topics), true))
        or exists (
            select from message_table.parked p
            left join message_table.message m on m.occurred_at = p.occurred_at and m.id = p.id
            where p.agency_id = agency and p.grp = of_group and p.participant_id is null
                and coalesce(m.topic = any (on_topics), true)) then
        return false;
    end if;

    -- What began after a tick of the last seconds is younger than that tick.
    select pg_snapshot_xmax(k.snap) into until_xid
    from message_table.tick k
    where k.tick_id = (
        select min(late.tick_id)
        from (select t.tick_id, t.at from message_table.tick t order by t.tick_id desc limit 500) late
        where late.at > young_since and late.at <= present
    );
    until_xid := coalesce(until_xid, '9223372036854775807'::xid8);

    for reached in
        select s.slot::smallint as slot, lo.snap, lo.at, hi.snap as part, last.pos
        from generate_series(0, 15) s (slot)
        left join lateral (
            select c.lo_tick, c.hi_tick, c.pos
            from message_table.checkpoint c
            where c.grp = of_group and c.slot = s.slot
            order by c.step desc
            limit 1
        ) last on true
        -- A slot without a checkpoint begins at the oldest tick.
        left join message_table.tick lo
            on lo.tick_id = coalesce(last.lo_tick, (select min(t.tick_id) from message_table.tick t))
        left join message_table.tick hi on hi.tick_id = last.hi_tick
    loop
        if reached.snap is null then
            return false;
        end if;
        select count(*), coalesce(bool_or(
                w.topic = any (on_topics) and not (w.occurred_at > young_since and w.occurred_at <= present)
                -- Of a window that is handled in part, what is handled.
                and not coalesce(w.id <= reached.pos and pg_visible_in_snapshot(w.xid, reached.part), false)), false)
        into looked_at, is_behind
        from (
            select * from (
                select m.id, m.xid, m.topic, m.occurred_at
                from message_table.message m
                where m.slot = reached.slot
                    and m.xid >= pg_snapshot_xmax(reached.snap) and m.xid < until_xid
                    and m.occurred_at >= reached.at - interval '2 days'
                order by m.xid, m.id
                limit most
            ) later
            union all
            select one.*
            from pg_snapshot_xip(reached.snap) late (xid)
            cross join lateral (
                select m.id, m.xid, m.topic, m.occurred_at
                from message_table.message m
                where m.slot = reached.slot and m.xid = late.xid
                order by m.id
                limit most
            ) one
        ) w;
        if is_behind or looked_at >= most then
            return false;
        end if;
    end loop;
    return true;
end
$function$;

revoke all on function message_table.is_up_to_date(text, text[], uuid[], interval) from public;
grant execute on function message_table.is_up_to_date(text, text[], uuid[], interval) to handrail_service;
