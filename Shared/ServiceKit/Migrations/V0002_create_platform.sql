-- What every service schema is built from: the registry of agencies, and the functions that give a table its owner,
-- its row-level security and its grants, so that no migration can forget one of them.

create table handrail.agency (
    agency_id uuid not null,
    name text not null,
    time_zone text not null,
    part2_program boolean not null,
    hipaa_covered_entity boolean not null,
    created_at timestamptz not null default now(),
    constraint agency_pkey primary key (agency_id),
    constraint agency_name_length check (char_length(name) between 1 and 200),
    constraint agency_time_zone_form check (time_zone ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$')
);

comment on table handrail.agency is 'The tenants. Registered by an operator; each service reads the row of its request.';

-- Makes a table safe for one service: owned by the owner role, row-level security that also binds the owner, one
-- agency per transaction, and no more privileges than named. Called after each create table.
--   table_name  schema-qualified
--   service     the service's login role
--   privileges  of select, insert, update, delete; update may name its columns
create function handrail.protect_table(table_name text, service text, privileges text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    protected constant regclass := table_name::regclass;
    agency_column smallint;
    loose text;
begin
    if privileges !~ '^(select|insert|delete|update( *\([a-z0-9_, ]+\))?)( *, *(select|insert|delete|update( *\([a-z0-9_, ]+\))?))*$' then
        raise exception 'privileges of % may be select, insert, update and delete', table_name;
    end if;

    select attnum into agency_column
    from pg_attribute
    where attrelid = protected and attname = 'agency_id' and attnotnull and atttypid = 'uuid'::regtype;
    if not found then
        raise exception '% has no column agency_id uuid not null', table_name;
    end if;

    select conname into loose
    from pg_constraint
    where conrelid = protected and contype in ('p', 'u', 'x') and conkey[1] is distinct from agency_column
    limit 1;
    if found then
        raise exception 'agency_id does not lead constraint % of %', loose, table_name;
    end if;

    execute format('alter table %s owner to handrail_owner', protected);
    execute format('alter table %s enable row level security', protected);
    execute format('alter table %s force row level security', protected);
    execute format(
        $policy$
        create policy agency on %s to %I
            using (agency_id = nullif(current_setting('handrail.agency_id', true), '')::uuid)
            with check (agency_id = nullif(current_setting('handrail.agency_id', true), '')::uuid)
        $policy$,
        protected, service
    );
    execute format('grant %s on table %s to %I', privileges, protected, service);
end
$function$;

select handrail.protect_table('handrail.agency', 'handrail_service', 'select');

-- The registry holds no personal data, and registering an agency is the owner's business.
create policy registry on handrail.agency to handrail_owner using (true) with check (true);

-- Rows of the audit trail are only ever added. The grants say so to the services, this says so to everybody.
create function handrail.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    raise exception 'rows of %.% are never changed or removed', tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege';
end
$function$;

-- Makes the monthly partitions of one schema's audit trail from the present month on; those that exist are kept.
-- A partition is made as a plain table and attached, because "create table ... partition of" would wait behind every
-- open writer, and every writer behind it. It carries no grants: access goes through the parent and its policies.
-- Returns how many it made.
create function handrail.add_audit_partitions(schema_name text, months_ahead integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    first_month constant timestamp := date_trunc('month', now() at time zone 'UTC');
    month_start timestamp;
    partition_name text;
    made integer := 0;
begin
    for ahead in 0..months_ahead loop
        month_start := first_month + make_interval(months => ahead);
        partition_name := 'audit_event_' || to_char(month_start, 'YYYY_MM');
        continue when to_regclass(format('%I.%I', schema_name, partition_name)) is not null;
        execute format(
            'create table %1$I.%2$I (like %1$I.audit_event including defaults including constraints)',
            schema_name, partition_name
        );
        execute format('alter table %I.%I owner to handrail_owner', schema_name, partition_name);
        execute format('alter table %I.%I enable row level security', schema_name, partition_name);
        execute format('alter table %I.%I force row level security', schema_name, partition_name);
        execute format(
            'create trigger refuse_truncate before truncate on %I.%I execute function handrail.refuse_change()',
            schema_name, partition_name
        );
        execute format(
            'alter table %1$I.audit_event attach partition %1$I.%2$I for values from (%3$L) to (%4$L)',
            schema_name, partition_name,
            month_start at time zone 'UTC', (month_start + interval '1 month') at time zone 'UTC'
        );
        made := made + 1;
    end loop;
    return made;
end
$function$;

-- Makes a service's schema with what every service has:
--   audit_event    who did or was refused what, appended in the request's own transaction
--   idempotency    which POST made which resource, never a body; old rows are removed by the worker login
--   denied_access  refusals of callers whose agency is unknown: a reason code and a count, nothing else
create function handrail.create_service_schema(schema_name text, service text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
    worker constant text := service || '_worker';
begin
    execute format('create schema if not exists %I authorization handrail_owner', schema_name);
    execute format('grant usage on schema %I to %I, %I', schema_name, service, worker);

    execute format(
        $table$
        create table %I.audit_event (
            agency_id uuid not null,
            at timestamptz not null default now(),
            audit_id uuid not null,
            xid xid8 not null default pg_current_xact_id(),
            subject text not null,
            role text not null,
            partner_id uuid,
            on_behalf_of uuid,
            action text not null,
            operation_id text not null,
            decision text not null,
            reason text,
            purpose text not null,
            data_classes text[] not null,
            participant_ids uuid[] not null,
            consent_id uuid,
            rule_version text not null,
            break_glass boolean not null,
            request_id text not null,
            constraint audit_event_pkey primary key (agency_id, at, audit_id),
            constraint audit_event_decision_known check (decision in ('allow', 'deny')),
            constraint audit_event_reason_of_denial check ((decision = 'deny') = (reason is not null)),
            constraint audit_event_subject_length check (char_length(subject) between 1 and 256),
            constraint audit_event_request_id_length check (char_length(request_id) <= 128)
        ) partition by range (at)
        $table$,
        schema_name
    );
    perform handrail.protect_table(format('%I.audit_event', schema_name), service, 'select, insert');
    execute format(
        'create trigger refuse_change before update or delete on %I.audit_event '
        'for each row execute function handrail.refuse_change()', schema_name
    );
    execute format(
        'create trigger refuse_truncate before truncate on %I.audit_event execute function handrail.refuse_change()',
        schema_name
    );
    perform handrail.add_audit_partitions(schema_name, 12);

    execute format(
        $table$
        create table %I.idempotency (
            agency_id uuid not null,
            principal text not null,
            route text not null,
            key text not null,
            fingerprint bytea not null,
            resource_id uuid not null,
            version integer,
            status smallint not null,
            created_at timestamptz not null default now(),
            constraint idempotency_pkey primary key (agency_id, principal, route, key),
            constraint idempotency_key_length check (char_length(key) between 1 and 255),
            constraint idempotency_fingerprint_length check (octet_length(fingerprint) = 32),
            constraint idempotency_status_success check (status between 200 and 299)
        )
        $table$,
        schema_name
    );
    perform handrail.protect_table(format('%I.idempotency', schema_name), service, 'select, insert');
    execute format('create policy worker on %I.idempotency to %I using (true)', schema_name, worker);
    execute format('grant select, delete on %I.idempotency to %I', schema_name, worker);

    execute format(
        $table$
        create table %I.denied_access (
            denial_id uuid not null,
            denied_at timestamptz not null default now(),
            reason text not null,
            operation_id text,
            suppressed integer not null,
            constraint denied_access_pkey primary key (denial_id),
            constraint denied_access_reason_code check (reason ~ '^[a-z]+(-[a-z]+)*$' and char_length(reason) <= 40),
            constraint denied_access_suppressed_count check (suppressed >= 0)
        )
        $table$,
        schema_name
    );
    execute format('alter table %I.denied_access owner to handrail_owner', schema_name);
    execute format('alter table %I.denied_access enable row level security', schema_name);
    execute format('alter table %I.denied_access force row level security', schema_name);
    execute format('create policy append on %I.denied_access for insert to %I with check (true)', schema_name, service);
    execute format('grant insert on %I.denied_access to %I', schema_name, service);
end
$function$;

revoke all on function handrail.protect_table(text, text, text) from public;
revoke all on function handrail.refuse_change() from public;
revoke all on function handrail.add_audit_partitions(text, integer) from public;
revoke all on function handrail.create_service_schema(text, text) from public;
