internal import CoreMetrics
internal import Logging
internal import Models
internal import NIOConcurrencyHelpers
internal import Postgres
internal import ServiceLifecycle

/// Seals what was appended to the audit trail into its chains of hashes and signs the seals, every five seconds, and makes
/// its partitions ahead, once an hour: the work of the worker login. Any number of processes may do it.
struct AuditUpkeep: Service {
    private static let sealEvery: Duration = .seconds(5)
    /// In turns of sealing.
    private static let partitionsEvery = 720
    /// Of one agency in one turn: what has piled up without a key is signed little by little.
    private static let mostSignatures = 500

    private let workers: Pool
    private let logger: Logger
    private let clock: WallClock
    /// Nil without a key.
    private let signer: NIOLockedValueBox<AuditSigner>?
    private let headsFile: AuditHeadsFile?
    private let sealedRows: Counter
    private let signedSeals: Counter
    private let age: Meter

    init(
        service: String, workers: Pool, key: AuditKey?, headsFile: String? = nil, clock: WallClock = .system,
        metrics: any MetricsFactory, logger: Logger
    ) {
        self.workers = workers
        self.logger = logger
        self.clock = clock
        self.headsFile = headsFile.map { AuditHeadsFile($0, service: service) }
        signer = key.map { NIOLockedValueBox(AuditSigner($0)) }
        let prefix = String(service.map { $0 == "-" ? "_" : $0 })
        sealedRows = Counter(label: "\(prefix)_audit_rows_sealed_total", dimensions: [], factory: metrics)
        signedSeals = Counter(label: "\(prefix)_audit_seals_signed_total", dimensions: [], factory: metrics)
        age = Meter(label: "\(prefix)_audit_seal_age_seconds", dimensions: [], factory: metrics)
    }

    func run() async {
        await cancelWhenGracefulShutdown {
            var turn = 0
            var lastSuccess = ContinuousClock.now
            // Not at once: a process that starts needs its connections for what others wait for.
            var pause = Duration.seconds(Double.random(in: 1...2))
            while true {
                // Processes that start together do not seal together. Being cancelled ends the sleep, then the loop.
                do { try await Task.sleep(for: pause) } catch { return }
                if await keep(partitions: turn % Self.partitionsEvery == 0) { lastSuccess = .now }
                age.set((ContinuousClock.now - lastSuccess).inSeconds)
                turn += 1
                pause = Self.sealEvery * Double.random(in: 0.8...1.2)
            }
        }
    }

