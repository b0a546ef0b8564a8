internal import Confidentiality
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
            let law = try await transaction.query(AgencyLaw.find, selection.agencyID).first.map {
                try AgencyLaw(selection.agencyID, row: $0)
            }
            guard let law else { throw UnknownAgency() }
            let permit = try permit(for: selection, under: law)
            transaction.audit(
                AuditRecord(.export, under: permit, participantIDs: selection.participantID.map { [$0] } ?? []),
                by: .system(selection.agencyID, service: reader, operationID: "exportAuditTrail"))
        }
        return AuditReading(pool, selection)
    }

    /// There is no such agency.
    public struct UnknownAgency: Error {}

    /// The trail says who is a participant, and it is the operator who reads it, for the agency.
    private func permit(for selection: Selection, under law: AgencyLaw) throws -> Permit {
        let requester = Requester(agencyID: law.agencyID, role: .operator, subject: "handrail")
        let decision = try AccessRules.builtIn().decide(
            AccessQuestion(
                agency: law, requester: requester, purpose: .operations, classes: [.presence],
                participant: selection.participantID.map {
                    Participant(agencyID: law.agencyID, participantID: $0, relationship: .custodian)
                },
                at: WallClock.system.now()
            ))
        guard let permit = decision.permit else { throw NotPermitted() }
        return permit
    }

    /// The rules do not let an operator read it.
    public struct NotPermitted: Error {}
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
