internal import CoreMetrics
internal import Logging
internal import Models
internal import Postgres
internal import ServiceLifecycle

/// Seals what was appended to the audit trail into its chain of hashes, every five seconds, and makes its partitions
/// ahead, once an hour: the work of the worker login. Any number of processes may do it; one at a time does.
struct AuditUpkeep: Service {
    private static let sealEvery: Duration = .seconds(5)
    /// In turns of sealing.
    private static let partitionsEvery = 720

    private let workers: Pool
    private let logger: Logger
    private let sealedRows: Counter
    private let age: Meter

    init(service: String, workers: Pool, metrics: any MetricsFactory, logger: Logger) {
        self.workers = workers
        self.logger = logger
        let prefix = String(service.map { $0 == "-" ? "_" : $0 })
        sealedRows = Counter(label: "\(prefix)_audit_rows_sealed_total", dimensions: [], factory: metrics)
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

    /// One turn; false where PostgreSQL could not be asked, which the next turn makes good.
    func keep(partitions: Bool) async -> Bool {
        do {
            if partitions { _ = try await workers.query(Statements.partitions) }
            let rows = try await workers.query(Statements.seal)
            let count = try rows.first?.column("row_count", as: Int.self) ?? 0
            sealedRows.increment(by: count)
            if count > 0 { try await logLastSeals() }
            return true
        } catch {
            logger.warning("the audit trail was not sealed", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// The newest hash of each agency leaves the database with the log: whoever rewrote a whole chain would contradict it.
    private func logLastSeals() async throws(PostgresError) {
        for row in try await workers.query(Statements.last) {
            let head = try AuditHead(row)
            logger.info(
                AuditHead.logMessage,
                metadata: [
                    "agency_id": "\(head.agencyID)", "seal_number": "\(head.number)", "hash": "\(head.hash)",
                ])
        }
    }

    private enum Statements {
        static let seal = Statement(
            "audit.seal", "select handrail.seal_audit(current_schema()::text) as row_count"
        )
        static let last = Statement(
            "audit.last_seal",
            """
            select agency_id, seal_number, encode(hash, 'hex')
            from audit_seal
            where to_xid = (select to_xid from audit_seal order by to_xid desc limit 1)
            order by agency_id
            """
        )
        static let partitions = Statement(
            "audit.keep_partitions", "select handrail.keep_audit_partitions() as made"
        )
    }
}
