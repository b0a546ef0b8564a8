internal import MessageTable
public import Models
public import Postgres

/// A service's way to PostgreSQL: one pool for each of its two logins.
public struct Database: Sendable {
    /// Requests and message handlers: sees the agency of its transaction, and nothing without one.
    public let pool: Pool
    /// Loops: sees the message tables and idempotency keys of all agencies, and no business table.
    public let workers: Pool

    public init(pool: Pool, workers: Pool) {
        self.pool = pool
        self.workers = workers
    }

    /// Runs the body in one transaction of the request's agency: committed when it returns, rolled back when it throws.
    ///
    /// - Throws: what the body throws; ``PostgresError``; 401 on an open route.
    public func transaction<T: Sendable>(
        _ context: APIContext,
        _ body: @Sendable (Transaction) async throws -> T
    ) async throws -> T {
        try await pool.transaction(for: context.agencyID, by: context.deadline, body)
    }

    /// Runs the body in one transaction of an agency.
    public func transaction<T: Sendable>(
        for agency: AgencyID,
        _ body: @Sendable (Transaction) async throws -> T
    ) async throws -> T {
        try await pool.transaction(for: agency, body)
    }
}
