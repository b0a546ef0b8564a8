internal import FoundationEssentials
public import Models
public import Postgres

/// Reads a service's audit trail again, and holds it against its seals, their signatures, and what logs tell of them.
///
/// As a login that may become `handrail_owner`; the services' own logins cannot read the trail. Only rows come from
/// PostgreSQL, all that is made of them is made here: whoever owns the database can change its functions, too.
public struct AuditVerification: Sendable {
    /// What was found wrong.
    public struct Fault: Hashable, Sendable {
        public enum Kind: String, CaseIterable, Hashable, Sendable {
            /// The row at this key is not the one that was sealed.
            case altered
            /// The row at this key was not there when it was sealed.
            case inserted
            /// What followed on the row at this key is gone.
            case missing
            /// The seal was changed, or does not follow on the one before it.
            case sealAltered = "seal-altered"
            /// The seal is gone.
            case sealMissing = "seal-missing"
            /// No process has vouched for this seal, and perhaps for those behind it.
            case sealUnsigned = "seal-unsigned"
            /// What is there in place of a signature was not made for this seal, or not by one of our keys.
            case sealForged = "seal-forged"
            /// This seal, and perhaps those behind it, were signed long after their rows were written, and those could
            /// have been changed until then.
            case sealSignedLate = "seal-signed-late"
            /// The seal is not the one that the log tells of.
            case headContradicted = "head-contradicted"
            /// What the log says of this seal was not signed by one of our keys.
            case headForged = "head-forged"
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
        public internal(set) var seals = 0
        public internal(set) var rows = 0
        public internal(set) var faults: [Fault] = []
    }

    /// What the trail is held against.
    public struct Evidence: Sendable {
        /// From logs that were kept away from the database.
        public var heads: [AuditHead]
        /// Of today and of before; nil where signatures are not looked at.
        public var keys: AuditPublicKeys?

        public init(heads: [AuditHead] = [], keys: AuditPublicKeys? = nil) {
            (self.heads, self.keys) = (heads, keys)
        }
    }

    private let pool: Pool
    private let clock: WallClock
    private let pageSize: Int

    public init(_ pool: Pool, clock: WallClock = .system) {
        self.init(pool, clock: clock, pageSize: 500)
    }

    /// - Parameter pageSize: seals at a time.
    init(_ pool: Pool, clock: WallClock, pageSize: Int) {
        (self.pool, self.clock, self.pageSize) = (pool, clock, pageSize)
    }

    /// Reads the trail in a schema.
    ///
    /// - Parameter since: only seals that were made from then on, and of each agency the one before; what is older is taken
    ///   for granted.
    /// - Throws: ``PostgresError``, `42501` for a login that may not read it.
    public func verify(
        schema: String, against evidence: Evidence = Evidence(), since: Instant? = nil
    ) async throws -> Report {
        // Rows are hashed as PostgreSQL writes them under just these settings.
        let settings = LocalSettings([
            ("role", "handrail_owner"), ("search_path", schema), ("timezone", "UTC"), ("datestyle", "ISO, YMD"),
        ])
        return try await pool.withTransaction(settings) { transaction in
            var trail = SealedTrail(
                transaction, schema: schema, keys: evidence.keys, now: clock.now(), pageSize: pageSize)
            for agency in try await trail.agencies() { try await trail.check(agency, since: since) }
            try await trail.lookBehindSeals()
            try await trail.compare(evidence.heads)
            return trail.report
        }
    }
}
