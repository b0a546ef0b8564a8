-- Deletes old checkpoints and ticks, at most so many of each group's slot and so many ticks; returns how many rows. As
-- before, but slot by slot: joined to the table in one statement, each call read all checkpoints of each group, and was
-- compiled first (half a second with nothing to delete).
create or replace function message_table.trim(max_rows integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set jit = off
as $function$
declare
    old_slot record;
    deleted integer;
    total integer := 0;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('message_table.trim', 0)) then
        return 0;
    end if;
    for old_slot in
        select g.grp, s.slot::smallint as slot, (
                select max(o.step)
                from (
                    select c.step, c.at
                    from message_table.checkpoint c
                    where c.grp = g.grp and c.slot = s.slot
                    order by c.step
                    limit max_rows
                ) o
                where o.at < clock_timestamp() - interval '2 days'
            ) as step
        from message_table.groups_reached() g
        cross join generate_series(0, 15) s (slot)
    loop
        -- The last one stays, however old.
        delete from message_table.checkpoint c
        where c.grp = old_slot.grp and c.slot = old_slot.slot and c.step <= old_slot.step
            and c.step < (
                select l.step
                from message_table.checkpoint l
                where l.grp = old_slot.grp and l.slot = old_slot.slot
                order by l.step desc
                limit 1
            );
        get diagnostics deleted = row_count;
        total := total + deleted;
    end loop;

    delete from message_table.tick t
    where t.tick_id <= (
            select max(o.tick_id)
            from (
                select f.tick_id, f.at
                from message_table.tick f
                order by f.tick_id
                limit max_rows
            ) o
            where o.at < clock_timestamp() - make_interval(days => message_table.days_kept())
        )
        and t.tick_id < (select max(l.tick_id) from message_table.tick l)
        and t.tick_id < (
            select coalesce(min(g.tick_id), (select max(l.tick_id) from message_table.tick l))
            from message_table.groups_reached() g
        );
    get diagnostics deleted = row_count;
    return total + deleted;
end
$function$;
