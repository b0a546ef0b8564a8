import FoundationEssentials
import MessageTable
import Models
import Postgres
import ServiceKit
import TestKit
import Testing

@Suite("The platform's schema")
struct PlatformMigrationTests {
    private static let insertNote = Statement(
        "test.insert_note", "insert into note (agency_id, note_id, text) values ($1, $2, 'x')"
    )
    private static let countNotes = Statement("test.count_notes", "select count(*) from note")

    @Test("a schema from before loses the version of idempotency keys and keeps its rows")
    func dropsVersion() async throws {
        let before = MigrationSet("platform", PlatformMigrations.all.migrations.filter { $0.version < 4 })
        let sets = [before, MessageTableMigrations.all, PlatformFixture.service]
        try await TestDatabase.with(migrations: sets) { database in
            try await database.withPool { pool in
                try await pool.runScript(
                    """
                    insert into matching.idempotency
                        (agency_id, principal, route, key, fingerprint, resource_id, status)
                    values (gen_random_uuid(), 'p', 'r', 'k', sha256('b'), gen_random_uuid(), 201)
                    """
                )
            }
            let runner = MigrationRunner(database.superuser, reactor: database.reactor, logger: .silent)
            let applied = try await runner.run(PlatformFixture.all)
            #expect(applied.first?.hasSuffix("V0004_drop_idempotency_version") == true)
            let rows = try await database.texts(
                Statement("test.keys", "select to_jsonb(i)::text from matching.idempotency as i")
            )
            #expect(rows.count == 1)
            #expect(rows.allSatisfy { $0.contains("201") && !$0.contains("version") })
        }
    }

    @Test("databases of one cluster can be migrated at the same moment")
    func concurrent() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try await TestDatabase.with { database in
                        let runner = MigrationRunner(database.superuser, reactor: database.reactor, logger: .silent)
                        _ = try await runner.run(PlatformFixture.all)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("an agency sees its own rows, and nobody sees any without an agency")
    func tenants() async throws {
        try await PlatformFixture.withService { (_, pool) async throws -> Void in
            try await pool.transaction(for: .north) { transaction in
                _ = try await transaction.query(Self.insertNote, AgencyID.north, UUID())
            }
            for (agency, expected) in [(AgencyID.north, Int64(1)), (.south, 0)] {
                let count = try await pool.transaction(for: agency) { transaction in
                    try await transaction.query(Self.countNotes)[0].decode(Int64.self)
                }
                #expect(count == expected)
            }
            #expect(try await pool.query(Self.countNotes)[0].decode(Int64.self) == 0)
            let refused = await #expect(throws: PostgresError.self) {
                try await pool.transaction(for: .south) { transaction in
                    _ = try await transaction.query(Self.insertNote, AgencyID.north, UUID())
                }
            }
            #expect(refused?.sqlState == "42501")
        }
    }

