import Postgres
import ServiceKit
import TestKit
import Testing

@testable import Operator

/// `handrail audit retire`, the real executable.
@Suite("Dropping what is old enough of the audit trail") struct AuditRetireTests {
    /// A row of January 2015, sealed then.
    private static let old = """
        set timezone = 'UTC';
        create table outcome.audit_event_2015_01 (like outcome.audit_event including all);
        alter table outcome.audit_event_2015_01 owner to handrail_owner;
        alter table outcome.audit_event attach partition outcome.audit_event_2015_01
            for values from ('2015-01-01') to ('2015-02-01');
        insert into outcome.audit_event
            (agency_id, at, audit_id, subject, role, action, operation_id, decision, purpose, data_classes,
             participant_ids, rule_version, break_glass, request_id)
        values ('00000000-0000-7000-8000-000000000001', '2015-01-10', gen_random_uuid(), 'ana', 'service', 'read', 'test',
            'allow', 'TREAT', '{}', '{}', '1', false, '')
        """
    private static let seal = Statement("test.seal", "select handrail.seal_audit('outcome')")

    @Test("an old month goes, and the trail holds afterwards; one that does not hold stays; years are six at least")
    func retire() async throws {
        try await TestDatabase.with(migrations: InstalledServices.migrations) { database in
            try await database.withPool(connections: 1) { (superuser) async throws -> Void in
                try await superuser.runScript(Self.old)
                // Other tests' open transactions may hold a seal back.
                while try await superuser.query(Self.seal)[0].decode(Int.self) == 0 {}
                try await superuser.runScript(
                    """
                    set session_replication_role = replica;
                    update outcome.audit_seal set sealed_at = '2015-01-10';
                    update outcome.audit_event set purpose = 'BTG'
                    """)
            }
            var environment = ["HANDRAIL_DATABASE_URL": database.migratorURL, "USER": "ana"]
            func retire(_ more: String...) async throws -> BuiltExecutable.Result {
                try await BuiltExecutable("handrail").run(
                    ["audit", "retire", "outcomes"] + more, environment: environment)
            }
            let changed = try await retire()
            #expect(changed.code == 1)
            #expect(changed.output.contains("outcomes: 1 faults, nothing was dropped"), "\(changed.output)")
            try await database.withPool { (superuser) async throws -> Void in
                try await superuser.runScript(
                    "set session_replication_role = replica; update outcome.audit_event set purpose = 'TREAT'")
            }
            #expect(try await retire("--dry-run").output == "outcomes: 2015-01 would be dropped\n")
            #expect(try await retire("--before", "2015-01-31").output == "outcomes: nothing is old enough\n")
            #expect(try await retire().output == "outcomes: 2015-01 dropped, 1 rows\n")
            #expect(try await retire().output == "outcomes: nothing is old enough\n")
            let verified = try await BuiltExecutable("handrail").run(
                ["audit", "verify", "outcomes"], environment: environment)
            #expect(verified.output == "outcomes: 1 seals over 0 rows: all hold\n")
            environment["HANDRAIL_AUDIT_YEARS"] = "5"
            let tooFew = try await retire()
            #expect(tooFew.code != 0)
            #expect(tooFew.output.contains("HANDRAIL_AUDIT_YEARS must be a number from 6 to 100"), "\(tooFew.output)")
        }
    }
}

extension TestDatabase {
    /// The migrator's URL, with its password.
    fileprivate var migratorURL: String {
        let (start, query) = (cluster.prefix { $0 != "?" }, cluster.drop { $0 != "?" })
        return start.prefix(upTo: start.lastIndex(of: "/") ?? start.endIndex) + "/\(name)\(query)"
    }
}
