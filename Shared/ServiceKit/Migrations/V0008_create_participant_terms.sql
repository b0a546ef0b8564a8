-- What every service knows of the restrictions that participants asked for (42 CFR 2.26, 45 CFR 164.522): its own table,
-- so that the decision about an answer is made of what is in the transaction of the answer.

create function handrail.add_restriction_terms(schema_name text, service text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    execute format(
        $table$
        create table %I.restriction_terms (
            agency_id uuid not null,
            restriction_id uuid not null,
            version integer not null,
            participant_id uuid not null,
            recipient_kind text not null,
            recipient text,
            data_classes text[] not null,
            purposes text[] not null,
            ended_at timestamptz,
            constraint restriction_terms_pkey primary key (agency_id, restriction_id),
            constraint restriction_terms_version_positive check (version > 0),
            constraint restriction_terms_recipient_whole check ((recipient_kind = 'outside') = (recipient is null))
        )
        $table$,
        schema_name
    );
    execute format(
        'comment on table %I.restriction_terms is ''data_classes and purposes: empty for all. person: the subject of the '
        'tokens of one of the agency''''s own people.''', schema_name);
    execute format(
        'create index restriction_terms_in_force on %I.restriction_terms (agency_id, participant_id) where ended_at is null',
        schema_name);
    execute format(
        'create index restriction_terms_against on %I.restriction_terms (agency_id, recipient) '
        'where ended_at is null and recipient_kind = ''person''', schema_name);
    perform handrail.protect_table(format('%I.restriction_terms', schema_name), service, 'select, insert, update');
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
    perform handrail.add_audit_signatures(schema_name, service);
    perform handrail.add_audit_retirements(schema_name);
    perform handrail.add_restriction_terms(schema_name, service);
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
        perform handrail.add_restriction_terms(existing.schema_name, existing.service);
    end loop;
end
$existing$;

revoke all on function handrail.add_restriction_terms(text, text) from public;
