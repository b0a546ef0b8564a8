public import MessageTable
public import Models
public import Postgres

/// What a service knows of participants who turned out to be one person: kept up to date by messages, asked in each
/// statement by the function `participant_group(agency, participant)` of the service's schema, which returns all ids.
///
/// Statements ask for it in a subquery, `= any ((select participant_group($1, $2))::uuid[])`: once for the statement,
/// where a function on its own would be called for every row that a filter looks at.
///
/// Tables without a schema: each login's search path is its own service's schema.
public enum ParticipantMerges {
    /// Keeps that two are one; an older version changes nothing.
    public static func save(_ event: ParticipantMerged, in transaction: Transaction, of agency: AgencyID) async throws {
        try await transaction.execute(save, agency, event.participantID, event.version, event.intoID)
    }

    /// Keeps that they are two again; an older version changes nothing.
    public static func save(
        _ event: ParticipantUnmerged, in transaction: Transaction, of agency: AgencyID
    ) async throws {
        try await transaction.execute(save, agency, event.participantID, event.version, ParticipantID?.none)
    }

    /// Keeps what messages say.
    @Sendable
    public static func handle(_ event: ParticipantMerged, _ context: HandlerContext) async throws {
        try await save(event, in: context.transaction, of: context.agencyID)
    }

    /// Keeps what messages say.
    @Sendable
    public static func handle(_ event: ParticipantUnmerged, _ context: HandlerContext) async throws {
        try await save(event, in: context.transaction, of: context.agencyID)
    }

    /// All ids of a person, also for one that nobody merged; the one who remains is the last.
    public static func group(
        of participant: ParticipantID, in transaction: Transaction, of agency: AgencyID
    ) async throws -> [ParticipantID] {
        try await transaction.query(group, agency, participant).first?.decode([ParticipantID].self) ?? [participant]
    }

    /// Whether two ids are one person's.
    public static func areOne(
        _ left: ParticipantID, _ right: ParticipantID, in transaction: Transaction, of agency: AgencyID
    ) async throws -> Bool {
        if left == right { return true }
        return try await group(of: right, in: transaction, of: agency).contains(left)
    }

    /// Until the transaction ends nobody else decides anything for this person: for what must be once for a person,
    /// whichever of their ids it is asked under. Nobody waits for one who was never merged.
    public static func hold(_ participant: ParticipantID, in transaction: Transaction, of agency: AgencyID) {
        transaction.enqueue(hold, agency, participant)
    }

    private static let hold = Statement(
        "participant_merge.hold",
        """
        select participant_id
        from participant_merge
        where agency_id = $1 and participant_id = any ((select participant_group($1, $2))::uuid[])
        order by participant_id
        for update
        """
    )

    private static let save = Statement(
        "participant_merge.save",
        """
        insert into participant_merge as known (agency_id, participant_id, version, into_id)
        values ($1, $2, $3, $4)
        on conflict (agency_id, participant_id) do update
        set version = excluded.version, into_id = excluded.into_id
        where known.version < excluded.version
        """
    )

    private static let group = Statement("participant_merge.group", "select participant_group($1, $2)")
}
