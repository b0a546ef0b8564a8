-- Which participants turned out to be one person: every service's own table, so that what is stored under either id is
-- found under both, in the statement that asks. Nothing is rewritten, so that a merge that was wrong is taken back whole.

create function handrail.add_participant_merges(schema_name text, service text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    execute format(
        $table$
        create table %I.participant_merge (
            agency_id uuid not null,
            participant_id uuid not null,
            version integer not null,
            into_id uuid,
            constraint participant_merge_pkey primary key (agency_id, participant_id),
            constraint participant_merge_version_positive check (version > 0),
            constraint participant_merge_odd_is_merged check ((version %% 2 = 1) = (into_id is not null)),
            constraint participant_merge_two_are_two check (into_id <> participant_id)
        )
        $table$,
        schema_name
    );
    execute format(
        'comment on table %I.participant_merge is ''into_id: the participant who remains, never merged itself; null after '
        'a merge was taken back.''', schema_name);
    execute format(
        'create index participant_merge_into on %I.participant_merge (agency_id, into_id) where into_id is not null',
        schema_name);
    perform handrail.protect_table(format('%I.participant_merge', schema_name), service, 'select, insert, update');
    -- A stable function of parameters only: PostgreSQL evaluates it once, and uses an index with what it returns.
    execute format(
        $group$
        create function %1$I.participant_group(agency uuid, participant uuid) returns uuid[]
        language sql
        stable
        set search_path = pg_catalog, pg_temp
        begin atomic
            select array(
                select merge.participant_id
                from %1$I.participant_merge as merge
                where merge.agency_id = agency and merge.into_id = root.participant_id
                union all
                select root.participant_id
            )
            from (
                select coalesce(
                    (
                        select merge.into_id
                        from %1$I.participant_merge as merge
                        where merge.agency_id = agency and merge.participant_id = participant
                    ),
                    participant
                ) as participant_id
            ) as root;
        end
        $group$,
        schema_name
    );
    execute format('revoke all on function %I.participant_group(uuid, uuid) from public', schema_name);
    execute format('grant execute on function %I.participant_group(uuid, uuid) to %I', schema_name, service);
    execute format(
        'comment on function %I.participant_group(uuid, uuid) is ''All ids of the person: the one who remains, and who '
        'was merged into it.''', schema_name);
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
        perform handrail.add_participant_merges(existing.schema_name, existing.service);
    end loop;
end
$existing$;

revoke all on function handrail.add_participant_merges(text, text) from public;
