-- What belongs to an agency stays its own: no login may give a waiting row to another one, also not those that see all.
create function message_table.refuse_other_agency() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    if new.agency_id is distinct from old.agency_id then
        raise exception 'a row of % does not change its agency', tg_table_name using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$function$;
revoke all on function message_table.refuse_other_agency() from public;

create trigger keep_agency before update of agency_id on message_table.parked
    for each row execute function message_table.refuse_other_agency();
create trigger keep_agency before update of agency_id on message_table.scheduled
    for each row execute function message_table.refuse_other_agency();
create trigger keep_agency before update of agency_id on message_table.delivery
    for each row execute function message_table.refuse_other_agency();
