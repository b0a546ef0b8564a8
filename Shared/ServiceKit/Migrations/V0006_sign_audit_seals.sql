-- Seals are signed by the processes that make them, with a key that the database never sees: whoever owns the database
-- could make all seals anew, but not their signatures.
--
-- A table of its own, so that a seal still never changes. A signature is made once; it names its key and its time.

create function handrail.add_audit_signatures(schema_name text, service text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    execute format(
        $table$
        create table %1$I.audit_signature (
            agency_id uuid not null,
            seal_number bigint not null,
            key_id text not null,
            signed_at timestamptz not null,
            signature bytea not null,
            constraint audit_signature_pkey primary key (agency_id, seal_number),
            constraint audit_signature_of_seal
                foreign key (agency_id, seal_number) references %1$I.audit_seal (agency_id, seal_number),
            constraint audit_signature_key_id_form check (key_id ~ '^[0-9a-f]{16}$'),
            constraint audit_signature_length check (octet_length(signature) between 8 and 80)
        )
        $table$,
        schema_name
    );
    execute format(
        'comment on table %I.audit_signature is ''ECDSA signatures of seals, in DER. signed_at is the signing process''''s '
        'time, and signed.''', schema_name);
    execute format('alter table %I.audit_signature owner to handrail_owner', schema_name);
    execute format('alter table %I.audit_signature enable row level security', schema_name);
    execute format('alter table %I.audit_signature force row level security', schema_name);
    execute format(
        'create policy sealing on %I.audit_signature to handrail_owner using (true) with check (true)', schema_name);
    execute format(
        'create policy worker on %I.audit_signature to %I using (true) with check (true)',
        schema_name, service || '_worker');
    execute format('grant select, insert on %I.audit_signature to %I', schema_name, service || '_worker');
    execute format(
        'create trigger refuse_change before update or delete on %I.audit_signature '
        'for each row execute function handrail.refuse_change()', schema_name
    );
    execute format(
        'create trigger refuse_truncate before truncate on %I.audit_signature execute function handrail.refuse_change()',
        schema_name
    );
    -- Where a verification begins that reads only the last days.
    execute format('create index audit_seal_sealed_at on %I.audit_seal (agency_id, sealed_at)', schema_name);
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
        perform handrail.add_audit_signatures(existing.schema_name, existing.service);
    end loop;
end
$existing$;

revoke all on function handrail.add_audit_signatures(text, text) from public;
