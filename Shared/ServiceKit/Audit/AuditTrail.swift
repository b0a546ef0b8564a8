public import FoundationEssentials
internal import MessageTable
public import Models
public import Postgres

/// One row of an agency's audit trail.
public struct AuditEntry: Sendable {
    public let auditID: UUID
    public let at: Instant
    /// The token's subject, or the program that did it.
    public let subject: String
    public let role: String
    /// The organisation that the subject belongs to, and the one on whose behalf it asked; nil for the agency itself.
    public let partnerID: PartnerID?
    public let onBehalfOf: PartnerID?
    /// As ``AuditRecord/Action``; `refused` for a denial.
    public let action: String
    public let operationID: String
    /// Why it was refused; nil where it was allowed.
    public let denialReason: String?
    public let purpose: String
    public let dataClasses: [String]
    public let participantIDs: [ParticipantID]
    public let consentID: ConsentID?
    public let ruleVersion: String
    public let isBreakGlass: Bool
    public let requestID: String
}

/// Reads an agency's audit trail as the service's own login, which adds a row about the reading.
public struct AuditTrail: Sendable {
    /// Which rows.
    public struct Selection: Hashable, Sendable {
        public var agencyID: AgencyID
        /// Only rows about this person.
        public var participantID: ParticipantID?
        /// From here, and up to but without there.
        public var since: Instant
        public var until: Instant

        public init(agencyID: AgencyID, participantID: ParticipantID? = nil, since: Instant, until: Instant) {
            self.agencyID = agencyID
            self.participantID = participantID
            self.since = since
            self.until = until
        }
    }

    private let pool: Pool

    public init(_ pool: Pool) {
        self.pool = pool
    }

    /// Puts on record that rows are read; the rows then come in their order, however many they are.
    ///
    /// - Parameter reader: who reads: the operating system's account.
    /// - Throws: ``UnknownAgency``, and then nothing is on record either; ``PostgresError``.
    public func open(_ selection: Selection, by reader: String) async throws -> AuditReading {
        // On record before anything is read: whoever stops half-way has seen what was printed by then.
        try await pool.transaction(for: selection.agencyID) { transaction in
            guard try await transaction.query(Self.isKnown, selection.agencyID)[0].decode(Bool.self) else {
                throw UnknownAgency()
            }
            transaction.audit(
                AuditRecord(
                    .export, participantIDs: selection.participantID.map { [$0] } ?? [], dataClasses: [.presence],
                    purpose: .operations),
                by: .system(selection.agencyID, service: reader, operationID: "exportAuditTrail"))
        }
        return AuditReading(pool, selection)
    }

    /// There is no such agency.
    public struct UnknownAgency: Error {}

    private static let isKnown = Statement(
        "audit.knows_agency", "select exists (select from handrail.agency where agency_id = $1)")
}

extension AuditEntry {
    init(_ row: Row) throws(PostgresError) {
        (
            auditID, at, subject, role, partnerID, onBehalfOf, action, operationID, denialReason, purpose, dataClasses,
            participantIDs, consentID, ruleVersion, isBreakGlass, requestID
        ) = try row.decode(
            (
                UUID, Instant, String, String, PartnerID?, PartnerID?, String, String, String?, String, [String],
                [ParticipantID], ConsentID?, String, Bool, String
            ).self)
    }
}
