public import Models
public import Postgres

extension LocalSettings {
    /// What row-level security looks at: only this agency's rows exist for the rest of the transaction.
    public static func agency(_ agency: AgencyID) -> LocalSettings {
        LocalSettings([("handrail.agency_id", agency.description)])
    }
}

extension Pool {
    /// Runs the body in one transaction that sees and writes only this agency's rows.
    ///
    /// The setting travels in front of the first statement. Unset, row-level security shows no rows at all.
    public func transaction<T: Sendable>(
        for agency: AgencyID, _ body: @Sendable (Transaction) async throws -> T
    ) async throws -> T {
        try await withTransaction(.agency(agency), body)
    }
}
