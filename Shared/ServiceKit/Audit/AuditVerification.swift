public import FoundationEssentials
public import Models
public import Postgres

/// Reads a service's whole audit trail again, and holds it against its seals.
///
/// As a login that may become `handrail_owner`; the services' own logins cannot read the trail.
public struct AuditVerification: Sendable {
    /// What was found wrong.
    public struct Fault: Hashable, Sendable {
        /// What happened, as `handrail.audit_faults` names it, and `head-contradicted` for a seal that is not the one that
        /// the log tells of.
        public enum Kind: String, CaseIterable, Hashable, Sendable, PostgresDecodable {
            case altered, inserted, missing
            case sealAltered = "seal-altered"
            case sealMissing = "seal-missing"
            case headContradicted = "head-contradicted"
        }

        public let agencyID: AgencyID
        /// Nil for a row that no seal covers, though it pretends to be older than the last one.
        public let sealNumber: Int64?
        public let kind: Kind
        /// The row; of one that is missing the row in front of it, nil where that was the first.
        public let row: AuditRowKey?
    }

    /// How much was read, and what of it does not hold.
    public struct Report: Sendable {
        public let seals: Int
        public let rows: Int
        public let faults: [Fault]
    }

    private let pool: Pool

    public init(_ pool: Pool) {
        self.pool = pool
    }

    /// Reads the trail in a schema, and holds the seals against what logs tell of them.
    ///
    /// - Parameter heads: from logs that were kept away from the database.
    /// - Throws: ``PostgresError``, `42501` for a login that may not read it.
    public func verify(schema: String, heads: [AuditHead] = []) async throws -> Report {
        try await pool.withTransaction(LocalSettings([("role", "handrail_owner")])) { transaction in
            let faults = try await transaction.query(Self.faults, schema).map { row in
                let (agency, seal, kind, at, id) = try row.decode(
                    (AgencyID, Int64?, Fault.Kind, Instant?, UUID?).self)
                return Fault(
                    agencyID: agency, sealNumber: seal, kind: kind, row: AuditRowKey(at, id))
            }
            try await transaction.execute(Self.enterSchema, schema)
            let (seals, rows) = try await transaction.query(Self.count)[0].decode((Int, Int).self)
            let contradicted = try await transaction.query(
                Self.contradicted, heads.map(\.agencyID), heads.map(\.number), heads.map(\.hash)
            ).map { row in
                let (agency, number) = try row.decode((AgencyID, Int64).self)
                return Fault(agencyID: agency, sealNumber: number, kind: .headContradicted, row: nil)
            }
            return Report(seals: seals, rows: rows, faults: faults + contradicted)
        }
    }

    private static let faults = Statement(
        "audit.faults", "select agency_id, seal_number, fault, at, audit_id from handrail.audit_faults($1)")

    private static let enterSchema = Statement("audit.enter", "select set_config('search_path', $1, true)")

    private static let count = Statement(
        "audit.count", "select count(*), coalesce(sum(row_count), 0)::bigint from audit_seal")

    /// Also those of seals that are not there at all.
    private static let contradicted = Statement(
        "audit.contradicted",
        """
        select distinct h.agency_id, h.seal_number
        from unnest($1, $2, $3) as h (agency_id, seal_number, hash)
        left join audit_seal as s on s.agency_id = h.agency_id and s.seal_number = h.seal_number
        where s.hash is distinct from decode(h.hash, 'hex')
        order by h.agency_id, h.seal_number
        """)
}

/// One row of an agency's audit trail.
public struct AuditRowKey: Hashable, Sendable {
    public let at: Instant
    public let auditID: UUID

    init?(_ at: Instant?, _ auditID: UUID?) {
        guard let at, let auditID else { return nil }
        (self.at, self.auditID) = (at, auditID)
    }
}
