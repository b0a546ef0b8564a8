public import Confidentiality
internal import MessageTable
public import Models
internal import NIOConcurrencyHelpers
public import Postgres

extension AgencyDirectory {
    /// Reads the registry, and remembers each agency for a minute: what an operator changes counts everywhere by then.
    public static func postgres(_ pool: Pool) -> AgencyDirectory {
        let known = NIOLockedValueBox<[AgencyID: Remembered]>([:])
        return AgencyDirectory { agencyID in
            let now = ContinuousClock.now
            if let found = known.withLockedValue({ $0[agencyID] }), now < found.until { return found.law }
            let row = try await pool.transaction(for: agencyID) { transaction in
                try await transaction.query(AgencyLaw.find, agencyID).first
            }
            let law = try row.map { try AgencyLaw(agencyID, row: $0) }
            known.withLockedValue { known in
                // Only verified tokens name agencies, so there are no more of them than issuers know.
                if known.count >= most { known.removeAll() }
                known[agencyID] = Remembered(law: law, until: now + (law == nil ? .seconds(1) : .seconds(60)))
            }
            return law
        }
    }

    /// Whether there is any agency; nil where PostgreSQL, or the registry in it, does not answer yet.
    ///
    /// - Parameter workers: the login that may look at all of them.
    static func isEmpty(_ workers: Pool) async -> Bool? {
        do {
            let hasAny: Bool? = try await workers.query(any).first?.decode(Bool.self)
            return hasAny.map { !$0 }
        } catch {
            return nil
        }
    }

    private static let any = Statement("agency.any", "select exists (select agency_id from handrail.agency)")

    private struct Remembered {
        let law: AgencyLaw?
        let until: ContinuousClock.Instant
    }

    private static let most = 10_000
}

extension AgencyLaw {
    /// Reads the registry, for the agency of the transaction.
    public static let find = Statement(
        "agency.law",
        """
        select part2_program, hipaa_covered_entity
        from handrail.agency
        where agency_id = $1
        """
    )

    /// The answer to ``find``.
    public init(_ agencyID: AgencyID, row: Row) throws(PostgresError) {
        self.init(
            agencyID: agencyID, isPart2Program: try row.column("part2_program"),
            isCoveredEntity: try row.column("hipaa_covered_entity")
        )
    }
}
