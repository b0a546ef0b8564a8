-- A checkpoint travels with the commit of what was handled. Where not all of it could be written, the commit behind it
-- must not happen: only an error can prevent that.
create function message_table.overtaken() returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    raise exception using errcode = 'HR001', message = 'another process has moved these slots on, or may have';
end
$function$;

revoke all on function message_table.overtaken() from public;
grant execute on function message_table.overtaken() to handrail_service;
