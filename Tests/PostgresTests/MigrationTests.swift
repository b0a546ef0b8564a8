import Logging
import TestKit
import Testing

@testable import Postgres

/// Migrations: each once, in order, and never a changed file.
@Suite struct MigrationTests {
    static let ownerRole = Migration(
        "V0001_create_owner",
        Array(
            """
            -- as-migrator
            do $$ begin
                create role handrail_owner nologin;
            exception when duplicate_object or unique_violation then null;
            end $$;
            create schema shop authorization handrail_owner;
            """.utf8))
    static let table = Migration("V0002_create_shop.sql", Array("create table shop.item (id int); ".utf8))
    static let set = MigrationSet("shop", [ownerRole, table])

    private func runner(_ database: TestDatabase) -> MigrationRunner {
        MigrationRunner(database.superuser, reactor: database.reactor, logger: .silent)
    }

    @Test("a migration runs as the owner, once, and is recorded")
    func once() async throws {
        let owner = Statement(
            "test.owner", "select tableowner::text from pg_tables where schemaname = 'shop' and tablename = 'item'")
        try await TestDatabase.with { database in
            #expect(
                try await runner(database).run([Self.set]) == ["shop/V0001_create_owner", "shop/V0002_create_shop"])
            #expect(try await runner(database).run([Self.set]) == [])
            try await database.withPool { pool in
                let tableOwner = try await pool.query(owner)[0].decode(String.self)
                #expect(tableOwner == "handrail_owner")
            }
        }
    }

    @Test("two runners at the same moment apply each migration once")
    func together() async throws {
        try await TestDatabase.with { database in
            async let first = runner(database).run([Self.set])
            async let second = runner(database).run([Self.set])
            let applied = try await first + second
            #expect(applied.sorted() == ["shop/V0001_create_owner", "shop/V0002_create_shop"])
        }
    }

    @Test("an applied file that changed is refused, and nothing is applied")
    func changed() async throws {
        try await TestDatabase.with { database in
            _ = try await runner(database).run([Self.set])
            let changed = MigrationSet(
                "shop", [Self.ownerRole, Migration("V0002_create_shop", Array("select 1".utf8))])
            await #expect(throws: MigrationError.changed(set: "shop", name: "V0002_create_shop")) {
                try await runner(database).run([changed])
            }
        }
    }

    @Test("a migration that fails leaves nothing of itself, and runs when it is mended")
    func failing() async throws {
        let broken = Migration("V0003_break", Array("create table shop.other (id int); select 1/0;".utf8))
        let mended = Migration("V0003_break", Array("create table shop.other (id int);".utf8))
        try await TestDatabase.with { database in
            await #expect(throws: PostgresError.self) {
                try await runner(database).run([MigrationSet("shop", Self.set.migrations + [broken])])
            }
            let applied = try await runner(database).run([MigrationSet("shop", Self.set.migrations + [mended])])
            #expect(applied == ["shop/V0003_break"])
        }
    }

    @Test("a gap in the numbers is refused")
    func gap() {
        let set = MigrationSet("shop", [Self.table])
        #expect(throws: MigrationError.misnumbered(set: "shop", name: "V0002_create_shop")) {
            try set.missing(after: [])
        }
    }

    @Test("a login's password is set without being sent")
    func passwords() async throws {
        try await TestDatabase.with { database in
            try await database.withPool { pool in
                try await pool.runScript("create role \(database.name) nologin")
                try await runner(database).setPasswords([database.name: "it's \"secret\"; --"])
                let settings = database.superuser.login(database.name, password: "it's \"secret\"; --")
                let connection = try await Connection.open(settings, on: database.reactor)
                connection.close()
                try await pool.runScript("drop role \(database.name)")
                await #expect(throws: PostgresError.self) {
                    try await runner(database).setPasswords(["robert'); drop": "x"])
                }
            }
        }
    }
}
