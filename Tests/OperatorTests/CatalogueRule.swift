import Testing

/// One rule that the schema of the whole suite keeps, as a query for the objects that break it.
struct CatalogueRule: Sendable, CustomTestStringConvertible {
    let promise: String
    /// Names of offending objects, one column of text.
    let offenders: String
    /// A change that breaks the rule, to see that the query finds it.
    let violation: String

    var testDescription: String { promise }

    /// Every ordinary or partitioned table of ours.
    private static let tables = """
        select c.oid, c.relname, n.nspname, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
            c.relacl, n.nspname || '.' || c.relname as name
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p')
            and n.nspname in ('handrail', 'message_table', 'referral', 'matching', 'scheduling', 'outcome')
            and n.nspname || '.' || c.relname <> 'handrail.migration'
        """

    static let all = [
        CatalogueRule(
            promise: "every table belongs to the owner role, which nobody can log in as",
            offenders: """
                select t.name from (\(tables)) t join pg_roles r on r.oid = t.relowner
                where r.rolname <> 'handrail_owner' or r.rolcanlogin
                """,
            violation: "create table referral.stray (agency_id uuid primary key)"),
        CatalogueRule(
            promise: "every table, and every partition, has row-level security, also for its owner",
            offenders: "select t.name from (\(tables)) t where not (t.relrowsecurity and t.relforcerowsecurity)",
            violation: "alter table message_table.parked no force row level security"),
        CatalogueRule(
            promise: "agency_id leads every key of every table but the log's, the seals' and the nameless refusals'",
            offenders: """
                select t.name || ' ' || i.indexrelid::regclass
                from (\(tables)) t
                join pg_index i on i.indrelid = t.oid and (i.indisunique or i.indisexclusion)
                left join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
                where not t.relispartition and a.attname is distinct from 'agency_id'
                    and t.name not in (
                        'message_table.message', 'message_table.tick', 'message_table.checkpoint', 'message_table.member')
                    and t.relname not in ('denied_access', 'audit_seal')
                    and i.indexrelid::regclass::text not like '%audit_event%xid%'
                """,
            violation: "create unique index stray on message_table.parked (id)"),
        CatalogueRule(
            promise: "partitions carry no grants: they are reached through their table and its policies",
            offenders: """
                select t.name from (\(tables)) t, aclexplode(t.relacl) a
                where t.relispartition and a.grantee <> t.relowner
                """,
            violation: """
                do $$ declare partition regclass := (
                    select inhrelid::regclass from pg_inherits where inhparent = 'message_table.message'::regclass limit 1);
                begin execute format('grant select on %s to outcomes', partition); end $$
                """),
        CatalogueRule(
            promise: "nothing is granted to everybody",
            offenders: """
                select t.name from (\(tables)) t, aclexplode(t.relacl) a where a.grantee = 0
                union all
                select p.oid::regprocedure::text
                from pg_proc p
                join pg_namespace n on n.oid = p.pronamespace
                cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                where n.nspname in ('handrail', 'message_table', 'referral', 'matching', 'scheduling', 'outcome')
                    and a.grantee = 0
                """,
            violation: "grant select on matching.audit_event to public"),
        CatalogueRule(
            promise: "a service's own login sees one agency: its policies say so",
            offenders: """
                select p.schemaname || '.' || p.tablename || ' ' || p.policyname
                from pg_policies p
                join pg_roles r on r.rolname = any (p.roles)
                where r.rolname in ('referrals', 'peer_matching', 'scheduling', 'outcomes', 'handrail_service', 'public')
                    and not coalesce(p.qual, p.with_check) like '%agency_id%handrail.agency_id%'
                    and not (p.tablename in ('denied_access', 'checkpoint') and p.cmd = 'INSERT')
                """,
            violation: "create policy stray on referral.audit_event to referrals using (true)"),
        CatalogueRule(
            promise: "worker logins see all agencies only in the log, the registries and the idempotency keys",
            offenders: """
                select p.schemaname || '.' || p.tablename || ' ' || p.policyname
                from pg_policies p
                join pg_roles r on r.rolname = any (p.roles)
                where (r.rolname like '%\\_worker' or r.rolname = 'public')
                    and p.schemaname <> 'message_table'
                    and p.tablename not in (
                        'idempotency', 'audit_seal', 'audit_signature', 'partner_client', 'client_assertion', 'token_replay', 'agency')
                """,
            violation: "create policy stray on outcome.audit_event to outcomes_worker using (true)"),
        CatalogueRule(
            promise: "views show what their reader may see, not what their owner may",
            offenders: """
                select n.nspname || '.' || c.relname
                from pg_class c
                join pg_namespace n on n.oid = c.relnamespace
                where c.relkind in ('v', 'm')
                    and n.nspname in ('handrail', 'message_table', 'referral', 'matching', 'scheduling', 'outcome')
                    and not ('security_invoker=true' = any (coalesce(c.reloptions, '{}')))
                """,
            violation: "create view referral.stray as select 1 as one"),
        CatalogueRule(
            promise:
                "only what makes or drops partitions, the sealer, one that tells an age and one that tells whether news is unread run as the owner, with a pinned search path",
            offenders: """
                select p.oid::regprocedure::text
                from pg_proc p
                join pg_namespace n on n.oid = p.pronamespace
                where n.nspname in ('handrail', 'message_table', 'referral', 'matching', 'scheduling', 'outcome')
                    and p.prosecdef
                    and not (p.proname in (
                            'add_partitions', 'drop_old_partition', 'keep_audit_partitions', 'seal_audit',
                            'oldest_transaction_seconds', 'is_up_to_date')
                        and p.proowner = 'handrail_owner'::regrole
                        and exists (select from unnest(p.proconfig) c where c like 'search_path=pg_catalog%'))
                """,
            violation: """
                create function referral.stray() returns int language sql security definer as 'select 1';
                revoke all on function referral.stray() from public
                """),
        CatalogueRule(
            promise: "no role of ours can pass row-level security by",
            offenders: """
                select r.rolname from pg_roles r
                where (r.rolbypassrls or r.rolsuper)
                    and (r.rolname in ('handrail_owner', 'handrail_service', 'handrail_worker')
                        or exists (
                            select from pg_auth_members m join pg_roles g on g.oid = m.roleid
                            where m.member = r.oid and g.rolname in ('handrail_service', 'handrail_worker')))
                """,
            violation: "create role stray_of_a_test bypassrls in role handrail_service"),
        CatalogueRule(
            promise:
                "codes are text with a check: comparing enum values could not use an index under row-level security",
            offenders: """
                select t.typname
                from pg_type t
                join pg_namespace n on n.oid = t.typnamespace
                where t.typtype = 'e'
                    and n.nspname in ('handrail', 'message_table', 'referral', 'matching', 'scheduling', 'outcome')
                """,
            violation: "create type referral.stray as enum ('a')"),
        CatalogueRule(
            promise: "a service enters its own schema and the shared ones, and no other",
            offenders: """
                select r.rolname || ' ' || n.nspname
                from pg_roles r
                cross join pg_namespace n
                where r.rolname in ('referrals', 'referrals_worker', 'peer_matching', 'peer_matching_worker', 'scheduling',
                        'scheduling_worker', 'outcomes', 'outcomes_worker')
                    and n.nspname in ('referral', 'matching', 'scheduling', 'outcome')
                    and has_schema_privilege(r.oid, n.oid, 'usage')
                    and split_part(r.rolname, '_worker', 1) <> case n.nspname
                        when 'referral' then 'referrals'
                        when 'matching' then 'peer_matching'
                        when 'outcome' then 'outcomes'
                        else n.nspname end
                """,
            violation: "grant usage on schema referral to outcomes"),
    ]
}
