import FoundationEssentials
import JSON
import Models
import NIOConcurrencyHelpers
import Postgres
import TestKit
import Testing

@testable import ServiceKit

@Suite(
    "Signatures of the audit trail's seals",
    .timeLimit(.minutes(10))
)
struct AuditSignatureTests {
    private static let key = AuditKey()
    private static let evidence = AuditVerification.Evidence(keys: AuditPublicKeys([key.publicKey]))

    private static let unsigned = Statement(
        "test.unsigned",
        """
        select count(*)
        from matching.audit_event as e
        where not exists (
            select
            from matching.audit_seal as s
            join matching.audit_signature as g on g.agency_id = s.agency_id and g.seal_number = s.seal_number
            where s.agency_id = e.agency_id and e.xid >= s.from_xid and e.xid < s.to_xid)
        """)

    /// Takes turns until every row is under a signed seal; other tests' open transactions may hold a seal back.
    private static func sealAll(_ database: TestDatabase, _ upkeep: AuditUpkeep) async throws {
        try await database.withPool { superuser in
            repeat {
                #expect(await upkeep.keep(partitions: false))
            } while try await superuser.query(Self.unsigned)[0]
                .decode(Int.self) > 0
        }
    }

    private static func forge(_ database: TestDatabase, _ script: String) async throws {
        try await database.withPool { (superuser) async throws -> Void in
            try await superuser.runScript("set session_replication_role = replica; \(script)")
        }
    }

