public import Postgres

/// Takes the log over into another cluster, after its database was dumped and restored there.
///
/// Transaction ids mean something in their own cluster only, and the log's windows are made of them. In another cluster
/// no tick is written until the log was rebased: everything that a group had not handled then comes to it, once and in
/// order; what it had handled does not come again; and what was published since the restore comes to all.
public struct LogRebase: Sendable {
    private let pool: Pool

    /// - Parameter pool: connections of the migrator's login, which may act as the owner.
    public init(_ pool: Pool) {
        self.pool = pool
    }

    /// Rewrites the log. All or nothing; a second time changes nothing for anybody.
    ///
    /// - Returns: how many messages got another transaction id.
    /// - Throws: ``PostgresError`` with SQLSTATE 55006 while a group is active.
    public func run() async throws -> Int {
        try await pool.withTransaction { transaction in
            transaction.enqueue(Self.becomeOwner)
            return try await transaction.query(Self.rebase)[0].decode(Int.self)
        }
    }

    private static let becomeOwner = Statement("rebase.become_owner", "set local role handrail_owner")
    private static let rebase = Statement("rebase.run", "select message_table.rebase()")
}
