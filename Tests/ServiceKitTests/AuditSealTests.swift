import JSON
import Logging
import MessageTable
import Models
import NIOConcurrencyHelpers
import Postgres
import TestKit
import Testing

@testable import ServiceKit

@Suite(
    "Seals of the audit trail",
    .timeLimit(.minutes(10))
)
struct AuditSealTests {
    private static let seals = Statement(
        "test.seals", "select concat(seal_number, ' ', row_count) from matching.audit_seal order by seal_number"
    )

    @Test("each row is sealed once, as the worker login, which cannot read the rows themselves")
    func once() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                try await AuditFixture.append(3, pool)
                try await AuditFixture.seal(workers, rows: 3)
                #expect(try await AuditFixture.seal(workers) == 0)
                try await AuditFixture.append(2, pool)
                try await AuditFixture.seal(workers, rows: 2)
                let refused = await #expect(throws: PostgresError.self) {
                    try await workers.query(Statement("test.read", "select subject from audit_event"))
                }
                #expect(refused?.sqlState == "42501")
            }
            let counts = try await database.texts(Self.seals).compactMap { Int($0.split(separator: " ")[1]) }
            #expect(counts.reduce(0, +) == 5)
            #expect(try await database.auditFaults() == [])
        }
    }

    @Test("a row whose transaction is still open is sealed after it has ended")
    func open() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                try await pool.transaction(for: .north) { (transaction) async throws -> Void in
                    transaction.audit(
                        AuditRecord(.read, under: .office(of: .north)),
                        by: .system(.north, service: "test", operationID: "test"))
                    _ = try await transaction.query(Statement("test.one", "select 1"))
                    // Later transactions that have ended wait as well: their rows are sealed in one range with it.
                    try await AuditFixture.append(1, pool)
                    #expect(try await AuditFixture.seal(workers) == 0)
                }
                try await AuditFixture.seal(workers, rows: 2)
            }
            #expect(try await database.auditFaults() == [])
        }
    }

    @Test(
        "the first row that was changed, removed or slipped in behind the triggers is named",
        arguments: [
            ("update matching.audit_event set purpose = 'BTG' where subject = 'row 2'", "0001 1 altered row 2"),
            ("delete from matching.audit_event where subject = 'row 3'", "0001 1 missing row 2"),
            ("delete from matching.audit_event where subject in ('row 1', 'row 3')", "0001 1 missing"),
            (copy("at + interval '1 us'", of: "row 1"), "0001 1 inserted forged"),
            // With a transaction of its own that no seal of this agency covers.
            (
                copy(
                    "at, xid = (select max(from_xid) from matching.audit_seal where agency_id = '\(AgencyID.north)')",
                    of: "row 4"), "0001 2 inserted forged"
            ),
            // Between the last seal of its agency and that of another one.
            (
                copy(
                    """
                    at, agency_id = '\(AgencyID.south)',
                        xid = (select max(to_xid) from matching.audit_seal where agency_id = '\(AgencyID.south)')
                    """, of: "row 4"),
                "0002 inserted forged"
            ),
            // It changes its place.
            (
                "update matching.audit_event set at = at + interval '1 s' where subject = 'row 1'",
                "0001 1 altered row 2"
            ),
            (
                "update matching.audit_seal set row_count = 2, row_marks = substring(row_marks for 16) where row_count = 3",
                "0001 1 inserted row 3"
            ),
            ("update matching.audit_seal set hash = sha256('x') where seal_number = 1", "0001 1 seal-altered"),
            ("delete from matching.audit_seal where seal_number = 1", "0001 1 seal-missing"),
        ]
    )
    func forged(_ forgery: String, _ expected: String) async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                try await AuditFixture.append(3, pool)
                try await AuditFixture.append(1, of: .south, pool)
                try await AuditFixture.seal(workers, rows: 4)
                try await AuditFixture.append(4, pool)
                try await AuditFixture.seal(workers, rows: 4)
            }
            #expect(try await database.auditFaults() == [])
            // A superuser can switch triggers off; that is what the seals are for.
            try await database.withPool { (superuser) async throws -> Void in
                try await superuser.runScript("set session_replication_role = replica; \(forgery)")
            }
            let faults = try await database.auditFaults()
            #expect(faults.first { $0.hasPrefix(expected.prefix(4)) } == expected)
        }
    }

    /// A row is slipped in that looks like another one, with another time, or transaction.
    private static func copy(_ change: String, of subject: String) -> String {
        """
        create temporary table forged as
            select * from matching.audit_event where subject = '\(subject)' order by at limit 1;
        update forged set audit_id = gen_random_uuid(), subject = 'forged', at = \(change);
        insert into matching.audit_event select * from forged
        """
    }

    @Test("only what is newer is read, and the seal before; a gap in front of that shows as well")
    func since() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                for _ in 1...5 {
                    try await AuditFixture.append(2, pool)
                    try await AuditFixture.seal(workers, rows: 2)
                }
            }
            try await database.withPool { (superuser) async throws -> Void in
                func script(_ text: String) async throws {
                    try await superuser.runScript("set session_replication_role = replica; \(text)")
                }
                // A day between two seals, the last of them today.
                try await script(
                    "update matching.audit_seal set sealed_at = now() - (5 - seal_number) * interval '24 hours'")
                let verification = AuditVerification(superuser, clock: .system, pageSize: 2)
                func verify(days: Int) async throws -> (seals: Int, faults: [AuditVerification.Fault.Kind]) {
                    let since = WallClock.system.now() - .seconds(days * 86_400 - 3600)
                    let report = try await verification.verify(schema: "matching", since: since)
                    #expect(report.rows == 2 * report.seals)
                    return (report.seals, report.faults.map(\.kind))
                }
                for (days, seals) in [(0, 1), (1, 2), (2, 3), (4, 5), (5, 5), (99, 5)] {
                    let read = try await verify(days: days)
                    #expect(read.seals == seals && read.faults == [], "\(days) days")
                }
                try await script("update matching.audit_seal set hash = sha256('x') where seal_number = 2")
                #expect(try await verify(days: 1).faults == [])
                #expect(try await verify(days: 2).faults == [.sealAltered])
                try await script("delete from matching.audit_seal where seal_number = 3")
                #expect(try await verify(days: 1).faults == [.sealMissing])
            }
        }
    }

    @Test("each agency has a chain of its own, without gaps, whichever of them something was recorded for")
    func chains() async throws {
        let chain = Statement(
            "test.chain",
            """
            select concat_ws(' ', right(agency_id::text, 4), seal_number, row_count)
            from matching.audit_seal
            order by agency_id, seal_number
            """)
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                try await AuditFixture.append(1, pool)
                try await AuditFixture.seal(workers, rows: 1)
                try await AuditFixture.append(2, of: .south, pool)
                try await AuditFixture.seal(workers, rows: 2)
                try await AuditFixture.append(1, pool)
                try await AuditFixture.append(1, of: .south, pool)
                try await AuditFixture.seal(workers, rows: 2)
            }
            let (north, south) = (AgencyID.north.description.suffix(4), AgencyID.south.description.suffix(4))
            let chains = ["\(north) 1 1", "\(north) 2 1", "\(south) 1 2", "\(south) 2 1"]
            #expect(try await database.texts(chain).sorted() == chains.sorted())
            #expect(try await database.auditFaults() == [])
        }
    }

    @Test("a trail and seals that were rewritten together are contradicted by what the log has said")
    func heads() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            let heads = NIOLockedValueBox<[AuditHead]>([])
            let logger = Logger(label: "test") { label in
                JSONLogHandler(service: "peer-matching", label: label, level: .info) { line in
                    let head = (try? JSONValue.parse(line)).flatMap { AuditHead(logLine: $0, of: "peer-matching") }
                    heads.withLockedValue { if let head { $0.append(head) } }
                }
            }
            try await AuditFixture.append(2, pool)
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                let upkeep = AuditUpkeep(
                    service: "peer-matching", workers: workers, key: nil, metrics: PrometheusRegistry(), logger: logger)
                while heads.withLockedValue({ $0.isEmpty }) { #expect(await upkeep.keep(partitions: false)) }
            }
            let told = heads.withLockedValue { $0 }
            try await database.withPool { (superuser) async throws -> Void in
                let verification = AuditVerification(superuser)
                let evidence = AuditVerification.Evidence(heads: told)
                let before = try await verification.verify(schema: "matching", against: evidence)
                #expect(before.rows == 2 && before.faults == [])
                // All seals are made anew over what is left: in themselves they hold.
                try await superuser.runScript(
                    """
                    set session_replication_role = replica;
                    delete from matching.audit_event where subject = 'row 2';
                    delete from matching.audit_seal;
                    select handrail.seal_audit('matching');
                    """)
                let alone = try await verification.verify(schema: "matching")
                #expect(alone.faults == [])
                let compared = try await verification.verify(schema: "matching", against: evidence)
                #expect(compared.faults.map(\.kind) == told.map { _ in .headContradicted })
                #expect(compared.faults.first?.agencyID == .north)
            }
        }
    }

    @Test("an export that stops half-way is on record all the same")
    func interrupted() async throws {
        let register = """
            insert into handrail.agency (agency_id, name, time_zone, part2_program, hipaa_covered_entity)
            values ('\(AgencyID.north)', 'North', 'America/New_York', true, true) on conflict do nothing
            """
        let exports = Statement(
            "test.exports", "select subject from matching.audit_event where operation_id = 'exportAuditTrail'")
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool { (superuser) async throws -> Void in try await superuser.runScript(register) }
            try await AuditFixture.append(2, pool)
            let selection = AuditTrail.Selection(
                agencyID: .north, since: Instant(unixSeconds: 0), until: WallClock.system.now() + .seconds(60))
            var reading = try await AuditTrail(pool).open(selection, by: "ana")
            #expect(try await reading.next()?.subject == "row 1")
            #expect(try await database.texts(exports) == ["ana"])
        }
    }

    @Test("the loop seals and makes partitions; without PostgreSQL it says so and goes on")
    func loop() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            let registry = PrometheusRegistry()
            let lines = NIOLockedValueBox<[String]>([])
            let logger = Logger(label: "test") { label in
                JSONLogHandler(service: "peer-matching", label: label, level: .info) { line in
                    lines.withLockedValue { $0.append(String(decoding: line, as: UTF8.self)) }
                }
            }
            try await AuditFixture.append(1, pool)
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                let upkeep = AuditUpkeep(
                    service: "peer-matching", workers: workers, key: nil, metrics: registry, logger: logger)
                while lines.withLockedValue({ $0.isEmpty }) { #expect(await upkeep.keep(partitions: true)) }
                await workers.shutDown()
                #expect(await upkeep.keep(partitions: true) == false)
            }
            #expect(registry.exposition().contains("peer_matching_audit_rows_sealed_total 1\n"))
            let hash = try await database.texts(
                Statement("test.hash", "select encode(hash, 'hex') from matching.audit_seal")
            )
            #expect(lines.withLockedValue { $0.first?.contains(hash.first ?? "none") } == true)
        }
    }
}
