public import Models
public import Postgres

extension LocalSettings {
    /// What row-level security looks at: only this agency's rows exist for the rest of the transaction.
    public static func agency(_ agency: AgencyID) -> LocalSettings {
        LocalSettings([("handrail.agency_id", agency.description)])
    }
}

extension LocalSettings {
    /// For statements whose plan is made while a table is small, and stays: it must be the one that is right for a long
    /// one, whatever the planner believes. Each of them has an index that answers it in its order.
    static let pinnedPlans = LocalSettings([
        ("enable_seqscan", "off"), ("enable_bitmapscan", "off"), ("enable_sort", "off"), ("jit", "off"),
    ])
}

extension Pool {
    /// Runs the body in one transaction that sees and writes only this agency's rows.
    ///
    /// The setting travels in front of the first statement. Unset, row-level security shows no rows at all.
    public func transaction<T: Sendable>(
        for agency: AgencyID, by deadline: ContinuousClock.Instant? = nil,
        _ body: @Sendable (Transaction) async throws -> T
    ) async throws -> T {
        try await withTransaction(.agency(agency), by: deadline, body)
    }
}
