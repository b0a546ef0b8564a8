import MessageTable
import Models
import Postgres
import ReferralsMigrations
import ServiceKit
import TestKit
import Testing

@testable import Referrals

@Suite("The schema of referrals, on the rows of the version before")
struct MigrationTests {
    @Test("a privacy office hears of emergencies where it did before")
    func desks() async throws {
        let before = MigrationSet("referral", ReferralsMigrations.all.migrations.filter { $0.version < 20 })
        let sets = [PlatformMigrations.all, MessageTableMigrations.all, before]
        try await TestDatabase.with(migrations: sets) { database in
            try await database.withPool(connections: 1) { pool in
                try await pool.runScript(
                    """
                    insert into referral.privacy_office (agency_id, version, webhook_url, webhook_secret, changed_at)
                    values (gen_random_uuid(), 3, 'https://office.example/hooks', 'sealed', now())
                    """)
            }
            let runner = MigrationRunner(database.superuser, reactor: database.reactor, logger: .silent)
            _ = try await runner.run([PlatformMigrations.all, MessageTableMigrations.all, ReferralsMigrations.all])
            let kept = Statement(
                "test.desks",
                """
                select concat_ws(' ', moved.desk, moved.version, moved.webhook_url,
                  moved.webhook_secret = office.webhook_secret)
                from referral.desk as moved
                join referral.privacy_office as office using (agency_id)
                """)
            func texts(_ statement: Statement) async throws -> [String] {
                try await database.withPool(connections: 1) { pool in
                    try await pool.query(statement).map { try $0.decode(String.self) }
                }
            }
            #expect(try await texts(kept) == ["privacy-office 3 https://office.example/hooks t"])
            let forced = Statement(
                "test.forced",
                """
                select relname::text
                from pg_class
                where oid in ('referral.desk'::regclass, 'referral.privacy_office'::regclass) and relforcerowsecurity
                order by 1
                """)
            #expect(try await texts(forced) == ["desk", "privacy_office"])
        }
    }
}
