-- What every service knows of participants' consents (42 CFR 2.31): its own table, filled by messages, so that whoever
-- tells somebody outside decides by what is in the transaction of the answer.

create function handrail.add_consent_terms(schema_name text, service text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    execute format(
        $table$
        create table %I.consent_terms (
            agency_id uuid not null,
            consent_id uuid not null,
            version integer not null,
            participant_id uuid not null,
            kind text not null,
            recipient_kind text not null,
            recipient_id uuid,
            organisation_kind text,
            purposes text[] not null,
            data_classes text[] not null,
            signed_at timestamptz not null,
            expires_at timestamptz,
            revoked_at timestamptz,
            is_deficient boolean not null,
            constraint consent_terms_pkey primary key (agency_id, consent_id),
            constraint consent_terms_version_positive check (version > 0)
        )
        $table$,
        schema_name
    );
    execute format(
        'comment on table %I.consent_terms is ''Codes that this version does not know are kept, and let nothing through.''',
        schema_name);
    execute format(
        'create index consent_terms_of on %I.consent_terms (agency_id, participant_id)', schema_name);
    perform handrail.protect_table(format('%I.consent_terms', schema_name), service, 'select, insert, update');
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
    perform handrail.add_participant_merges(schema_name, service);
    perform handrail.add_consent_terms(schema_name, service);
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
        where to_regclass(schema_name || '.restriction_terms') is not null
    loop
        perform handrail.add_consent_terms(existing.schema_name, existing.service);
    end loop;
end
$existing$;

revoke all on function handrail.add_consent_terms(text, text) from public;