    /// Two seals of one agency, one of another.
    private static func withSignedTrail(
        _ body: @Sendable (TestDatabase, Pool, Pool) async throws -> Void
    ) async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                let upkeep = AuditFixture.upkeep(workers, key: key)
                try await AuditFixture.append(3, pool)
                try await AuditFixture.append(1, of: .south, pool)
                try await sealAll(database, upkeep)
                try await AuditFixture.append(2, pool)
                try await sealAll(database, upkeep)
                #expect(try await database.auditFaults(evidence) == [])
                try await body(database, pool, workers)
            }
        }
    }

    @Test(
        "a trail that was made anew as a whole is not signed by us, whatever is put in place of signatures",
        arguments: [
            ("delete from matching.audit_signature where seal_number > 1", "seal-forged"),
            ("delete from matching.audit_signature", "seal-unsigned"),
            // A seal's own time is not believed.
            (
                """
                delete from matching.audit_signature;
                update matching.audit_seal set sealed_at = now() + interval '1 year'
                """, "seal-unsigned"
            ),
            (
                """
                delete from matching.audit_signature where seal_number > 1;
                update matching.audit_signature set signed_at = signed_at + interval '1 us'
                """, "seal-forged"
            ),
        ])
    func madeAnew(_ more: String, _ fault: String) async throws {
        try await Self.withSignedTrail { (database, _, _) async throws -> Void in
            try await Self.forge(
                database,
                """
                delete from matching.audit_event where subject = 'row 2';
                delete from matching.audit_seal;
                select handrail.seal_audit('matching');
                \(more)
                """)
            #expect(try await database.auditFaults() == [])
            let faults = try await database.auditFaults(Self.evidence, later: .seconds(120))
            #expect(faults.contains("0001 1 \(fault)"), "\(faults)")
        }
    }

    @Test("a signature of another seal, or by another key, does not count; the first seal of those is named")
    func otherSignature() async throws {
        try await Self.withSignedTrail { (database, pool, workers) async throws -> Void in
            let before = try await database.auditFaults(.init(keys: AuditPublicKeys([AuditKey().publicKey])))
            #expect(before == ["0001 1 seal-forged", "0002 1 seal-forged"])
            try await Self.forge(
                database,
                """
                update matching.audit_signature as g set signature = o.signature, signed_at = o.signed_at
                from matching.audit_signature as o
                where g.agency_id = '\(AgencyID.north)' and o.agency_id = '\(AgencyID.south)' and g.seal_number = 1
                    and o.seal_number = 1
                """)
            #expect(try await database.auditFaults(Self.evidence) == ["0001 1 seal-forged"])
        }
    }

    @Test("seals that were cut off at the end leave their signatures behind")
    func cutOff() async throws {
        try await Self.withSignedTrail { (database, _, _) async throws -> Void in
            try await Self.forge(
                database,
                """
                delete from matching.audit_event as e using matching.audit_seal as s
                where e.agency_id = s.agency_id and s.seal_number = 2 and e.xid >= s.from_xid and e.xid < s.to_xid;
                delete from matching.audit_seal where seal_number = 2
                """)
            #expect(try await database.auditFaults() == ["0001 2 seal-missing"])
        }
    }

    @Test("a signature is made once: nobody changes or removes it, and the worker may only add")
    func appendOnly() async throws {
        try await Self.withSignedTrail { (database, _, workers) async throws -> Void in
            try await database.withPool { (superuser) async throws -> Void in
                for pool in [superuser, workers] {
                    for statement in [
                        Statement("test.update", "update matching.audit_signature set key_id = '0123456789abcdef'"),
                        Statement("test.delete", "delete from matching.audit_signature"),
                        Statement("test.truncate", "truncate matching.audit_signature"),
                    ] {
                        let refused = await #expect(throws: PostgresError.self) { try await pool.query(statement) }
                        #expect(refused?.sqlState == "42501", "\(statement.name)")
                    }
                }
            }
        }
    }

    @Test("a process does not sign a chain that was made anew behind its back, and says so")
    func refusesOtherChain() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                let lines = NIOLockedValueBox<[String]>([])
                let upkeep = AuditFixture.upkeep(workers, key: Self.key) { line in
                    lines.withLockedValue { $0.append(String(decoding: line, as: UTF8.self)) }
                }
                try await AuditFixture.append(3, pool)
                try await Self.sealAll(database, upkeep)
                try await Self.forge(
                    database,
                    """
                    delete from matching.audit_event where subject = 'row 2';
                    delete from matching.audit_signature;
                    delete from matching.audit_seal;
                    select handrail.seal_audit('matching')
                    """)
                #expect(await upkeep.keep(partitions: false) == false)
                #expect(
                    try await database.texts(Statement("test.signed", "select key_id from matching.audit_signature"))
                        == [])
                #expect(lines.withLockedValue { $0.last?.contains("not the one that was signed before") } == true)
                // Another process, which has not seen the chain of before, does: the time of its signatures tells.
                let later = WallClock { WallClock.system.now() + .seconds(7200) }
                try await Self.sealAll(database, AuditFixture.upkeep(workers, key: Self.key, clock: later))
            }
            #expect(try await database.auditFaults(Self.evidence) == ["0001 1 seal-signed-late"])
        }
    }

    @Test("seals that piled up without a key are signed once there is one, and those of a key of before still hold")
    func rotation() async throws {
        let renewed = AuditKey()
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                for _ in 1...3 {
                    try await AuditFixture.append(1, pool)
                    try await AuditFixture.seal(workers, rows: 1)
                }
                try await Self.sealAll(database, AuditFixture.upkeep(workers, key: Self.key))
                try await AuditFixture.append(1, pool)
                try await Self.sealAll(database, AuditFixture.upkeep(workers, key: renewed))
            }
            let both = AuditPublicKeys([Self.key.publicKey, renewed.publicKey])
            #expect(try await database.auditFaults(.init(keys: both)) == [])
            #expect(try await database.auditFaults(Self.evidence) == ["0001 4 seal-forged"])
        }
    }

    @Test("two processes that seal and sign at once leave one signature for each seal")
    func several() async throws {
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                let processes = (1...3).map { _ in AuditFixture.upkeep(workers, key: Self.key) }
                for _ in 1...5 {
                    try await AuditFixture.append(2, pool)
                    await withTaskGroup(of: Bool.self) { group in
                        for process in processes { group.addTask { await process.keep(partitions: false) } }
                        for await isWhole in group { #expect(isWhole) }
                    }
                }
                try await Self.sealAll(database, processes[0])
            }
            #expect(try await database.auditFaults(Self.evidence) == [])
        }
    }

    @Test(
        "what the log says of a head is signed: it proves the seal without trust in the log, and a made-up line does not"
    )
    func heads() async throws {
        let lines = NIOLockedValueBox<[AuditHead]>([])
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                try await AuditFixture.append(2, pool)
                let upkeep = AuditFixture.upkeep(workers, key: Self.key) { line in
                    let head = (try? JSONValue.parse(line)).flatMap { AuditHead(logLine: $0, of: "peer-matching") }
                    lines.withLockedValue { if let head { $0.append(head) } }
                }
                try await Self.sealAll(database, upkeep)
            }
            let told = try #require(lines.withLockedValue { $0.first })
            let signature = try #require(told.signature)
            #expect(AuditPublicKeys([Self.key.publicKey]).vouch(for: told, by: signature))
            var evidence = Self.evidence
            evidence.heads = [told]
            #expect(try await database.auditFaults(evidence) == [])
            var madeUp = AuditHead(agencyID: .north, number: 1, hash: String(repeating: "0", count: 64))
            madeUp.signature = signature
            evidence.heads = [madeUp]
            #expect(try await database.auditFaults(evidence) == ["0001 1 head-forged"])
        }
    }

    @Test("heads are appended to a file by all processes, in the form of the log; without the file sealing goes on")
    func headsFile() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "heads-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let file = folder.appending(path: "heads")
        try await PlatformFixture.withService { (database, pool) async throws -> Void in
            try await database.withPool(login: "peer_matching_worker") { (workers) async throws -> Void in
                for path in [file.path, file.path, folder.appending(path: "none/heads").path] {
                    try await AuditFixture.append(2, pool)
                    try await Self.sealAll(database, AuditFixture.upkeep(workers, key: Self.key, headsFile: path))
                }
            }
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            let heads = try lines.compactMap {
                AuditHead(logLine: try JSONValue.parse(Array($0.utf8)), of: "peer-matching")
            }
            #expect(heads.map(\.number) == [1, 2])
            var evidence = Self.evidence
            evidence.heads = heads
            #expect(try await database.auditFaults(evidence) == [])
            try await Self.forge(database, "update matching.audit_seal set hash = sha256('x') where seal_number = 2")
            #expect(try await database.auditFaults(evidence).contains("0001 2 head-contradicted"))
        }
    }

    @Test("a signature is an ordinary one of ECDSA over one line of text, which other programs can check")
    func format() throws {
        let pem = AuditKey().pem
        let key = try AuditKey(pem: Array(pem.utf8))
        let head = AuditHead(agencyID: .north, number: 7, hash: String(repeating: "ab", count: 32))
        let at = Instant(unixSeconds: 1_795_000_000)
        #expect(
            String(decoding: AuditSignature.text(of: head, at: at), as: UTF8.self)
                == "handrail-audit-seal-v1 \(AgencyID.north) 7 \(head.hash) 2026-11-18T11:06:40Z")
        let signature = try key.sign(head, at: at)
        #expect(key.publicKey.vouches(for: head, by: signature))
        #expect(key.publicKey.id == (try AuditKey(pem: Array(pem.utf8))).publicKey.id)
        let file = [AuditKey(), key].map(\.publicKey.pem).joined(separator: "\n")
        #expect(try AuditPublicKeys(pem: Array(file.utf8)).vouch(for: head, by: signature))
        #expect(throws: AuditKeyError(.noPublicKey)) { try AuditPublicKeys(pem: Array("# none".utf8)) }
        #expect(throws: AuditKeyError(.noPrivateKey)) { try AuditKey(pem: Array(file.utf8)) }
    }
}
