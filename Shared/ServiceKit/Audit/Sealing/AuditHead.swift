public import JSON
internal import Logging
public import Models
internal import Postgres

/// The newest seal of one agency's chain, as a service tells it to its log every few seconds (decision 9).
public struct AuditHead: Hashable, Sendable {
    public let agencyID: AgencyID
    /// Counted from 1 within the agency's chain.
    public let number: Int64
    /// SHA-256 in hexadecimal.
    public let hash: String
    /// Nil where the service has no key.
    public var signature: AuditSignature?

    static let logMessage: Logger.Message = "audit trail sealed"

    init(agencyID: AgencyID, number: Int64, hash: String) {
        (self.agencyID, self.number, self.hash) = (agencyID, number, hash)
    }

    /// A row of agency, number and hash.
    init(_ row: Row) throws(PostgresError) {
        let (agencyID, number, hash) = try row.decode((AgencyID, Int64, [UInt8]).self)
        self.init(agencyID: agencyID, number: number, hash: Hexadecimal.encode(hash))
    }

    /// A line of a service's log; nil for one that says something else.
    ///
    /// - Parameter service: whose log it must be.
    public init?(logLine line: JSONValue, of service: String) {
        guard line["message"]?.string == "\(Self.logMessage)", line["service"]?.string == service,
            let agency = line["agency_id"]?.string.flatMap(AgencyID.init),
            let number = line["seal_number"]?.string.flatMap({ Int64($0) }), let hash = line["hash"]?.string
        else { return nil }
        self.init(agencyID: agency, number: number, hash: hash)
        signature = AuditSignature(logLine: line)
    }

    /// What a line of a log says of it.
    var logFields: [(key: String, value: String)] {
        [("agency_id", agencyID.description), ("seal_number", "\(number)"), ("hash", hash)]
            + (signature?.logFields ?? [])
    }
}