    /// One turn; false where PostgreSQL could not be asked, which the next turn makes good, or where a chain is not the one
    /// that was signed before.
    func keep(partitions: Bool) async -> Bool {
        do {
            if partitions { _ = try await workers.query(Statements.partitions) }
            let rows = try await workers.query(Statements.seal)
            let count = try rows.first?.column("row_count", as: Int.self) ?? 0
            sealedRows.increment(by: count)
            guard let signer else {
                if count > 0 { try await tell(workers.query(Statements.last).map(AuditHead.init)) }
                return true
            }
            return try await sign(signer)
        } catch {
            logger.warning("the audit trail was not sealed", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Signs what nobody has signed, also what a process sealed that then ended.
    private func sign(_ signer: NIOLockedValueBox<AuditSigner>) async throws -> Bool {
        let links = try await workers.query(Statements.unsigned, Self.mostSignatures).map(Self.link)
        var signed: [AuditHead] = []
        var isWhole = true
        for (agency, chain) in Dictionary(grouping: links, by: \.head.agencyID) {
            if let heads = try signer.withLockedValue({ try $0.sign(chain, at: clock.now()) }) {
                signed += heads
            } else {
                isWhole = false
                logger.error(
                    "the audit trail is not the one that was signed before: its new seals are not signed",
                    metadata: ["agency_id": "\(agency)"])
            }
        }
        guard !signed.isEmpty else { return isWhole }
        let signatures = signed.compactMap(\.signature)
        let count = try await workers.query(
            Statements.sign, signed.map(\.agencyID), signed.map(\.number), signatures.map(\.keyID),
            signatures.map(\.signedAt), signatures.map(\.bytes)
        ).affected
        signer.withLockedValue { $0.remember(signed) }
        signedSeals.increment(by: count)
        tell(Dictionary(grouping: signed, by: \.agencyID).values.compactMap { $0.max { $0.number < $1.number } })
        return isWhole
    }

    /// The newest hash of each agency leaves the database with the log, and with the file where there is one: whoever
    /// rewrote a whole chain would contradict it.
    private func tell(_ heads: [AuditHead]) {
        let heads = heads.sorted { $0.agencyID < $1.agencyID }
        do {
            if !heads.isEmpty { try headsFile?.append(heads, at: clock.now()) }
        } catch {
            // The log has them.
            logger.warning(
                "the heads of the audit trail were not written to their file", metadata: ["error": "\(error)"])
        }
        for head in heads {
            let fields = head.logFields.map { ($0.key, Logger.MetadataValue.string($0.value)) }
            logger.info(AuditHead.logMessage, metadata: Dictionary(uniqueKeysWithValues: fields))
        }
    }

    private static func link(_ row: Row) throws(PostgresError) -> AuditLink {
        let (agency, number, previous, hash, keyID, signedAt, signature) = try row.decode(
            (AgencyID, Int64, [UInt8], [UInt8], String?, Instant?, [UInt8]?).self)
        var head = AuditHead(agencyID: agency, number: number, hash: Hexadecimal.encode(hash))
        head.signature = AuditSignature(keyID: keyID, signedAt: signedAt, bytes: signature)
        return AuditLink(head: head, previousHash: Hexadecimal.encode(previous))
    }

    private enum Statements {
        static let seal = Statement(
            "audit.seal", "select handrail.seal_audit(current_schema()::text) as row_count"
        )
        static let last = Statement(
            "audit.last_seal",
            """
            select agency_id, seal_number, hash
            from audit_seal
            where to_xid = (select to_xid from audit_seal order by to_xid desc limit 1)
            order by agency_id
            """
        )
        /// Of each agency the last seal that is signed, and those behind it. One probe of the index finds the next agency:
        /// years of seals are not read.
        static let unsigned = Statement(
            "audit.unsigned_seals",
            """
            with recursive agency as (
                (select agency_id from audit_seal order by agency_id limit 1)
                union all
                select (
                    select s.agency_id from audit_seal as s where s.agency_id > a.agency_id order by s.agency_id limit 1
                )
                from agency as a
                where a.agency_id is not null
            )
            select s.agency_id, s.seal_number, s.previous_hash, s.hash, g.key_id, g.signed_at, g.signature
            from agency as a
            left join lateral (
                select seal_number
                from audit_signature
                where agency_id = a.agency_id
                order by seal_number desc
                limit 1
            ) as l on true
            cross join lateral (
                select agency_id, seal_number, previous_hash, hash
                from audit_seal
                where agency_id = a.agency_id and seal_number >= coalesce(l.seal_number, 1)
                order by seal_number
                limit $1
            ) as s
            left join audit_signature as g on g.agency_id = s.agency_id and g.seal_number = s.seal_number
            order by s.agency_id, s.seal_number
            """
        )
        /// Another process may have signed the same at the same moment: one signature is as good as another.
        static let sign = Statement(
            "audit.sign_seals",
            """
            insert into audit_signature (agency_id, seal_number, key_id, signed_at, signature)
            select agency_id, seal_number, key_id, signed_at, signature
            from unnest($1, $2, $3, $4, $5) as s (agency_id, seal_number, key_id, signed_at, signature)
            on conflict (agency_id, seal_number) do nothing
            """
        )
        static let partitions = Statement(
            "audit.keep_partitions", "select handrail.keep_audit_partitions() as made"
        )
    }
}
