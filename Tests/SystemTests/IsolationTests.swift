import Foundation
import Models
import Postgres
import TestKit
import Testing

@testable import Operator

/// What each login of a service can reach in a database in which two agencies work.
@Suite struct IsolationTests {
    @Test("with an agency set a service sees that agency's rows in every table, and without one none")
    func rows() async throws {
        try await RunningSuite.with { suite in
            let other = try await suite.addSecondAgency()
            for agency in [suite.agency, other] { try await suite.journey(of: agency).play() }
            for service in InstalledServices.names { #expect(suite.terminate(service) == 0, "\(service)") }
            let seen = try await suite.database.withPool(connections: 1) { pool in
                try await pool.runScript(Self.walk)
                for service in InstalledServices.names {
                    let login = InstalledServices.logins(of: service)[0].login
                    for agency in [suite.agency.description, other.description, ""] {
                        _ = try await pool.query(Self.look, login, agency)
                    }
                }
                return try await pool.query(Self.seen).map { try $0.decode(Seen.Row.self) }.map(Seen.init)
            }
            try await Self.check(seen, suite)
            // A policy too many would be seen.
            let stray = try await suite.database.withPool(connections: 1) { pool in
                try await pool.runScript(
                    "create policy stray on referral.participant to referrals using (true); \(Self.walk)")
                _ = try await pool.query(Self.look, "referrals", suite.agency.description)
                return try await pool.query(Self.seen).map { try $0.decode(Seen.Row.self) }.map(Seen.init)
            }
            #expect(stray.filter { $0.foreign > 0 }.map(\.table) == ["referral.participant"])
        }
    }

    /// One table as one login saw it.
    struct Seen: Sendable {
        typealias Row = (String, String, String, Bool, Int, Int, Int)
        let login, agency, table: String
        let isAllowed: Bool
        /// How many rows it saw, how many of them of others, and how many there are of this agency.
        let rows, foreign, expected: Int

        init(_ row: Row) { (login, agency, table, isAllowed, rows, foreign, expected) = row }
    }

    private static func check(_ seen: [Seen], _ suite: RunningSuite) async throws {
        let schemas = InstalledServices.names.map { ($0, InstalledServices.schema(of: $0)) }
        for one in seen {
            #expect(one.foreign == 0, "\(one)")
            if one.agency.isEmpty { #expect(one.rows == 0, "\(one)") }
            if one.isAllowed, !one.agency.isEmpty { #expect(one.rows == one.expected, "\(one)") }
            let owner = schemas.first { one.table.hasPrefix($0.1 + ".") }?.0
            guard let owner, InstalledServices.logins(of: owner)[0].login != one.login else { continue }
            #expect(!one.isAllowed, "\(one.login) reads \(one.table)")
        }
        let filled = Set(seen.filter { $0.rows > 0 }.map(\.table))
        #expect(filled.count > 25)
        let tables = Set(seen.map(\.table))
        print(
            "isolation: \(tables.count) tables as \(Set(seen.map(\.login)).count) logins and 2 agencies:",
            "\(seen.count) looks, \(filled.count) tables with rows of both")
    }

    @Test("no login of a service can become another role, nor run what runs as the owner and is not for it")
    func roles() async throws {
        try await TestDatabase.with(migrations: InstalledServices.migrations) { database in
            let (roles, functions) = try await database.withPool(connections: 1) { pool in
                (
                    try await pool.query(Self.allRoles).map { try $0.decode(String.self) },
                    try await pool.query(Self.ownersFunctions).map { try $0.decode(String.self) }
                )
            }
            var refused = 0
            for service in InstalledServices.names {
                for (login, _) in InstalledServices.logins(of: service) {
                    let others = roles.filter { $0 != login && !["handrail_service", "handrail_worker"].contains($0) }
                    try await database.withPool(login: login, connections: 1) { pool in
                        for role in others {
                            let error = await #expect(throws: PostgresError.self, "\(login) became \(role)") {
                                _ = try await pool.query(Self.become, role)
                            }
                            #expect(error?.sqlState == "42501", "\(login) \(role)")
                        }
                        for function in functions {
                            let isAllowed = try await pool.query(Self.mayRun, function)[0].decode(Bool.self)
                            // The loops of every service make partitions and seal; requests run none of these. They
                            // only ask whether they know what binds them, and learn yes or no.
                            let asks = function.hasPrefix("message_table.is_up_to_date(")
                            #expect(isAllowed == asks || login.hasSuffix("_worker"), "\(login) \(function)")
                            #expect(!asks || isAllowed != login.hasSuffix("_worker"), "\(login) \(function)")
                        }
                    }
                    refused += others.count
                }
            }
            #expect(!functions.isEmpty)
            print("isolation: \(refused) changes of role refused, \(functions.count) functions of the owner asked for")
        }
    }

    private static let allRoles = Statement("test.roles", "select rolname::text from pg_roles order by 1")
    private static let become = Statement("test.become", "select set_config('role', $1, false)")
    private static let mayRun = Statement("test.may_run", "select has_function_privilege($1::text, 'execute')")
    private static let ownersFunctions = Statement(
        "test.functions",
        """
        select p.oid::regprocedure::text
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('handrail', 'message_table', 'referral', 'matching', 'scheduling', 'outcome')
            and p.prosecdef
        order by 1
        """)
    private static let look = Statement("test.look", "select pg_temp.look($1, $2)::text")
    private static let seen = Statement(
        "test.seen",
        "select login, agency, name, allowed, visible, others, expected from seen order by login, agency, name")

    /// Looks at every table that has agencies, as a login: with what row-level security and the grants leave of it.
    private static let walk = """
        create temp table seen (
            login text, agency text, name text, allowed boolean, visible bigint, others bigint, expected bigint);
        create function pg_temp.look(login text, agency text) returns void language plpgsql as $look$
        declare
            one record;
            wanted bigint;
            visible bigint;
            others bigint;
            allowed boolean;
        begin
            for one in
                select n.nspname as space, c.relname as name
                from pg_class c
                join pg_namespace n on n.oid = c.relnamespace
                join pg_attribute a on a.attrelid = c.oid and a.attname = 'agency_id'
                where c.relkind in ('r', 'p') and not c.relispartition
                    and n.nspname in ('handrail', 'message_table', 'referral', 'matching', 'scheduling', 'outcome')
            loop
                execute format('select count(*) from %I.%I where agency_id::text = $1', one.space, one.name)
                into wanted using agency;
                perform set_config('role', login, true), set_config('handrail.agency_id', agency, true);
                begin
                    execute format(
                        'select count(*), count(*) filter (where agency_id::text <> $1) from %I.%I', one.space, one.name)
                    into visible, others using agency;
                    allowed := true;
                exception when insufficient_privilege then
                    visible := 0; others := 0; allowed := false;
                end;
                perform set_config('role', 'none', true);
                insert into seen values (login, agency, one.space || '.' || one.name, allowed, visible, others, wanted);
            end loop;
        end
        $look$;
        """
}
