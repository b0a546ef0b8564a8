public import Models
public import Postgres

/// Drops what was kept for long enough of a service's audit trail, a month at a time, from the oldest on.
///
/// As a login that may become `handrail_owner`: no service can.
public struct AuditRetirement: Sendable {
    /// What may never be undercut: 45 CFR 164.316(b)(2).
    public static let leastYears = 6

    private let pool: Pool

    public init(_ pool: Pool) {
        self.pool = pool
    }

    /// The first days of the months that may go, from the oldest on.
    ///
    /// - Parameters:
    ///   - years: for how long every row is kept; at least ``leastYears`` whatever is given.
    ///   - before: only months that have ended by then; nil for all.
    public func months(schema: String, keeping years: Int, before: CivilDate? = nil) async throws -> [CivilDate] {
        try await pool.withTransaction(Self.owner) { transaction in
            try await transaction.query(Self.due, schema, years, before).map { try $0.decode(CivilDate.self) }
        }
    }

    /// Drops one month, and leaves a row for each agency that says so.
    ///
    /// - Parameters:
    ///   - month: its first day; the oldest of ``months(schema:keeping:before:)``.
    ///   - account: who does it.
    /// - Returns: how many rows there were.
    /// - Throws: ``PostgresError``: `55000` for a month that is not the oldest, not old enough, or not wholly sealed;
    ///   `55P03` where the trail is in use just then.
    public func retire(_ month: CivilDate, schema: String, keeping years: Int, by account: String) async throws -> Int {
        try await pool.withTransaction(Self.owner) { transaction in
            try await transaction.query(Self.retire, schema, month, years, account)[0].decode(Int.self)
        }
    }

    private static let owner = LocalSettings([("role", "handrail_owner")])

    private static let due = Statement(
        "audit.months_to_retire", "select m from handrail.audit_months_to_retire($1, $2, coalesce($3, 'infinity')) as m"
    )

    private static let retire = Statement("audit.retire_month", "select handrail.retire_audit_month($1, $2, $3, $4)")
}
