-- as-migrator
-- Roles belong to the whole cluster, not to this database: another database may have made them, or may be making them
-- at this moment. Every step therefore looks first, and takes the other's success for its own.
-- Logins are made without a password, so nobody can use them until an operator has set one.

do $roles$
declare
    wanted record;
begin
    for wanted in
        select name, attributes
        from (
            values
                (1, 'handrail_owner', 'nologin'),
                (2, 'handrail_service', 'nologin'),
                (2, 'handrail_worker', 'nologin'),
                (3, 'referrals', 'login in role handrail_service'),
                (3, 'peer_matching', 'login in role handrail_service'),
                (3, 'scheduling', 'login in role handrail_service'),
                (3, 'outcomes', 'login in role handrail_service'),
                (3, 'referrals_worker', 'login in role handrail_worker'),
                (3, 'peer_matching_worker', 'login in role handrail_worker'),
                (3, 'scheduling_worker', 'login in role handrail_worker'),
                (3, 'outcomes_worker', 'login in role handrail_worker')
        ) as role (step, name, attributes)
        order by step, name
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
            begin
                execute format('create role %I %s', wanted.name, wanted.attributes);
            exception
                when duplicate_object or unique_violation then null;
            end;
        end if;
    end loop;
end
$roles$;

-- Each login finds the tables of its own schema without naming it, so that what every service has (audit_event,
-- idempotency, denied_access) is written by one piece of code.
do $paths$
declare
    wanted record;
    setting text;
begin
    for wanted in
        select login, schema_name
        from (
            values
                ('referrals', 'referral'),
                ('referrals_worker', 'referral'),
                ('peer_matching', 'matching'),
                ('peer_matching_worker', 'matching'),
                ('scheduling', 'scheduling'),
                ('scheduling_worker', 'scheduling'),
                ('outcomes', 'outcome'),
                ('outcomes_worker', 'outcome')
        ) as path (login, schema_name)
    loop
        setting := format('search_path=%s, public', wanted.schema_name);
        -- Two databases may set it at the same moment: one of them then fails with a duplicate key or "tuple
        -- concurrently updated", and finds the other's setting, which is the same, when it looks again.
        for attempt in 1..20 loop
            exit when exists (
                select
                from pg_catalog.pg_db_role_setting as stored
                join pg_catalog.pg_roles as role on role.oid = stored.setrole
                where stored.setdatabase = 0 and role.rolname = wanted.login and setting = any (stored.setconfig)
            );
            begin
                execute format('alter role %I set search_path = %I, public', wanted.login, wanted.schema_name);
            exception
                when unique_violation or internal_error then perform pg_sleep(0.05);
            end;
        end loop;
    end loop;
end
$paths$;

-- The migrating login changes into the owner for everything that follows. A superuser may do so without a grant.
do $membership$
begin
    if not pg_has_role(current_user, 'handrail_owner', 'member') then
        execute format('grant handrail_owner to %I', current_user);
    end if;
    execute format('grant create on database %I to handrail_owner', current_database());
end
$membership$;

create extension if not exists btree_gist;

create schema if not exists handrail;
alter schema handrail owner to handrail_owner;
grant usage on schema handrail to handrail_service, handrail_worker;

-- A process is ready only when its migrations are applied, so every service may read which ones are.
do $record$
begin
    if to_regclass('handrail.migration') is not null then
        grant select on handrail.migration to handrail_service, handrail_worker;
    end if;
end
$record$;
