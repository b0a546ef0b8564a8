import FoundationEssentials
import Logging
import MessageTable
import Models
import Postgres
import TestKit
import Testing

@testable import ServiceKit

/// Rows of an audit trail, and their seals.
enum AuditFixture {
    /// Appends rows that are told apart by their subjects: `row 1`, `row 2`, …; of one transaction, so that whatever else
    /// goes on in the cluster they are sealed together.
    ///
    /// - Parameter at: of the first of them; the present if left out.
    static func append(_ count: Int, of agency: AgencyID = .north, at: Instant? = nil, _ pool: Pool) async throws {
        try await pool.transaction(for: agency) { transaction in
            transaction.enqueue(Self.appendRows, agency, count, at)
        }
    }

    private static let appendRows = Statement(
        "test.append",
        """
        insert into audit_event
            (agency_id, at, audit_id, subject, role, action, operation_id, decision, purpose, data_classes,
             participant_ids, rule_version, break_glass, request_id)
        select $1, coalesce($3, now()) + number * interval '1 ms', gen_random_uuid(), 'row ' || number, 'service', 'read',
            'test', 'allow', 'TREAT', '{}', '{}', '1', false, ''
        from generate_series(1, $2) as number
        """)

    static func seal(_ workers: Pool) async throws -> Int64 {
        try await workers.query(sealOnce)[0].decode(Int64.self)
    }

    private static let sealOnce = Statement("test.seal", "select handrail.seal_audit('matching')")

    /// Seals until so many rows are: other tests' open transactions on the same cluster may hold a seal back.
    static func seal(_ workers: Pool, rows: Int64) async throws {
        var sealed: Int64 = 0
        while sealed < rows { sealed += try await seal(workers) }
        #expect(sealed == rows)
    }

    /// What a process does every five seconds.
    static func upkeep(
        _ workers: Pool, key: AuditKey?, headsFile: String? = nil, clock: WallClock = .system,
        told: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) -> AuditUpkeep {
        let logger = Logger(label: "test") { label in
            JSONLogHandler(service: "peer-matching", label: label, level: .info, write: told)
        }
        return AuditUpkeep(
            service: "peer-matching", workers: workers, key: key, headsFile: headsFile, clock: clock,
            metrics: PrometheusRegistry(),
            logger: logger)
    }
}

extension TestDatabase {
    /// What is wrong with the trail: the end of the agency's id, the seal's number, the fault, and the row's subject.
    ///
    /// - Parameter later: how long after the present it is looked at.
    func auditFaults(
        _ evidence: AuditVerification.Evidence = .init(), later: Duration = .zero
    ) async throws -> [String] {
        try await withPool { superuser in
            let clock = WallClock { WallClock.system.now() + later }
            // Few seals at a time, so that every trail takes several pages.
            let report = try await AuditVerification(superuser, clock: clock, pageSize: 2).verify(
                schema: "matching", against: evidence)
            var faults: [String] = []
            for fault in report.faults {
                var words = [String(fault.agencyID.description.suffix(4))]
                words += fault.sealNumber.map { ["\($0)"] } ?? []
                words.append(fault.kind.rawValue)
                if let row = fault.row {
                    words += try await superuser.query(Self.subject, row.auditID).map { try $0.decode(String.self) }
                }
                faults.append(words.joined(separator: " "))
            }
            return faults
        }
    }

    private static let subject = Statement(
        "test.subject", "select subject from matching.audit_event where audit_id = $1 limit 1")
}
