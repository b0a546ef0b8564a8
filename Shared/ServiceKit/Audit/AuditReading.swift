internal import FoundationEssentials
internal import MessageTable
internal import Models
internal import Postgres

/// The rows of one service's audit trail in the order of their time, a page at a time: no transaction stays open between
/// two pages, however slowly they are taken.
public struct AuditReading: Sendable {
    private let pool: Pool
    private let selection: AuditTrail.Selection
    private let pageSize: Int
    private var page: ArraySlice<AuditEntry> = []
    private var isAtEnd = false
    private var last: (at: Instant, auditID: UUID)

    init(_ pool: Pool, _ selection: AuditTrail.Selection, pageSize: Int = 500) {
        (self.pool, self.selection, self.pageSize) = (pool, selection, pageSize)
        last = (selection.since, UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
    }

    /// The next row; nil after the last one.
    ///
    /// - Throws: ``PostgresError``.
    public mutating func next() async throws -> AuditEntry? {
        if page.isEmpty, !isAtEnd {
            let (selection, last, pageSize) = (selection, last, pageSize)
            let rows = try await pool.transaction(for: selection.agencyID) { transaction in
                try await transaction.query(
                    Self.select, selection.agencyID, last.at, selection.until, selection.participantID, last.auditID,
                    pageSize)
            }
            page = try rows.map(AuditEntry.init)[...]
            isAtEnd = page.count < pageSize
            if let newest = page.last { self.last = (newest.at, newest.auditID) }
        }
        return page.popFirst()
    }

    private static let select = Statement(
        "audit.export",
        """
        select audit_id, at, subject, role, partner_id, on_behalf_of, action, operation_id, reason, purpose, data_classes,
            participant_ids, consent_id, rule_version, break_glass, request_id
        from audit_event
        where agency_id = $1 and at >= $2 and at < $3 and ($4 is null or $4 = any (participant_ids))
            and (at, audit_id) > ($2, $5)
        order by at, audit_id
        limit $6
        """)
}

/// Several services' rows as one stream, in the order of their time. Of each service no more than a page is in memory.
public struct MergedAuditReading: Sendable {
    private struct Source: Sendable {
        let service: String
        var reading: AuditReading
        var next: AuditEntry?
    }

    private var sources: [Source] = []

    /// - Parameter readings: by the names of their services.
    public init(_ readings: [(service: String, reading: AuditReading)]) async throws {
        for (service, reading) in readings {
            var source = Source(service: service, reading: reading)
            source.next = try await source.reading.next()
            sources.append(source)
        }
    }

    /// The oldest row that is left, and whose it is; nil after the last one.
    ///
    /// - Throws: ``PostgresError``.
    public mutating func next() async throws -> (service: String, entry: AuditEntry)? {
        let waiting = sources.indices.filter { sources[$0].next != nil }
        // A handful of services: a heap would not be faster.
        guard let first = waiting.min(by: { isOlder(sources[$0].next, sources[$1].next) }),
            let entry = sources[first].next
        else { return nil }
        sources[first].next = try await sources[first].reading.next()
        return (sources[first].service, entry)
    }

    private func isOlder(_ left: AuditEntry?, _ right: AuditEntry?) -> Bool {
        guard let left, let right else { return left != nil }
        return left.at < right.at
    }
}