    @Test(
        "a service can do no more than it was granted",
        arguments: [
            Statement("test.1", "delete from note"), Statement("test.2", "update note set note_id = gen_random_uuid()"),
            Statement("test.3", "truncate note"), Statement("test.4", "update audit_event set role = 'x'"),
            Statement("test.5", "delete from audit_event"), Statement("test.6", "delete from idempotency"),
            Statement("test.7", "update idempotency set status = 200"),
            Statement("test.8", "select 1 from denied_access"),
            Statement("test.9", "select 1 from matching.audit_event_2026_11"),
            Statement("test.10", "create table matching.mine (x integer)"),
            Statement("test.11", "alter table note disable row level security"),
            Statement("test.12", "select handrail.protect_table('matching.note', 'referrals', 'select')"),
            Statement("test.13", "set role handrail_owner"),
            Statement("test.14", "insert into handrail.migration values ('x', 1, 'x', 'x')"),
            Statement("test.15", "insert into handrail.agency values (gen_random_uuid(), 'x', 'UTC', true, true)"),
        ]
    )
    func grants(_ statement: Statement) async throws {
        try await PlatformFixture.withService { (_, pool) async throws -> Void in
            let refused = await #expect(throws: PostgresError.self) {
                try await pool.transaction(for: .north) { transaction in _ = try await transaction.query(statement) }
            }
            #expect(
                ["42501", "42P01"].contains(refused?.sqlState), "\(statement.name): \(refused?.debugDescription ?? "")")
        }
    }

    @Test("another service does not reach the schema at all")
    func services() async throws {
        try await PlatformFixture.with { (database) async throws -> Void in
            try await database.withPool(login: "referrals") { pool in
                let refused = await #expect(throws: PostgresError.self) {
                    try await pool.query(Statement("test.foreign", "select 1 from matching.note"))
                }
                #expect(refused?.sqlState == "42501")
            }
        }
    }

    @Test("even the superuser's update of the audit trail is refused, row by row and by truncate")
    func appendOnly() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await pool.transaction(for: .north) { transaction in
                transaction.audit(
                    AuditRecord(.read, under: .office(of: .north)),
                    by: .system(.north, service: "peer-matching", operationID: "test")
                )
            }
            try await database.withPool { (superuser) async throws -> Void in
                for statement in [
                    Statement("test.update", "update matching.audit_event set subject = 'x'"),
                    Statement("test.delete", "delete from matching.audit_event"),
                    Statement("test.truncate", "truncate matching.audit_event"),
                ] {
                    let refused = await #expect(throws: PostgresError.self) { try await superuser.query(statement) }
                    #expect(refused?.sqlState == "42501", "\(statement.name)")
                }
            }
        }
    }

    @Test("the catalogue holds what the migrations promise")
    func catalogue() async throws {
        try await PlatformFixture.with { (database) async throws -> Void in
            let unprotected = try await database.texts(
                Statement(
                    "test.unprotected",
                    """
                    select c.oid::regclass::text
                    from pg_class as c
                    where c.relnamespace = 'matching'::regnamespace and c.relkind in ('r', 'p')
                        and not (c.relrowsecurity and c.relforcerowsecurity and c.relowner = 'handrail_owner'::regrole)
                    """
                )
            )
            #expect(unprotected == [])
            let granted = try await database.texts(
                Statement(
                    "test.granted_partitions",
                    """
                    select c.oid::regclass::text
                    from pg_class as c
                    where c.relispartition and c.relkind = 'r' and c.relnamespace = 'matching'::regnamespace
                        and exists (
                            select from aclexplode(c.relacl) as acl where acl.grantee <> 'handrail_owner'::regrole
                        )
                    """
                )
            )
            #expect(granted == [])
            let open = try await database.texts(
                Statement(
                    "test.open_policies",
                    """
                    select concat(tablename, '.', policyname, ' ', array_to_string(roles, ' '))
                    from pg_policies
                    where schemaname = 'matching' and qual = 'true'
                    order by 1
                    """
                )
            )
            #expect(
                open == [
                    "audit_event.sealing handrail_owner", "audit_retirement.retiring handrail_owner",
                    "audit_seal.sealing handrail_owner",
                    "audit_seal.worker peer_matching_worker", "audit_signature.sealing handrail_owner",
                    "audit_signature.worker peer_matching_worker", "idempotency.worker peer_matching_worker",
                ]
            )
            let powerful = try await database.texts(
                Statement(
                    "test.powerful_roles",
                    """
                    select rolname::text
                    from pg_roles
                    where (rolname like '%peer_matching%' or rolname like 'handrail%')
                        and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)
                    """
                )
            )
            #expect(powerful == [])
        }
    }

    @Test(
        "a table that could mix agencies is refused by protect_table",
        arguments: [
            "create table matching.bad (id uuid not null primary key)",
            "create table matching.bad (agency_id uuid, id uuid not null)",
            "create table matching.bad (agency_id uuid not null, id uuid not null, unique (id, agency_id))",
        ]
    )
    func refusedTables(_ table: String) async throws {
        try await PlatformFixture.with { (database) async throws -> Void in
            try await database.withPool { (superuser) async throws -> Void in
                await #expect(throws: PostgresError.self) {
                    try await superuser.runScript(
                        "\(table); select handrail.protect_table('matching.bad', 'peer_matching', 'select')"
                    )
                }
            }
        }
    }

    @Test("partitions of the audit trail are made ahead, once")
    func partitions() async throws {
        try await PlatformFixture.with { (database) async throws -> Void in
            let statement = Statement(
                "test.add_partitions", "select handrail.add_audit_partitions('matching', 14)::text"
            )
            #expect(try await database.texts(statement) == ["2"])
            #expect(try await database.texts(statement) == ["0"])
        }
    }
}
