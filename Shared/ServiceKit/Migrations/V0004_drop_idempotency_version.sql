-- No row ever had a version, and nothing reads one. A repeated request is answered with the resource as it is now,
-- rendered and authorised again, with its present ETag; the version of the first answer could only be stored by another
-- statement in every POST, since it is not known when the key is claimed. Yesterday's services name the columns that
-- they write, and this was none of them.

create function handrail.drop_idempotency_version(schema_name text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    execute format('alter table %I.idempotency drop column version', schema_name);
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
end
$function$;

do $existing$
declare
    existing record;
begin
    for existing in
        select relnamespace::regnamespace::text as schema_name
        from pg_class
        where relname = 'idempotency' and relkind = 'r' and relowner = 'handrail_owner'::regrole
        order by relnamespace
    loop
        perform handrail.drop_idempotency_version(existing.schema_name);
    end loop;
end
$existing$;

revoke all on function handrail.drop_idempotency_version(text) from public;
