import Models
import Postgres
import TestKit
import Testing

@testable import ServiceKit

@Suite(
    "What is dropped of the audit trail after its time",
    .timeLimit(.minutes(10))
)
struct AuditRetirementTests {
    private static let key = AuditKey()
    private static let evidence = AuditVerification.Evidence(keys: AuditPublicKeys([key.publicKey]))

    /// Seven years ago, and the month after.
    private static let months: [CivilDate] = {
        let today = WallClock.system.now().dateInUTC
        let first = today.adding(days: 1 - (Int(today.description.suffix(2)) ?? 1)).adding(months: -84)
        return [first, first.adding(months: 1)]
    }()

    private static func start(of day: CivilDate) -> Instant { Instant(unixSeconds: Int64(day.daysSince1970) * 86_400) }

    private static let makePartitions = Statement(
        "test.partitions",
        """
        select set_config('search_path', 'matching', true), pg_temp.make_month(m) from unnest($1) as m
        """)

    /// Makes the partitions of those months, as they were made then.
    private static func makePartitions(_ database: TestDatabase) async throws {
        try await database.withPool(connections: 1) { (superuser) async throws -> Void in
            try await superuser.runScript(
                """
                set timezone = 'UTC';
                create function pg_temp.make_month(month date) returns void language plpgsql as $$
                declare name text := 'audit_event_' || to_char(month, 'YYYY_MM');
                begin
                    execute format('create table matching.%I (like matching.audit_event including all)', name);
                    execute format('alter table matching.%I owner to handrail_owner', name);
                    execute format('alter table matching.%I enable row level security', name);
                    execute format('alter table matching.%I force row level security', name);
                    execute format('alter table matching.audit_event attach partition matching.%I for values from (%L) to (%L)',
                        name, month, month + interval '1 month');
                end $$
                """)
            _ = try await superuser.query(Self.makePartitions, Self.months)
        }
    }

    /// Three seals: of the first month, of both, of today; each signed in its time.
    private static func withOldTrail(
        _ body: @Sendable (TestDatabase, Pool, Pool) async throws -> Void
    ) async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await makePartitions(database)
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                let turn = start(of: months[1])
                let times = [turn - .seconds(86_400), turn - .microseconds(1500), WallClock.system.now()]
                for (time, rows) in zip(times, [3, 4, 1] as [Int]) {
                    try await AuditFixture.append(rows, at: time, pool)
                    try await AuditFixture.seal(workers, rows: Int64(rows))
                    let clock = WallClock { time + .seconds(5) }
                    #expect(await AuditFixture.upkeep(workers, key: key, clock: clock).keep(partitions: false))
                }
                try await Self.forge(
                    database,
                    """
                    update matching.audit_seal as s set sealed_at = g.signed_at
                    from matching.audit_signature as g
                    where g.agency_id = s.agency_id and g.seal_number = s.seal_number
                    """)
                #expect(try await database.auditFaults(evidence) == [])
                try await body(database, pool, workers)
            }
        }
    }

    private static func forge(_ database: TestDatabase, _ script: String) async throws {
        try await database.withPool { (superuser) async throws -> Void in
            try await superuser.runScript("set session_replication_role = replica; \(script)")
        }
    }

    private static func retire(_ database: TestDatabase, _ month: CivilDate, years: Int = 6) async throws -> Int {
        try await database.withPool { superuser in
            try await AuditRetirement(superuser).retire(month, schema: "matching", keeping: years, by: "ana")
        }
    }

    private static let left = Statement(
        "test.left",
        "select concat_ws(' ', row_count, last_seal, part_seals, retired_by) from matching.audit_retirement order by month"
    )

    @Test("months go one after the other and leave a row; all seals hold afterwards, also one over two months")
    func inOrder() async throws {
        try await Self.withOldTrail { (database, _, _) async throws -> Void in
            let due = try await database.withPool { superuser in
                try await AuditRetirement(superuser).months(schema: "matching", keeping: 6)
            }
            #expect(due == Self.months)
            // Three of the first seal, and one of the second.
            #expect(try await Self.retire(database, Self.months[0]) == 4)
            #expect(try await database.auditFaults(Self.evidence) == [])
            #expect(try await database.auditFaults() == [])
            #expect(try await Self.retire(database, Self.months[1]) == 3)
            #expect(try await database.auditFaults(Self.evidence) == [])
            #expect(try await database.texts(Self.left) == ["4 1 {2} ana", "3 2 {} ana"])
        }
    }

    @Test(
        "what is removed otherwise still shows",
        arguments: [
            // Of a seal that lost its first row in time.
            ("delete from matching.audit_event where subject = 'row 3'", "0001 2 missing row 2"),
            ("delete from matching.audit_event where subject = 'row 2'", "0001 2 missing"),
            ("update matching.audit_event set purpose = 'BTG' where subject = 'row 4'", "0001 2 altered row 4"),
            ("delete from matching.audit_event where subject = 'row 1'", "0001 3 missing"),
            // The record of what was retired is changed.
            ("delete from matching.audit_retirement", "0001 1 missing"),
            ("update matching.audit_retirement set part_hashes = array[sha256('x')]", "0001 2 altered"),
            // It is claimed for rows of today.
            (
                """
                update matching.audit_retirement set last_seal = 3;
                delete from matching.audit_event where subject = 'row 1'
                """, "0001 3 missing"
            ),
            // A young month is said to be retired.
            (
                """
                insert into matching.audit_retirement
                select agency_id, date_trunc('month', now()), 1, 3, '{}', '{}', now(), 'ana' from matching.audit_retirement;
                delete from matching.audit_event where subject = 'row 1'
                """, "0001 3 missing"
            ),
        ])
    func removedOtherwise(_ forgery: String, _ fault: String) async throws {
        try await Self.withOldTrail { (database, _, _) async throws -> Void in
            #expect(try await Self.retire(database, Self.months[0]) == 4)
            try await Self.forge(database, forgery)
            let faults = try await database.auditFaults(Self.evidence)
            #expect(faults.contains(fault), "\(faults)")
        }
    }

    @Test("a month that is not old enough, not the oldest, or not wholly sealed stays")
    func refused() async throws {
        try await Self.withOldTrail { (database, pool, _) async throws -> Void in
            let youngest = WallClock.system.now().dateInUTC
            for (month, years) in [
                (youngest.adding(days: 1 - (Int(youngest.description.suffix(2)) ?? 1)), 0), (Self.months[1], 6),
                (Self.months[0], 8), (Self.months[0].adding(days: 1), 6),
            ] {
                let refused = await #expect(throws: PostgresError.self) {
                    try await Self.retire(database, month, years: years)
                }
                #expect(refused?.sqlState == "55000", "\(month) \(years)")
            }
            // A row that was added to an old month, and not sealed yet.
            try await AuditFixture.append(1, at: Self.start(of: Self.months[0]), pool)
            let unsealed = await #expect(throws: PostgresError.self) { try await Self.retire(database, Self.months[0]) }
            #expect(unsealed?.sqlState == "55000")
            #expect(try await database.texts(Self.left) == [])
        }
    }

    @Test("no service can drop anything, and the record of it never changes")
    func rights() async throws {
        try await Self.withOldTrail { (database, pool, workers) async throws -> Void in
            #expect(try await Self.retire(database, Self.months[0]) == 4)
            let drop = Statement(
                "test.drop", "select handrail.retire_audit_month('matching', $1, 6, 'x')")
            for login in [pool, workers] {
                let refused = await #expect(throws: PostgresError.self) {
                    try await login.query(drop, Self.months[1])
                }
                #expect(refused?.sqlState == "42501")
            }
            try await database.withPool { (superuser) async throws -> Void in
                let change = Statement("test.change", "update matching.audit_retirement set last_seal = 3")
                let refused = await #expect(throws: PostgresError.self) { try await superuser.query(change) }
                #expect(refused?.sqlState == "42501")
            }
        }
    }
}
